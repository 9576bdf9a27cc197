// What the terminal in front of somebody can show, and text laid out to fit it. Widths are in cells
// (core/base/text.hpp).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace smscrm {

// Of the terminal behind this file descriptor: COLUMNS where it is set, else what the terminal says, else 80.
std::size_t terminal_columns(int descriptor);

// Whether the locale (LC_ALL, LC_CTYPE, LANG) draws more than ASCII.
bool shows_unicode();

// "…", or "..." where the locale has no such letter.
std::string_view ellipsis();

// The text, its end replaced by an ellipsis when it is wider than `width`.
std::string cut(std::string_view text, std::size_t width);

// The lines of a text that has none yet, broken between words; a word that is wider than a line is broken
// inside. What stands between quotation marks stays together where a line has room for it: a command that is
// to be copied.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

// Lines broken to `width`; what was broken goes on below its second column ("NAME  what it is"), or else
// below its first letter.
std::string wrap_lines(std::string_view text, std::size_t width);

}  // namespace smscrm
