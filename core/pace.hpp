// How fast parts may leave: at most `rate` in every window of one second, wherever the window begins. Kept in
// memory, which is exact because one daemon sends for an account at a time. The clock is the caller's.
#pragma once

#include <chrono>
#include <deque>

namespace smscrm {

class Pace {
 public:
  using Clock = std::chrono::steady_clock;

  // Parts per second; below 1 is a part every 1/rate seconds.
  explicit Pace(double rate) : rate_(rate) {}

  void set_rate(double rate) { rate_ = rate; }
  double rate() const { return rate_; }

  // When `parts` may leave: `at` itself, or when enough of what left before is a second old. A message of
  // more parts than the rate goes alone, and then keeps the place for parts/rate seconds.
  Clock::time_point ready_at(int parts, Clock::time_point at);

  // They leave now. `at` never goes back.
  void take(int parts, Clock::time_point at);

  // Parts that may still leave before `at` + `ahead`, as far as is known at `at`; at least 0.
  double room(Clock::time_point at, std::chrono::milliseconds ahead);

 private:
  struct Taken {
    Clock::time_point until;  // when its place is free again
    double parts;
  };

  double weight(int parts) const;
  void forget(Clock::time_point at);

  double rate_;
  std::deque<Taken> taken_;  // by `until`
  double held_ = 0;          // sum of taken_
};

}  // namespace smscrm
