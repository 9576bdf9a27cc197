// Worker "scheduler": ends campaigns that have nothing left to send or to learn, and logs what becomes of
// all. Owns one connection; woken by the clock.
#pragma once

#include <stop_token>

#include "core/config.hpp"
#include "core/db/db.hpp"
#include "daemon/metrics.hpp"

namespace smscrm {

class Scheduler {
 public:
  explicit Scheduler(const Config& config) : config_(config) {}
  void run(std::stop_token stop);

  const MetricSet& metrics() const { return metrics_; }

 private:
  void look_at_reviews(Connection& db);

  const Config& config_;
  MetricSet metrics_;
  // As of the last half minute.
  Gauge reviews_{metrics_, "smscrm_opt_out_reviews", "Texts that may be opt-outs and that nobody has read."};
  Gauge seconds_to_review_{metrics_, "smscrm_opt_out_review_due_seconds",
                           "Until the first of them must be decided; negative: late."};
};

}  // namespace smscrm
