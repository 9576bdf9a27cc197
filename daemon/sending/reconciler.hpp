// Worker "reconciler": asks the provider about messages whose receipt is overdue. Owns one connection; woken
// by the clock. Several daemons share the work: a window of messages is one's at a time
// (core/sending/reconcile.hpp).
#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>

#include "core/base/guarded.hpp"
#include "core/config.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "core/net/crypto.hpp"
#include "core/sending/reconcile.hpp"

namespace smscrm {

struct ReconcilerCounts {
  std::atomic<std::uint64_t> requests{0}, raised{0}, unchanged{0}, missing{0}, failures{0};
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
  bool ask(Connection& db, TenantId tenant, std::vector<Overdue> overdue, const std::stop_token& stop);

  Config config() const {
    return config_.with([](const Config& current) { return current; });
  }

  Guarded<Config> config_;
  const SecretKey key_;
  const CounterSlot slot_;
  ReconcilerCounts counts_;
};

}  // namespace smscrm
