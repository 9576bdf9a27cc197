// Holds: why messages wait although nobody paused them, and what ends it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/campaign/campaign.hpp"

namespace smscrm {

struct Hold {
  // "campaign_paused", "no_daemon", "lane_paused", "daily_cap", "quiet_hours", "unknown", "retry", or of a
  // lane in trouble (core/lane/trouble.hpp), or any other reason for which the gate holds (core/gate)
  std::string code;
  std::string message;  // a sentence for people
  std::string hint;     // the way out; empty: waiting is
  std::optional<Timestamp> until;
};

// What holds up all that the tenant sends, or some of its senders.
std::vector<Hold> list_holds(Tx& tx, TenantId tenant, Timestamp at);

// What holds up this campaign: of a paused one that, and what waits for somebody's word.
std::vector<Hold> list_holds(Tx& tx, TenantId tenant, const Campaign& campaign, Timestamp at);

}  // namespace smscrm
