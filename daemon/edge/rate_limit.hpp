// How often somebody may do something: token buckets, by whoever it is. Safe from any thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <unordered_map>

#include "core/base/guarded.hpp"

namespace smscrm {

template <class Key>
class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  // Each may do it `burst` times at once and `per_second` times a second in the long run. Of `most` keys at
  // the same time: what is more shares one bucket, so that strangers with many addresses fill no memory.
  RateLimit(double per_second, double burst, std::size_t most = 100'000)
      : per_second_(per_second), burst_(burst), most_(most) {}

  bool pass(const Key& key, Clock::time_point at) {
    return state_.with([&](State& state) {
      if (state.buckets.size() >= most_ && state.buckets.count(key) == 0) {
        if (at >= state.next_sweep) sweep(state, at);
        if (state.buckets.size() >= most_) return take(state.others, at);
      }
      return take(state.buckets.try_emplace(key, Bucket{burst_, at}).first->second, at);
    });
  }

 private:
  struct Bucket {
    double left = 0;
    Clock::time_point at{};
  };
  struct State {
    std::unordered_map<Key, Bucket> buckets;
    Bucket others;  // what those share for whom there is no room
    Clock::time_point next_sweep{};
  };

  void refill(Bucket& bucket, Clock::time_point at) const {
    const std::chrono::duration<double> passed = at - bucket.at;
    bucket.left = std::min(burst_, bucket.left + std::max(0.0, passed.count()) * per_second_);
    bucket.at = at;
  }
  bool take(Bucket& bucket, Clock::time_point at) const {
    refill(bucket, at);
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  }
  // Those that have everything left are as good as new.
  void sweep(State& state, Clock::time_point at) const {
    std::erase_if(state.buckets, [&](const auto& entry) {
      auto bucket = entry.second;
      refill(bucket, at);
      return bucket.left >= burst_;
    });
    state.next_sweep = at + std::chrono::seconds{1};
  }

  const double per_second_, burst_;
  const std::size_t most_;
  Guarded<State> state_;
};

}  // namespace smscrm
