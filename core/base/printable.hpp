// Texts of strangers as a terminal, a log or a program may get them: names of files, headers, messages, what
// servers answer. A control character in them would move the cursor of whoever looks, type in their terminal,
// forge a line or reorder it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace smscrm {

// Whether a terminal does something else with it than draw it:
// - C0, DEL and C1 (ECMA-48), line and paragraph separators
// - what reorders text: U+061C, U+200E-F, U+202A-E, U+2066-F (Unicode UAX #9, 2; the last four are older
// ones)
// - what takes no room and joins nothing: U+200B, U+2060-5, U+FEFF, U+FFF9-B, tags that begin one (U+E0001)
// Joiners (U+200C-D) are letters of scripts and parts of emoji, and are not among them.
bool is_control(std::int32_t code_point);

// On one line: controls as "\u{9b}", a line end as "\n", a tab as a blank, a byte that is not UTF-8 as
// "\x9b".
std::string printable(std::string_view text);

// The same, but line ends stay.
std::string printable_lines(std::string_view text);

// As JSON writes it: "\u009b"; what is beyond U+FFFF as two.
std::string escape_control(std::int32_t code_point);

// The text as a JSON string, quotation marks included, in which nothing is a control and everything UTF-8:
// the first as \u009b, the second as U+FFFD. It is a value of logfmt, too.
std::string json_string(std::string_view text);

}  // namespace smscrm
