// Telephone numbers as people write them, and their E.164 form.
// Rules: ITU-T E.164, and the numbering plans that libphonenumber carries, with what is newer than it
// (core/phone/newer_plan.hpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/phone/notation.hpp"

namespace smscrm {

struct PhoneNumber {
  std::string e164;  // "+14155552671"; of several notations of one line always the same (core/phone/line.hpp)
  bool valid;        // false: the length fits, but no plan known to us assigns the number
  std::string region;  // ISO 3166-1 alpha-2, upper case; empty for numbers of no country and invalid ones

  bool operator==(const PhoneNumber&) const = default;
};

struct PhoneReading {
  std::optional<PhoneNumber> phone;
  PhoneFault fault = PhoneFault::none;     // why there is none
  std::optional<PhoneNumber> beside = {};  // with words: the number that they stand beside. For a no only.
  std::string_view departure = {};         // one of phone_departures; empty: as the library says
};

// Reads "+1 (415) 555-2671", "0041 44 668 18 00", a national number of `region` ("US"), and what else is a
// way to write a number (core/phone/notation.hpp). "00" and "011" before an international number are read in
// every region, unless the region has a number of its own that reads like that. In doubt there is none: a
// wrong reading is a stranger's. Safe from any thread.
PhoneReading read_phone(std::string_view text, std::string_view region);

// The number alone; nullopt when there is none.
std::optional<PhoneNumber> parse_phone(std::string_view text, std::string_view region);

// What libphonenumber itself says: the measure of the fast path, and of what read_phone does otherwise.
std::optional<PhoneNumber> parse_phone_by_library(std::string_view text, std::string_view region);

// The E.164 form of what somebody typed, to be texted; a number that is merely possible will do, for plans
// change faster than programs. Throws Error{invalid} naming the text. To look something up, or to say no,
// there is get_address_key (core/phone/address.hpp).
std::string get_msisdn(std::string_view text, std::string_view region);

// Whether it is E.164 with its plus, as the database demands: "+", then 6 to 15 digits, no leading zero.
bool is_e164(std::string_view text);

// Whether calls to the number cost the caller nothing: senders of this kind have a rate of their own.
bool is_toll_free(std::string_view e164);

}  // namespace smscrm
