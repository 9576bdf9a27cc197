// What a report shows without counting rows: counters of a campaign (campaign_counter), and the same and more
// by the time at which it was counted (rollup and rollup_day, migrations/0090_rollup.sql). Whoever changes a
// row changes its counters in the same transaction; `campaign verify` and `report verify` count the rows
// again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
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

const std::string& status_counter(MessageStatus status);  // "status:delivered"
std::string skipped_counter(std::string_view reason);     // "skipped:no_consent"
std::string cost_counter(std::string_view currency);      // "cost:USD"
inline constexpr const char* parts_counter = "parts";
inline constexpr const char* clicks_counter = "clicks";
inline constexpr const char* unique_clicks_counter = "unique_clicks";
inline constexpr const char* replies_counter = "replies";
inline constexpr const char* opt_outs_counter = "opt_outs";

// Of the rollup alone.
inline constexpr const char* made_counter = "made";  // messages that came into being, whatever became of them
std::string error_counter(MessageStatus status, std::optional<int> code);  // "error:failed:30003"; 0: no code
std::string latency_counter(int latency_class);  // "latency:12", claim to delivered (core/ledger/latency.hpp)
std::string received_counter(std::string_view kind);   // "received:stop"; "other": no keyword
std::string opt_out_counter(std::string_view method);  // "opt_out:keyword": entries of the ledger of consent

// Who pays for what: of parts and cost.
struct Payer {
  std::optional<SenderId> sender;
  std::string country;  // ISO 3166-1; empty: not known
};

// Changes to be made, collected over a batch. Amounts are decimal text, because money must not be a double.
// What belongs to no campaign, replies and tests, stands in the rollup only.
class CounterChanges {
 public:
  void add(std::optional<CampaignId> campaign, const std::string& counter, std::int64_t amount);
  void add_parts(std::optional<CampaignId> campaign, std::int64_t parts, const Payer& payer);
  void add_money(std::optional<CampaignId> campaign, std::string_view currency, double amount,
                 const Payer& payer);
  void add_clicks(std::optional<CampaignId> campaign, LinkId link, std::int64_t clicks);
  void add_unique_clicks(std::optional<CampaignId> campaign, LinkId link, std::int64_t people);
  // One message leaves `from` for `to`. `sender`: of the message, for the statuses of what has left.
  void move(std::optional<CampaignId> campaign, MessageStatus from, MessageStatus to,
            std::optional<SenderId> sender = std::nullopt, std::int64_t messages = 1);
  // Once for messages that come into being, beside what they are then.
  void add_made(std::optional<CampaignId> campaign, std::int64_t messages);
  // One side of a move.
  void add_status(std::optional<CampaignId> campaign, MessageStatus status, std::int64_t messages,
                  std::optional<SenderId> sender = std::nullopt);
  // Beside the move to undelivered or failed.
  void add_error(std::optional<CampaignId> campaign, MessageStatus status, std::optional<int> code,
                 std::optional<SenderId> sender, std::int64_t messages = 1);
  // Beside the move to delivered.
  void add_latency(std::optional<CampaignId> campaign, std::optional<SenderId> sender, Timestamp claimed_at,
                   Timestamp delivered_at);
  bool empty() const { return changes_.empty(); }

 private:
  friend void apply_counters(Tx&, TenantId, CounterSlot, const CounterChanges&, Timestamp);
  struct Key {
    std::int64_t campaign;  // 0: none
    std::string counter;
    std::int64_t subject = 0;  // sender or link
    std::string country = {};
    bool rollup_only = false;
    auto operator<=>(const Key&) const = default;
  };
  // Amounts in millionths: prices have up to five decimals.
  std::map<Key, std::int64_t> changes_;
};

// Rows in one order: no deadlock between writers. `at`: when it happened, which names the quarter of the
// rollup.
void apply_counters(Tx& tx, TenantId tenant, CounterSlot slot, const CounterChanges& changes, Timestamp at);

// Brings what nobody writes any more, of days before yesterday, together in one row for each counter, of all
// tenants: at most `most` rows of each table. As the worker. Returns how many there were.
std::int64_t fold_rollup(Tx& tx, int most, Timestamp at);

// Sum of each counter over its slots, as decimal text without trailing zeros ("17", "0.0083").
std::map<std::string, std::string> read_counters(Tx& tx, TenantId tenant, CampaignId campaign);

}  // namespace smscrm
