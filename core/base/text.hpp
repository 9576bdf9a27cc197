// Small pure functions on text. Everything is UTF-8 unless said otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smscrm {

std::string_view trim(std::string_view text);  // blanks, tabs, CR and LF at both ends
std::string to_lower(std::string_view text);   // ASCII letters only
std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

// nullopt unless the whole text is one decimal integer that fits.
std::optional<std::int64_t> parse_integer(std::string_view text);

bool is_valid_utf8(std::string_view text);

// A text from outside, as far as it can be read: without NUL, and where it is not UTF-8, with "?" for every
// byte above 127.
std::string readable_utf8(std::string_view text);

// The code point that begins at byte `at`, which must lie inside `text`; moves `at` past it.
// -1, and one byte on, when the bytes there are not UTF-8.
std::int32_t next_code_point(std::string_view text, std::size_t& at);

// How many terminal cells the text takes: wide East Asian and emoji count two, combining marks none.
std::size_t display_width(std::string_view text);

// As text of an HTML document, or between quotation marks in it.
std::string escape_html(std::string_view text);

// The candidate that differs least from `word` (Levenshtein), if any is near enough to be meant.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

// "+1415***0123": how a number may appear in a log.
std::string mask_msisdn(std::string_view e164);

// A slug names tenants, lists, templates and campaigns: lower-case letters, digits, "-" and "_", at most 63,
// beginning with a letter or digit. Throws Error{invalid} that says so, `noun` being what is named.
void check_slug(std::string_view slug, std::string_view noun);

// Whether `name` is all digits, and so may be an id.
bool looks_like_id(std::string_view name);

}  // namespace smscrm
