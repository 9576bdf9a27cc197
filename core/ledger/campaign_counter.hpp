// Rollups: what a report shows without counting rows. Whoever changes a row changes its counters in the same
// transaction; `campaign verify` counts the rows again.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/db/db.hpp"
#include "core/ledger/message_status.hpp"

namespace smscrm {

// One of the few rows that a counter is spread over, so that writers do not wait for one another. Each writer
// keeps to one.
using CounterSlot = std::int16_t;
inline constexpr CounterSlot launch_slot = 0;   // launch, cancel and other commands
inline constexpr CounterSlot sender_slot = 1;   // claims and write-backs: a lane has one owner
inline constexpr CounterSlot webhook_slot = 2;  // 2…9, by daemon

std::string status_counter(MessageStatus status);      // "status:delivered"
std::string skipped_counter(std::string_view reason);  // "skipped:no_consent"
std::string cost_counter(std::string_view currency);   // "cost:USD"
inline constexpr const char* parts_counter = "parts";
inline constexpr const char* clicks_counter = "clicks";
inline constexpr const char* unique_clicks_counter = "unique_clicks";
inline constexpr const char* replies_counter = "replies";
inline constexpr const char* opt_outs_counter = "opt_outs";

// Changes to be made, collected over a batch. Amounts are decimal text, because money must not be a double.
class CounterChanges {
 public:
  void add(CampaignId campaign, const std::string& counter, std::int64_t amount);
  void add_money(CampaignId campaign, std::string_view currency, double amount);
  // One message leaves `from` for `to`.
  void move(CampaignId campaign, MessageStatus from, MessageStatus to, std::int64_t messages = 1);
  bool empty() const { return changes_.empty(); }

 private:
  friend void apply_counters(Tx&, TenantId, CounterSlot, const CounterChanges&);
  // Amounts in millionths: prices have up to five decimals.
  std::map<std::pair<CampaignId, std::string>, std::int64_t> changes_;
};

// One statement, rows in one order: no deadlock between writers.
void apply_counters(Tx& tx, TenantId tenant, CounterSlot slot, const CounterChanges& changes);

// Sum of each counter over its slots, as decimal text without trailing zeros ("17", "0.0083").
std::map<std::string, std::string> read_counters(Tx& tx, TenantId tenant, CampaignId campaign);

}  // namespace smscrm
