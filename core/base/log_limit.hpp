// How often a line may be logged that strangers cause.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/base/guarded.hpp"

namespace smscrm {

// Lets a line pass at most once in `every`. Safe from any thread.
class LogLimit {
 public:
  using Clock = std::chrono::steady_clock;

  explicit LogLimit(Clock::duration every) : every_(every) {}

  // How many were left out since the last that passed; nullopt: this one is left out, too.
  std::optional<std::uint64_t> pass(Clock::time_point at) {
    return state_.with([&](State& state) -> std::optional<std::uint64_t> {
      if (state.passed && at - *state.passed < every_) {
        ++state.left_out;
        return std::nullopt;
      }
      state.passed = at;
      return std::exchange(state.left_out, 0);
    });
  }

 private:
  struct State {
    std::optional<Clock::time_point> passed;
    std::uint64_t left_out = 0;
  };

  const Clock::duration every_;
  Guarded<State> state_;
};

}  // namespace smscrm
