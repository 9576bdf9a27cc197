// How a text travels as SMS: its alphabet, and how many parts it is billed as.
// Rules: 3GPP TS 23.038 6.2.1 (alphabet, extension table), TS 23.040 9.2.3.24.1 (concatenation header).
// Every function here takes UTF-8 and throws Error{invalid} naming the byte where a text is not.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace smscrm {

enum class Encoding {
  gsm7,  // 7-bit default alphabet; `^ { } \ [ ~ ] | €` and form feed take two septets
  ucs2,  // UTF-16; one character outside GSM-7 makes the whole text so
};

struct TextSize {
  Encoding encoding;
  int units;  // septets (gsm7) or UTF-16 code units (ucs2), concatenation headers not counted
  int parts;  // at least 1
};

// One pass or two over the text and no allocation, so it may run on every message.
TextSize measure(std::string_view text);

Encoding encoding_of(std::string_view text);

std::string_view to_string(Encoding encoding);  // "gsm7" or "ucs2"

// Number of SMS that `text` is billed as; at least 1, also for an empty text.
// GSM-7: 160 septets, 153 each when split. UCS-2: 70 code units, 67 each. An escape pair or a surrogate pair
// is never split, so parts may end one unit short. Grapheme clusters (ZWJ emoji, flags, combining marks) may
// be: Twilio's calculator keeps them whole, but no source says that carriers or the bill do.
int count_parts(std::string_view text);

// What turns a text into UCS-2: the first character that GSM-7 lacks.
struct Offending {
  std::size_t offset;          // in bytes
  std::string_view character;  // its UTF-8, inside the text given
};

// nullopt when the text is GSM-7.
std::optional<Offending> first_non_gsm7(std::string_view text);

}  // namespace smscrm
