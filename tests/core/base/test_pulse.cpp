#include <semaphore>
#include <thread>

#include <doctest/doctest.h>

#include "core/base/pulse.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

TEST_CASE("work without a turn is a hang sooner than a wait is") {
  Pulse pulse;
  const auto begin = Pulse::Clock::now();
  const auto is_stuck = [&](std::chrono::seconds after) { return pulse.is_stuck(begin + after, 10s, 600s); };
  CHECK_FALSE(is_stuck(9s));
  CHECK(is_stuck(11s));
  pulse.attach();
  {
    const Waiting transaction;
    CHECK_FALSE(is_stuck(599s));
    CHECK(is_stuck(602s));
    { const Waiting statement; }
    CHECK_FALSE(is_stuck(599s));  // the transaction goes on
  }
  CHECK_FALSE(is_stuck(9s));
  CHECK(is_stuck(12s));
}

TEST_CASE("a turn, and the end of a statement within a transaction, begin anew") {
  Pulse pulse;
  pulse.attach();
  const auto turns = [&](const auto& what) {
    const auto before = Pulse::Clock::now();
    while (!pulse.is_stuck(Pulse::Clock::now(), 1us, 1us)) {
    }
    what();
    return !pulse.is_stuck(before, 0s, 0s);
  };
  CHECK(turns([] { note_turn(); }));
  const Waiting transaction;
  CHECK(turns([] { const Waiting statement; }));
  CHECK_FALSE(turns([] {}));
}

TEST_CASE("what another thread does is no sign of life") {
  Pulse pulse;
  const auto begin = Pulse::Clock::now();
  pulse.attach();
  std::thread{[] {
    const Waiting unseen;
    note_turn();
  }}.join();
  CHECK(pulse.is_stuck(begin + 11s, 10s, 600s));
}
