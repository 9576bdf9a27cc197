// A pause that a stop request ends.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "core/base/pulse.hpp"

namespace smscrm {

// True when the whole time went by, false when `stop` was requested before. Each second of it is a turn.
template <class Rep, class Period>
bool wait_unless_stopped(std::stop_token stop, std::chrono::duration<Rep, Period> time) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::ceil<Clock::duration>(time);
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock{mutex};
  do {
    note_turn();
    never.wait_until(lock, stop, std::min(end, Clock::now() + std::chrono::seconds{1}), [] { return false; });
  } while (!stop.stop_requested() && Clock::now() < end);
  return !stop.stop_requested();
}

}  // namespace smscrm
