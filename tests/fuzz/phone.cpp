// core/phone: the fast path says what libphonenumber says. Input: a region, a line end, a number.
#include "core/phone/phone.hpp"

#include <string>

#include "core/phone/plan_parser.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {

void fuzz_one(std::string_view input) {
  const auto region = take_until(input, '\n');
  if (input.size() > 250) return;  // libphonenumber gives up there, and so do the columns of an import
  const auto fast = parse_phone_by_plan(input, region);
  const auto answer = parse_phone_by_library(input, region);
  promise(!fast.decided || fast.phone == answer, "the fast path answers as libphonenumber does");
  if (!answer) return;
  promise(is_e164(answer->e164), "a number has its E.164 form");
  // Of a number that no plan assigns the library may take another zero off ("+92003615748").
  if (!answer->valid) return;
  const auto again = parse_phone(answer->e164, "ZZ");
  promise(again && again->e164 == answer->e164, "an E.164 form is itself a number, and the same");
}

}  // namespace smscrm::fuzz
