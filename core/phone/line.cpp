#include "core/phone/line.hpp"

#include <algorithm>
#include <optional>

namespace smscrm {
namespace {

bool begins_with_one_of(std::string_view digits, std::string_view any) {
  return !digits.empty() && any.find(digits[0]) != std::string_view::npos;
}

std::string put(std::string_view code, std::string_view prefix, std::string_view rest) {
  std::string number{'+'};
  number += code;
  number += prefix;
  number += rest;
  return number;
}

using Line = std::optional<std::string>;  // nullopt: no rule has the number

Line mexico(std::string_view number) {
  if (number.size() != 11 || number[0] != '1' || !begins_with_one_of(number.substr(1), "23456789"))
    return std::nullopt;
  return put("52", "", number.substr(1));
}

Line argentina(std::string_view number) {
  if (number.size() != 10 || !(number.starts_with("11") || begins_with_one_of(number, "23")))
    return std::nullopt;
  return put("54", "9", number);
}

Line brazil(std::string_view number) {
  if (number.size() != 10 || !begins_with_one_of(number, "123456789")) return std::nullopt;
  const auto subscriber = number.substr(2);
  const bool seven = subscriber[0] == '7' && begins_with_one_of(subscriber.substr(1), "123456");
  if (!seven && !begins_with_one_of(subscriber, "689")) return std::nullopt;
  return put("55", number.substr(0, 2), std::string{'9'}.append(subscriber));
}

Line ivory_coast(std::string_view number) {
  if (number.size() != 8 || !begins_with_one_of(number, "0456789")) return std::nullopt;
  const char carrier = number[1];
  return put("225", carrier >= '7' ? "07" : carrier >= '4' ? "05" : "01", number);
}

Line benin(std::string_view number) {
  if (number.size() != 8 || !begins_with_one_of(number, "24569")) return std::nullopt;
  return put("229", "01", number);
}

Line gabon(std::string_view number) {
  if (number.size() == 8 && number.starts_with("01")) return put("241", "1", number.substr(1));
  if (number.size() == 8 && number[0] == '0') number.remove_prefix(1);
  if (number.size() != 7) return std::nullopt;
  if (begins_with_one_of(number, "256")) return put("241", "6", number);
  if (begins_with_one_of(number, "47")) return put("241", "7", number);
  return std::nullopt;
}

struct Rule {
  std::string_view code;
  Line (*apply)(std::string_view number);
};

constexpr Rule rules[] = {{"52", mexico},       {"54", argentina}, {"55", brazil},
                          {"225", ivory_coast}, {"229", benin},    {"241", gabon}};

}  // namespace

std::string one_line(std::string_view e164) {
  if (e164.size() > 4 && (e164[1] == '5' || e164[1] == '2'))
    for (const auto& rule : rules)
      if (e164.substr(1).starts_with(rule.code))
        if (auto line = rule.apply(e164.substr(1 + rule.code.size()))) return *std::move(line);
  return std::string{e164};
}

}  // namespace smscrm
