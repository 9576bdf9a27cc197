// The locks of the send path are taken in one order, so that it never deadlocks with a cancel or a receipt:
// the lane, then campaigns, then messages, both by id.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "core/db/db.hpp"
#include "core/lane/lane.hpp"

namespace smscrm {

// Keeps the status of these campaigns as it is until the transaction ends; waits for a cancel under way.
// Returns those that are canceled: they take no message back.
std::set<CampaignId> lock_campaigns(Tx& tx, TenantId tenant, const std::set<CampaignId>& campaigns);

// The same for the campaigns of these messages.
std::set<CampaignId> lock_campaigns_of(Tx& tx, TenantId tenant, const std::vector<MessageId>& messages);

void lock_messages(Tx& tx, TenantId tenant, const std::vector<MessageId>& messages);

// The same; returns those that this epoch of the lane still has in flight, with their places (at_place).
std::map<MessageId, std::string> lock_in_flight(Tx& tx, const Lane& lane,
                                                const std::vector<MessageId>& messages);

}  // namespace smscrm
