// What a claim decided, written: one UPDATE for all its messages, and what counts and tells of them.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/sending/claim.hpp"
#include "core/sending/work.hpp"

namespace smscrm {

// A message that does not leave any more.
struct ClaimChange {
  MessageId id;
  std::optional<CampaignId> campaign;
  MessageStatus status;
  std::string reason;
  std::string held_by = {};  // of hours, by which it is skipped now; empty: what held it before
};

// Those of `claim` that are somebody else's by now, for a cancel or a receipt came between, are taken out of
// it; the others have an id of the claim. `places`: where each was when it was read (at_place).
using MessagePlaces = std::unordered_map<MessageId, std::string>;
void write_claim(Tx& tx, const Lane& lane, Claim& claim, const std::vector<ClaimChange>& changes,
                 const MessagePlaces& places, const WorkByCampaign& work, Timestamp at);

}  // namespace smscrm
