// How much waits to be sent and to be found out, over all tenants: what a watcher of the whole installation
// wants to know every half minute, whatever has piled up. As the worker.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/db/db.hpp"

namespace smscrm {

// What may leave now. Nothing of lanes that are paused, or where something waits for room in a daily cap;
// nothing that waits for its hour.
struct DueLoad {
  std::int64_t messages = 0;  // of what waits one by one, 10,000 at most of each campaign
  // For how long the worst lane has had messages due and claimed none of them; where its owner noted a
  // trouble (core/lane/trouble.hpp), since that. A lane that is slow but works has waited for no longer than
  // since its last claim, however much it has to send.
  std::chrono::seconds oldest{0};
};
DueLoad count_due(Tx& tx, Timestamp at);

// Messages of which nobody knows whether they left: 10,000 at most of each tenant and kind.
struct UnknownLoad {
  std::int64_t asked = 0;          // the provider is asked for them
  std::int64_t held = 0;           // that wait for somebody's word (core/sending/message_resolve.hpp)
  std::chrono::seconds oldest{0};  // since the claim of the oldest that is asked for
};
UnknownLoad count_unknown(Tx& tx, Timestamp at);

struct LaneLoad {
  std::string tenant;  // its slug
  std::string host;    // of the daemon that sends; empty: none does
  // "sending", "paused", "full" (something waits for room in a daily cap), "no_daemon", or what troubles it
  // (core/lane/trouble.hpp)
  std::string state;
  std::string reason;              // why it is paused or troubled, in the provider's words; empty: neither
  std::optional<Timestamp> since;  // then
  std::int64_t due = 0;            // as count_due, whatever the state
  std::int64_t in_flight = 0;      // of batches whose outcomes are not all written
  std::int64_t claimed_in_last_minute = 0;
};
// Those that have anything to do, or cannot; the most due first.
std::vector<LaneLoad> list_lane_loads(Tx& tx, Timestamp at, int limit);

// A campaign that runs or is paused, by its counters.
struct CampaignLoad {
  std::string tenant, campaign;  // slugs
  std::string status;
  std::int64_t waiting = 0, in_flight = 0, unknown = 0;
  std::int64_t accepted = 0;  // by the provider, whatever became of them since
  std::int64_t settled = 0;   // of those: their last word is known
};
// The most to do first.
std::vector<CampaignLoad> list_campaign_loads(Tx& tx, int limit);

struct DaemonLoad {
  std::string host;
  Timestamp started_at, seen_at;
};
// Those seen within the last minute, the oldest first.
std::vector<DaemonLoad> list_daemons(Tx& tx);

}  // namespace smscrm
