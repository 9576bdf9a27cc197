// Worker "scheduler": ends campaigns that have nothing left to send or to learn, logs what becomes of all,
// and seals the audit (core/access/audit.hpp). Owns one connection; woken by the clock.
#pragma once

#include <chrono>
#include <map>
#include <stop_token>

#include "core/access/audit.hpp"
#include "core/config.hpp"
#include "core/db/db.hpp"
#include "daemon/metrics.hpp"
#include "daemon/sending/campaign_log.hpp"
#include "daemon/sending/heartbeat.hpp"

namespace smscrm {

class Scheduler {
 public:
  Scheduler(const Config& config, const SecretKey& key)
      : config_(config), key_(key), heartbeat_(config.redis.url) {}
  void run(std::stop_token stop);

  const MetricSet& metrics() const { return metrics_; }

 private:
  void look(Connection& db, CampaignLog& campaigns);
  void look_at_reviews(Connection& db);
  void seal(Connection& db);

  const Config& config_;
  const SecretKey key_;
  std::map<std::int64_t, std::chrono::steady_clock::time_point> told_;  // checkpoints, by owner
  Heartbeat heartbeat_;
  std::chrono::steady_clock::time_point beat_at_, look_at_;
  MetricSet metrics_;
  Gauge fenced_{
      metrics_, "smscrm_fenced",
      "1 while the database may have forgotten what was sent, and nothing is (smscrm backup status)."};
  Counter sealed_{metrics_, "smscrm_audit_checkpoints_total",
                  "Heads of the audit's chains that were signed."};
  // As of the last half minute.
  Gauge reviews_{metrics_, "smscrm_opt_out_reviews", "Texts that may be opt-outs and that nobody has read."};
  Gauge seconds_to_review_{metrics_, "smscrm_opt_out_review_due_seconds",
                           "Until the first of them must be decided; negative: late."};
};

}  // namespace smscrm
