// Worker "reconciler": asks the provider about messages whose receipt is overdue. Owns one connection; woken
// by the clock. Several daemons share the work: a window of messages is one's at a time
// (core/sending/reconcile.hpp).
#pragma once

#include <stop_token>

#include "core/base/guarded.hpp"
#include "core/config.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "core/net/crypto.hpp"
#include "core/sending/reconcile.hpp"
#include "daemon/metrics.hpp"

namespace smscrm {

struct ReconcilerCounts {
  MetricSet metrics;
  Counter requests{metrics, "smscrm_reconcile_requests_total", "Questions about overdue receipts."};
  Counter raised = receipts("raised"), unchanged = receipts("unchanged"), missing = receipts("missing");
  Counter failures{metrics, "smscrm_reconcile_failures_total", "Sweeps that the provider did not answer."};

 private:
  Counter receipts(const char* effect) {
    return {metrics, "smscrm_reconcile_receipts_total", "Answers to them, by what they did.",
            fmt::format("effect=\"{}\"", effect)};
  }
};

class Reconciler {
 public:
  Reconciler(const Config& config, const SecretKey& key, CounterSlot slot)
      : config_(config), key_(key), slot_(slot) {}

  void run(std::stop_token stop);
  // From any thread: what its next question goes by. The database's address is that of the start.
  void reconfigure(const Config& config) {
    config_.with([&](Config& current) { current = config; });
  }
  const ReconcilerCounts& counts() const { return counts_; }  // from any thread

 private:
  bool sweep(Connection& db, const std::stop_token& stop);  // false: nothing is due
  // Whether all of them were asked about.
  bool ask(Connection& db, const SweepWindow& window, std::vector<Overdue> overdue,
           const std::stop_token& stop);

  Config config() const {
    return config_.with([](const Config& current) { return current; });
  }

  Guarded<Config> config_;
  const SecretKey key_;
  const CounterSlot slot_;
  ReconcilerCounts counts_;
};

}  // namespace smscrm
