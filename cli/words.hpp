// Values as people read them in tables and records: times by the clock of a place, numbers in groups, reasons
// in words. Programs read the values as they are, from the JSON forms and from CSV.
#pragma once

#include <string>
#include <string_view>

#include "core/base/json.hpp"

namespace smscrm {

struct Cell {
  std::string text;  // for a terminal: no controls in it
  bool is_number = false;
  bool is_time = false;
  std::string_view color = {};  // its escape sequence; empty: none
};

// What `key` of a row or record shows of `value`; times by the clocks of `zone`. Strings are as they are but
// for controls, null is empty, lists and objects are short.
Cell show_cell(std::string_view key, const Json& value, const std::string& zone);

// The value as CSV and flags have it: strings as they are, null empty.
std::string bare_text(const Json& value);

// "1,234,567"; what is no plain number stays.
std::string group_digits(std::string number);

// "28.80 USD": with the decimals of the currency, and up to four below one of it.
std::string format_money(std::string_view amount, std::string_view currency);

// "quiet hours" for "quiet_hours"; known reasons in words of their own: "number is not one" for
// "phone_invalid".
std::string words_for(std::string_view identifier);

// A column's or a value's name: "added at" for "added_at".
std::string title_of(std::string_view key);

// The sequence that ends a colour.
inline constexpr std::string_view plain = "\033[0m";
inline constexpr std::string_view bold = "\033[1m";

}  // namespace smscrm
