// smscrm_phone_differential [COUNT] [SEED]: see scripts/phone-differential.
#include <chrono>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/phone/notation.hpp"
#include "tests/support/phone_compare.hpp"

int main(int argc, char** argv) {
  using namespace smscrm;
  const auto count = argc > 1 ? parse_integer(argv[1]).value_or(0) : 10'000'000;
  const auto seed = argc > 2 ? parse_integer(argv[2]).value_or(-1) : 1;
  if (argc > 3 || count <= 0 || seed < 0) {
    fmt::print(stderr, "usage: smscrm_phone_differential [COUNT] [SEED]\n");
    return 2;
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto sum = compare_phone_paths(count, static_cast<std::uint64_t>(seed));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  for (const auto& example : sum.examples) fmt::print("{}\n", example);
  const auto percent = [&](std::int64_t part) {
    return 100.0 * static_cast<double>(part) / static_cast<double>(sum.samples);
  };
  fmt::print(
      "{} numbers in {:.0f} s: {:.1f} % decided by the fast path ({:.1f} % valid, {:.1f} % possible, "
      "{:.1f} % none), the valid ones of {} regions; {} differ from libphonenumber\n",
      sum.samples, seconds.count(), percent(sum.decided), percent(sum.valid), percent(sum.possible),
      percent(sum.decided - sum.valid - sum.possible), sum.regions.size(), sum.different);
  for (const auto& departure : phone_departures)
    if (const auto found = sum.departures.find(std::string{departure.name}); found != sum.departures.end())
      fmt::print("{:>9} otherwise on purpose: {}, for {}\n", found->second, departure.name, departure.why);
  return sum.different == 0 ? 0 : 1;
}
