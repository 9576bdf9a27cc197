// The fast path of parse_phone: ordinary numbers, decided from the same numbering plans as libphonenumber
// does, a hundred times faster, and with the same answers. What is not ordinary is left to the library.
#pragma once

#include <optional>
#include <string_view>

#include "core/phone/phone.hpp"

namespace smscrm {

struct PlanVerdict {
  bool decided = false;              // false: ask the library
  std::optional<PhoneNumber> phone;  // as parse_phone says, once decided
};

// Decides digits with a plus before them or not, among blanks and - . ( ) / only. The plans are read from
// libphonenumber's own metadata when first asked for; nothing is decided while they cannot be read.
// Follows PhoneNumberUtil::Parse, IsPossibleNumberWithReason, IsValidNumber and GetRegionCodeForNumber of
// libphonenumber 8.12.57 (cpp/src/phonenumbers/phonenumberutil.cc); scripts/phone-differential compares the
// two. Safe from any thread.
PlanVerdict parse_phone_by_plan(std::string_view text, std::string_view region);

}  // namespace smscrm
