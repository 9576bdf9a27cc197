// core/phone: the fast path says what libphonenumber says, what read_phone says otherwise has its reason, and
// an address has one key. Input: a region, a line end, a number.
#include "core/phone/phone.hpp"

#include <algorithm>
#include <string>

#include "core/base/error.hpp"
#include "core/phone/address.hpp"
#include "core/phone/plan_parser.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {
namespace {

bool is_known(std::string_view departure) {
  return std::any_of(std::begin(phone_departures), std::end(phone_departures),
                     [&](const PhoneDeparture& known) { return known.name == departure; });
}

void try_key(std::string_view text, std::string_view region) {
  const auto key = address_key(text);
  promise(!key.empty() && address_key(key) == key, "a key is its own key");
  std::string typed;
  try {
    typed = get_address_key(text, region);
  } catch (const Error&) {
    return;
  }
  promise(address_key(typed) == typed, "what is typed becomes a key");
}

}  // namespace

void fuzz_one(std::string_view input) {
  const auto region = take_until(input, '\n');
  const auto reading = read_phone(input, region);
  promise(reading.phone.has_value() == (reading.fault == PhoneFault::none), "there is a number or a fault");
  if (reading.phone) {
    promise(is_e164(reading.phone->e164), "a number has its E.164 form");
    promise(address_key(reading.phone->e164) == reading.phone->e164, "a number is its own key");
  }
  try_key(input, region);
  if (input.size() > 250) return;  // libphonenumber gives up there, and so do the columns of an import
  const auto fast = parse_phone_by_plan(input, region);
  const auto answer = parse_phone_by_library(input, region);
  promise(!fast.decided || fast.phone == answer, "the fast path answers as libphonenumber does");
  promise(reading.phone == answer || is_known(reading.departure),
          "another answer than the library's has a reason");
}

}  // namespace smscrm::fuzz
