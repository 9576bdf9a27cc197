// A phone number that a spreadsheet or a program took for a number: with a fraction, an exponent, thousands.
#pragma once

#include <optional>
#include <string_view>

#include "core/phone/notation.hpp"

namespace smscrm {

// nullopt when it looks like none. "4155550170.0", "4155550170,00" and "4,155,550,170" are whole; an exponent
// has to show all digits but one 0: such programs write as many as there are (4.15555017E9), spreadsheets six
// at most (4.15555E+09), and those that are missing are lost. A fraction that is not 0 is no phone number.
std::optional<Notation> read_sheet_number(std::string_view text);

}  // namespace smscrm
