// How fast parts may leave, so that the provider gets at most `rate` in every window of one second, wherever
// the window begins. A request arrives somewhere between its departure and its reply, so what left keeps its
// place until a second after the reply: however long some are held up on their way, no second at the other
// end gets too many. The price is a reply's time in each second: a rate of 10 and replies after 100 ms make 9
// a second in the long run. Kept in memory, which is exact because one daemon sends for an account at a time.
// The clock is the caller's.
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

  // By then a request without a reply has arrived, or never will.
  static constexpr std::chrono::seconds longest_way{5};

  // What one request holds, until arrived() or for longest_way.
  struct Place {
    Clock::time_point left_at;
    double parts = 0;
    Clock::duration length{};  // that it keeps the place for after its arrival
  };

  // When `parts` may leave, as far as is known: `at` itself, or when enough of what arrived before is a
  // second old. A message of more parts than the rate goes alone, and then keeps the place for parts/rate
  // seconds.
  Clock::time_point ready_at(int parts, Clock::time_point at);

  // They leave now. `at` never goes back.
  Place take(int parts, Clock::time_point at);
  // The request has arrived: there is a reply, or it is known that none will come. At most once for each
  // place.
  void arrived(const Place& place, Clock::time_point at);

  // Parts that may still leave before `at` + `ahead`, as far as is known at `at`; at least 0.
  double room(Clock::time_point at, std::chrono::milliseconds ahead);

 private:
  struct Taken {
    Clock::time_point until;  // when its place is free again
    double parts;
  };

  double weight(int parts) const;
  void hold(Clock::time_point until, double parts);
  void forget(Clock::time_point at);

  double rate_;
  std::deque<Taken> taken_;  // by `until`
  double held_ = 0;          // sum of taken_
};

}  // namespace smscrm
