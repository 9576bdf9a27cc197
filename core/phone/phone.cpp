#include "core/phone/phone.hpp"

#include <algorithm>

#include <phonenumbers/phonenumberutil.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
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

}  // namespace

std::optional<PhoneNumber> parse_phone(std::string_view text, std::string_view region) {
  auto verdict = parse_phone_by_plan(text, region);
  return verdict.decided ? std::move(verdict.phone) : parse_phone_by_library(text, region);
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
  if (auto phone = parse_phone(text, region)) return std::move(phone->e164);
  throw Error(Errc::invalid, "\"{}\" is not a phone number", text)
      .with_hint(fmt::format("write it as +14155552671, or as a number of {} is dialled at home", region));
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
