// Telephone numbers as people write them, and their E.164 form.
// Rules: ITU-T E.164, and the numbering plans that libphonenumber carries.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace smscrm {

struct PhoneNumber {
  std::string e164;    // "+14155552671"
  bool valid;          // false: the length fits, but no plan known to us assigns the number
  std::string region;  // ISO 3166-1 alpha-2, upper case; empty for numbers of no country and invalid ones

  bool operator==(const PhoneNumber&) const = default;
};

// Reads "+1 (415) 555-2671", "0041 44 668 18 00", a national number of `region` ("US"), and whatever else
// libphonenumber makes sense of; an extension is dropped. nullopt when no number can look like that.
// Safe from any thread.
std::optional<PhoneNumber> parse_phone(std::string_view text, std::string_view region);

// The same answer, always from libphonenumber itself: what the fast path of parse_phone is measured against.
std::optional<PhoneNumber> parse_phone_by_library(std::string_view text, std::string_view region);

// The E.164 form of what somebody typed; a number that is merely possible will do, for plans change faster
// than programs. Throws Error{invalid} naming the text.
std::string get_msisdn(std::string_view text, std::string_view region);

// Whether it is E.164 with its plus, as the database demands: "+", then 6 to 15 digits, no leading zero.
bool is_e164(std::string_view text);

// Whether calls to the number cost the caller nothing: senders of this kind have a rate of their own.
bool is_toll_free(std::string_view e164);

}  // namespace smscrm
