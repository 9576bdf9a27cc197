#include "core/phone/phone.hpp"

#include <algorithm>
#include <iterator>

#include <phonenumbers/phonenumberutil.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/phone/line.hpp"
#include "core/phone/newer_plan.hpp"
#include "core/phone/plan_parser.hpp"

namespace smscrm {
namespace {

using i18n::phonenumbers::PhoneNumberUtil;
using Parsed = i18n::phonenumbers::PhoneNumber;

const PhoneNumberUtil& plans() { return *PhoneNumberUtil::GetInstance(); }

std::optional<Parsed> parse(std::string_view text, std::string_view region) {
  Parsed number;
  if (plans().Parse(std::string{text}, std::string{region}, &number) != PhoneNumberUtil::NO_PARSING_ERROR)
    return std::nullopt;
  return number;
}

std::optional<PhoneNumber> parse_plainly(std::string_view text, std::string_view region) {
  auto verdict = parse_phone_by_plan(text, region);
  return verdict.decided ? std::move(verdict.phone) : parse_phone_by_library(text, region);
}

// Of what a plan newer than the library has; `e164` is not assigned by the library's.
std::optional<PhoneNumber> find_newer(std::string e164) {
  const auto region = find_newer_region(e164);
  if (region.empty()) return std::nullopt;
  return PhoneNumber{std::move(e164), true, std::string{region}};
}

std::string keep_digits(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits),
               [](char c) { return c >= '0' && c <= '9'; });
  return digits;
}

// A number in full international form that is longer than its plan knows. North America's plan is closed: ten
// digits are all that it will have.
std::optional<PhoneNumber> keep_longer(std::string_view text) {
  const auto number = parse(text, "ZZ");
  if (!number || number->country_code() == 1 ||
      plans().IsPossibleNumberWithReason(*number) != PhoneNumberUtil::TOO_LONG)
    return std::nullopt;
  PhoneNumber phone{{}, false, {}};
  plans().Format(*number, PhoneNumberUtil::E164, &phone.e164);
  return is_e164(phone.e164) ? std::optional{phone} : std::nullopt;
}

struct Second {
  std::optional<PhoneNumber> phone;
  std::string_view departure;
};

// An international number behind `prefix`, "00" or "011". `first`: what the region makes of it, which no plan
// assigns; as long as it is a number of the region's own it may be that.
std::optional<Second> read_prefix(std::string_view digits, std::string_view prefix, bool plus, int own_code,
                                  const std::optional<PhoneNumber>& first) {
  if (!digits.starts_with(prefix)) return std::nullopt;
  auto abroad = read_phone("+" + std::string{digits.substr(prefix.size())}, {}).phone;
  if (!abroad || (!abroad->valid && (plus || first || prefix != "00"))) return std::nullopt;
  if (first && first->e164 == abroad->e164) return std::nullopt;
  if (first && first->e164.starts_with(fmt::format("+{}", own_code))) abroad.reset();
  return Second{std::move(abroad), "other_prefix"};
}

// Another look at a number that the library's plans do not assign, or not even find possible.
Second look_again(std::string_view text, std::string_view region, std::optional<PhoneNumber> first) {
  const auto digits = keep_digits(text);
  const bool plus = text.find('+') != std::string_view::npos;
  if (const auto zero = text.find("(0)"); zero != std::string_view::npos) {
    auto without = std::string{text}.erase(zero, 3);
    if (auto phone = parse_plainly(without, region); phone && phone->valid)
      return {std::move(phone), "trunk_zero"};
  }
  const int own_code = plans().GetCountryCodeForRegion(std::string{region});  // 0: no such region
  for (const std::string_view prefix : {"00", "011"})
    if (auto second = read_prefix(digits, prefix, plus, own_code, first)) return *std::move(second);
  auto candidate = first ? first->e164 : plus ? "+" + digits : std::string{};
  if (candidate.empty() && own_code != 0) candidate = fmt::format("+{}{}", own_code, digits);
  // A notation that has gone out of use, of a line that has another now.
  if (auto line = one_line(candidate); !first && line != candidate)
    if (auto phone = parse_plainly(line, {}); phone && phone->valid) return {std::move(phone), "one_line"};
  if (auto newer = find_newer(std::move(candidate))) return {std::move(newer), "newer_plan"};
  if (!first && plus)
    if (auto longer = keep_longer(text)) return {std::move(longer), "beyond_plan"};
  return {std::move(first), {}};
}

// The one notation of the line. What was assigned in the old plan is so in the new.
bool bring_to_line(PhoneNumber& phone) {
  auto line = one_line(phone.e164);
  if (line == phone.e164) return false;
  const auto known = parse_plainly(line, {});
  const auto newer = find_newer_region(line);
  if (known && known->valid) phone.region = known->region;
  if (!newer.empty()) phone.region = newer;
  phone.valid = phone.valid || (known && known->valid) || !newer.empty();
  phone.e164 = std::move(line);
  return true;
}

