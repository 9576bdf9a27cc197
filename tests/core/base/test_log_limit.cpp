#include <doctest/doctest.h>

#include "core/base/log_limit.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

TEST_CASE("a line passes once in its time, and says how many did not") {
  LogLimit limit{1s};
  const auto start = LogLimit::Clock::now();
  const auto pass = [&](std::chrono::milliseconds after) { return limit.pass(start + after); };
  CHECK(pass(0ms) == 0);
  for (const auto after : {0ms, 1ms, 999ms}) CHECK_FALSE(pass(after));
  CHECK(pass(1000ms) == 3);
  CHECK_FALSE(pass(1999ms));
  CHECK(pass(2000ms) == 1);
  CHECK(pass(60'000ms) == 0);
}
