// A pause that a stop request ends.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace smscrm {

// True when the whole time went by, false when `stop` was requested before.
template <class Rep, class Period>
bool wait_unless_stopped(std::stop_token stop, std::chrono::duration<Rep, Period> time) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock{mutex};
  never.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace smscrm