// Regions whose international prefix is 00 and a carrier's code (Brazil) make another number of what others
// write 00 before: 0055 31 … is one of Brazil by the one reading, of the Netherlands by the other.
bool may_be_another(std::string_view text, const PhoneNumber& phone) {
  if (!text.starts_with("00")) return false;
  const auto abroad = read_phone("+" + keep_digits(text.substr(2)), {}).phone;
  return abroad && abroad->valid && abroad->e164 != one_line(phone.e164);
}

// Of a number that no plan assigns the library may take another zero off when it reads it again. A key is its
// own key, so it is read to the end.
bool read_to_end(PhoneNumber& phone) {
  bool changed = false;
  for (int i = 0; i < 15 && !phone.valid; ++i) {
    auto again = parse_plainly(phone.e164, {});
    if (!again || again->e164 == phone.e164) break;
    phone = std::move(*again);
    changed = true;
  }
  return changed;
}

// Of digits, a plus, blanks and - . ( ) / only.
PhoneReading judge(std::string_view text, std::string_view region, std::string_view departure) {
  PhoneReading reading;
  reading.phone = parse_plainly(text, region);
  reading.departure = departure;
  if (!reading.phone || !reading.phone->valid) {
    auto second = look_again(text, region, std::move(reading.phone));
    reading.phone = std::move(second.phone);
    if (!second.departure.empty()) reading.departure = second.departure;
  } else if (may_be_another(text, *reading.phone)) {
    reading.phone.reset();
    reading.departure = "other_prefix";
  }
  if (!reading.phone) {
    reading.fault = PhoneFault::no_number;
    return reading;
  }
  if (read_to_end(*reading.phone)) reading.departure = "to_the_end";
  if (bring_to_line(*reading.phone)) reading.departure = "one_line";
  return reading;
}

}  // namespace

PhoneReading read_phone(std::string_view text, std::string_view region) {
  if (is_plain_notation(text)) return judge(text, region, {});
  const auto notation = read_notation(text);
  if (notation.fault == PhoneFault::none) return judge(notation.text, region, notation.departure);
  PhoneReading reading{.phone = std::nullopt, .fault = notation.fault};
  reading.departure = notation.departure;
  if (notation.fault == PhoneFault::words) reading.beside = parse_phone(notation.text, region);
  return reading;
}

std::optional<PhoneNumber> parse_phone(std::string_view text, std::string_view region) {
  return read_phone(text, region).phone;
}

std::optional<PhoneNumber> parse_phone_by_library(std::string_view text, std::string_view region) {
  const auto number = parse(text, region);
  // IS_POSSIBLE_LOCAL_ONLY, a number without its area code, cannot be reached by SMS.
  if (!number || plans().IsPossibleNumberWithReason(*number) != PhoneNumberUtil::IS_POSSIBLE)
    return std::nullopt;
  PhoneNumber phone;
  plans().Format(*number, PhoneNumberUtil::E164, &phone.e164);
  if (!is_e164(phone.e164)) return std::nullopt;
  plans().GetRegionCodeForNumber(*number, &phone.region);
  phone.valid = plans().IsValidNumber(*number);
  if (phone.region.size() != 2 || phone.region == "ZZ") phone.region.clear();  // "001": no country
  return phone;
}

std::string get_msisdn(std::string_view text, std::string_view region) {
  auto reading = read_phone(text, region);
  if (reading.phone) return std::move(reading.phone->e164);
  switch (reading.fault) {
    case PhoneFault::digits_lost:
      throw Error(Errc::invalid, "\"{}\" is a number whose last digits a spreadsheet has dropped", text)
          .with_hint("format the column of numbers as text");
    case PhoneFault::several:
      throw Error(Errc::invalid, "\"{}\" is more than one phone number", text).with_hint("write one");
    case PhoneFault::words:
      throw Error(Errc::invalid, "\"{}\" has words beside the phone number", text)
          .with_hint("write the number alone");
    case PhoneFault::none:
    case PhoneFault::no_number:
      break;
  }
  throw Error(Errc::invalid, "\"{}\" is not a phone number", text)
      .with_hint(
          region.empty()
              ? "write it as +14155552671"
              : fmt::format("write it as +14155552671, or as a number of {} is dialled at home", region));
}

bool is_e164(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return text.size() >= 7 && text.size() <= 16 && text[0] == '+' && text[1] != '0' &&
         std::all_of(text.begin() + 1, text.end(), digit);
}

bool is_toll_free(std::string_view e164) {
  const auto number = parse(e164, "ZZ");
  return number && plans().GetNumberType(*number) == PhoneNumberUtil::TOLL_FREE;
}

}  // namespace smscrm
