// How a number is written: seen before a digit is picked out of it, for what is no way to write a number must
// never become somebody's.
//
// Read as what they are: blanks, hyphens, dots, slashes and brackets of all scripts; digits of all scripts;
// what has no width; a plus; the apostrophe and =" " of spreadsheets; labels before or after the number
// ("Tel.:", "(mobile)", "whatsapp:"); an extension, which is dropped; letters for digits in toll-free numbers
// of North America (1-800-FLOWERS). Spreadsheets' own: "4155550170.0" and "4,155,550,170" are whole numbers;
// so is "4.15555017E9", whose last digit is a 0 that such programs do not write. An exponent that stands for
// more digits than that has lost them.
//
// libphonenumber picks digits out of nearly anything. Where this answers otherwise than the library, it is
// for one of phone_departures, which the differential test goes by.
#pragma once

#include <string>
#include <string_view>

namespace smscrm {

enum class PhoneFault {
  none,
  no_number,    // nothing that can be a number
  digits_lost,  // a spreadsheet has dropped digits: format the column as text
  several,      // more than one number
  words,        // words that are no label of a number
};

struct Notation {
  PhoneFault fault = PhoneFault::none;
  // Digits, a plus before them, blanks and - . ( ) / only, once `fault` is none. With words: what is left
  // without them.
  std::string text;
  std::string_view departure;  // one of phone_departures; empty: as the library reads it
};

// Whether there is nothing to be seen to: digits, a plus before them, blanks, hyphens and brackets.
bool is_plain_notation(std::string_view text);

Notation read_notation(std::string_view text);

// "mobile" in "Mobile: +1 415 555 2671". Any case.
bool is_phone_label(std::string_view word);

struct PhoneDeparture {
  std::string_view name, why;
};
inline constexpr PhoneDeparture phone_departures[] = {
    {"fraction", "the fraction of a spreadsheet's number is not part of it"},
    {"exponent", "E9 says where the point belongs; lost digits cannot be guessed"},
    {"thousands", "commas between groups of three are a spreadsheet's"},
    {"several", "of several numbers none is chosen"},
    {"words", "words may say that the number is not to be texted, or whose it is"},
    {"label", "a label may stand behind the number as well"},
    {"script", "blanks, hyphens and digits of every script are what they look like"},
    {"quotes", "a spreadsheet's mark for text"},
    {"symbol", "signs that stand in no number: a price, a pattern, an address"},
    {"date", "a date, or an address of the internet"},
    {"sign", "a minus is no part of a number, and a second plus begins another"},
    {"extension", "an extension is dropped wherever the plan would take it for digits of the number"},
    {"vanity", "letters are digits in toll-free numbers only"},
    {"other_prefix", "00 and 011 are international prefixes wherever the list was written"},
    {"trunk_zero", "(0) is dialled at home only, also where the library knows no such zero"},
    {"newer_plan", "the plan is newer than the library (core/phone/newer_plan.hpp)"},
    {"beyond_plan", "longer than the plan knows: plans grow, so it is kept as not assigned"},
    {"to_the_end", "what the library reads again as another number is read until it stays the same"},
    {"one_line", "another notation of the same line (core/phone/line.hpp)"},
};

}  // namespace smscrm
