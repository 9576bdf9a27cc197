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
  void look_at_load(Connection& db);
  void look_at_backups(Connection& db);
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
  // As of the last half minute, over all tenants; each daemon says the same.
  Gauge due_{metrics_, "smscrm_due_messages",
             "Messages that may leave now: not held by hours, caps or a pause."};
  Gauge oldest_due_{metrics_, "smscrm_oldest_due_seconds",
                    "For how long the worst lane has had messages due and claimed none."};
  Gauge asked_{metrics_, "smscrm_unknown_messages",
               "Messages of which nobody knows whether they left, by who is asked.", "asked=\"provider\""};
  Gauge held_{metrics_, "smscrm_unknown_messages",
              "Messages of which nobody knows whether they left, by who is asked.", "asked=\"operator\""};
  Gauge oldest_unknown_{metrics_, "smscrm_oldest_unknown_seconds",
                        "Age of the oldest of which the provider is asked."};
  Gauge unsealed_{metrics_, "smscrm_audit_unsealed_seconds",
                  "For how long the audit's oldest entry has waited for its place in the chain."};
  Gauge looked_at_{metrics_, "smscrm_database_look_timestamp_seconds",
                   "When these were last read from the database, in seconds since 1970."};
  Gauge reviews_{metrics_, "smscrm_opt_out_reviews", "Texts that may be opt-outs and that nobody has read."};
  Gauge seconds_to_review_{metrics_, "smscrm_opt_out_review_due_seconds",
                           "Until the first of them must be decided; negative: late."};
  Gauge full_backup_{metrics_, "smscrm_backup_last_success_timestamp_seconds",
                     "When a backup was last made; 0: never.", "kind=\"full\""};
  Gauge incremental_backup_{metrics_, "smscrm_backup_last_success_timestamp_seconds",
                            "When a backup was last made; 0: never.", "kind=\"incremental\""};
  Gauge restore_test_{metrics_, "smscrm_restore_test_last_success_timestamp_seconds",
                      "When a backup was last restored for a test, and held; 0: never."};
  Gauge wal_age_{metrics_, "smscrm_wal_archive_age_seconds",
                 "Since the server last archived a segment of its log; -1: it archives none."};
};

}  // namespace smscrm
