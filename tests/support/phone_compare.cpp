#include "tests/support/phone_compare.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "core/base/guarded.hpp"
#include "core/phone/plan_parser.hpp"
#include "tests/support/phone_samples.hpp"

namespace smscrm {
namespace {

constexpr std::size_t max_examples = 20;

std::string describe(const std::optional<PhoneNumber>& phone) {
  return phone ? fmt::format("{} {} {}", phone->e164, phone->valid ? "valid" : "possible", phone->region)
               : "none";
}

void note(PhoneComparison& comparison, const PhoneSample& sample, const std::optional<PhoneNumber>& answer,
          const std::optional<PhoneNumber>& expected) {
  ++comparison.different;
  if (comparison.examples.size() < max_examples)
    comparison.examples.push_back(fmt::format("\"{}\" in \"{}\": {}, but the library says {}", sample.text,
                                              sample.region, describe(answer), describe(expected)));
}

bool is_known(std::string_view departure) {
  return std::any_of(std::begin(phone_departures), std::end(phone_departures),
                     [&](const PhoneDeparture& known) { return known.name == departure; });
}

PhoneComparison compare(std::int64_t count, std::uint64_t seed) {
  PhoneSamples samples{seed};
  PhoneComparison comparison;
  for (; comparison.samples < count; ++comparison.samples) {
    const auto sample = samples.next();
    const auto expected = parse_phone_by_library(sample.text, sample.region);
    const auto verdict = parse_phone_by_plan(sample.text, sample.region);
    const auto reading = read_phone(sample.text, sample.region);
    if (reading.phone != expected) {
      if (is_known(reading.departure))
        ++comparison.departures[std::string{reading.departure}];
      else
        note(comparison, sample, reading.phone, expected);
    }
    if (!verdict.decided) continue;
    ++comparison.decided;
    if (expected) ++(expected->valid ? comparison.valid : comparison.possible);
    if (expected && expected->valid) comparison.regions.insert(expected->region);
    if (verdict.phone != expected) note(comparison, sample, verdict.phone, expected);
  }
  return comparison;
}

void add(PhoneComparison& sum, const PhoneComparison& part) {
  sum.samples += part.samples;
  sum.decided += part.decided;
  sum.valid += part.valid;
  sum.possible += part.possible;
  sum.different += part.different;
  for (const auto& [reason, numbers] : part.departures) sum.departures[reason] += numbers;
  sum.regions.insert(part.regions.begin(), part.regions.end());
  sum.examples.insert(sum.examples.end(), part.examples.begin(), part.examples.end());
}

}  // namespace

PhoneComparison compare_phone_paths(std::int64_t count, std::uint64_t seed) {
  const auto workers = std::max<std::int64_t>(1, std::thread::hardware_concurrency());
  Guarded<PhoneComparison> sum;
  {
    std::vector<std::jthread> threads;
    for (std::int64_t i = 0; i < workers; ++i)
      threads.emplace_back([&, i] {
        const auto part = compare(count / workers + (i < count % workers ? 1 : 0),
                                  seed * 1000 + static_cast<std::uint64_t>(i));
        sum.with([&](auto& all) { add(all, part); });
      });
  }
  return sum.with([](const auto& all) { return all; });
}

}  // namespace smscrm
