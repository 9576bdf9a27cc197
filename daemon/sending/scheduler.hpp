// Worker "scheduler": ends campaigns that have nothing left to send or to learn. Owns one connection; woken
// by the clock.
#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>

#include "core/config.hpp"
#include "core/db/db.hpp"

namespace smscrm {

class Scheduler {
 public:
  explicit Scheduler(const Config& config) : config_(config) {}
  void run(std::stop_token stop);

  // Opt-outs to be reviewed, as of the last half minute; from any thread.
  std::int64_t reviews() const { return reviews_; }
  std::int64_t seconds_to_review() const {
    return seconds_to_review_;
  }  // until the first is due; negative: late

 private:
  void look_at_reviews(Connection& db);

  const Config& config_;
  std::atomic<std::int64_t> reviews_{0}, seconds_to_review_{0};
};

}  // namespace smscrm
