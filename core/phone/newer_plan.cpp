#include "core/phone/newer_plan.hpp"

#include <algorithm>
#include <array>

#include "core/phone/digit_pattern.hpp"

namespace smscrm {
namespace {

struct NewerPlan {
  std::string_view code, numbers;  // the numbers without the calling code, as in core/phone/digit_pattern.hpp
  std::string_view region;
};

constexpr std::array plans{
    // Area codes in service since 2022. (NANPA; number_zones of the same libphonenumber for their states)
    NewerPlan{"1", "(?:227|235|274|324|327|329|350|353|363|369|472|557|645)[2-9]\\d{6}", "US"},
    NewerPlan{"1", "(?:686|728|730|738|748|821|835|975|983)[2-9]\\d{6}", "US"},
    NewerPlan{"1", "(?:257|354|382|428|683|879|942)[2-9]\\d{6}", "CA"},
    // Ten digits since 30 November 2024. (ARCEP Bénin)
    NewerPlan{"229", "01(?:2\\d|[4-69]\\d)\\d{6}", "BJ"},
    NewerPlan{"508", "708(?:4[0-5]|5[0-6])\\d{4}", "PM"},
    NewerPlan{"856", "30\\d{7}", "LA"},
};

struct Compiled {
  std::string_view code, region;
  DigitPattern numbers;
};

const std::vector<Compiled>& compiled() {
  static const auto all = [] {
    std::vector<Compiled> list;
    for (const auto& plan : plans)
      if (auto pattern = DigitPattern::compile(plan.numbers))
        list.push_back({plan.code, plan.region, std::move(*pattern)});
    return list;
  }();
  return all;
}

}  // namespace

std::string_view find_newer_region(std::string_view e164) {
  if (!e164.starts_with('+')) return {};
  const auto digits = e164.substr(1);
  for (const auto& plan : compiled()) {
    if (!digits.starts_with(plan.code)) continue;
    const auto number = digits.substr(plan.code.size());
    const auto found = plan.numbers.match_prefix(number);
    if (found && found->length == number.size()) return plan.region;
  }
  return {};
}

}  // namespace smscrm
