// Worker "eraser": goes on with erasures of people (core/privacy/erasure.hpp), has the provider delete what
// it keeps of them, and erases what is older than its tenant keeps it (core/privacy/retention.hpp). Owns one
// connection; woken by the clock. Several daemons share the work.
#pragma once

#include <atomic>
#include <stop_token>

#include "core/config.hpp"
#include "core/net/crypto.hpp"
#include "core/privacy/copies.hpp"
#include "daemon/metrics.hpp"

namespace smscrm {

struct EraserCounts {
  MetricSet metrics;
  Counter gone = copies("gone"), later = copies("later"), refused = copies("refused");
  Gauge lag{metrics, "smscrm_retention_lag_seconds",
            "By how much the oldest row is older than its tenant keeps it."};
  Counter done{metrics, "smscrm_erasures_done_total", "People of whom nothing personal is left."};

 private:
  Counter copies(const char* answer) {
    return {metrics, "smscrm_erasure_copies_total", "What the provider said when asked to delete a message.",
            fmt::format("answer=\"{}\"", answer)};
  }
};

class Eraser {
 public:
  Eraser(const Config& config, const SecretKey& key) : config_(config), key_(key) {}

  void run(std::stop_token stop);
  const EraserCounts& counts() const { return counts_; }  // from any thread

 private:
  bool ask(Connection& db, const std::stop_token& stop);  // false: nothing is due
  void tidy_up(Connection& db, const std::stop_token& stop);

  const Config config_;
  const SecretKey key_;
  EraserCounts counts_;
};

}  // namespace smscrm
