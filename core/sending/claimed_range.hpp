// Which messages were claimed when. A message has no index by its time or status, for then each of its
// updates would leave its page; so every claim notes what it took, as few ranges of ids, and whoever asks
// about a window of time reads these and not all that the campaigns have.
#pragma once

#include <vector>

#include "core/lane/lane.hpp"
#include "core/sending/message.hpp"

namespace smscrm {

struct ClaimedRanges {
  std::vector<MessageId> first, last;  // both inclusive, in order
};

// Ranges with all of `ids` in any order, each once, and with few others.
ClaimedRanges make_claimed_ranges(std::vector<MessageId> ids);

// Notes what the lane's claim at `at` took, at least one: its work_claim row, whose id is returned, and its
// ranges.
std::int64_t record_claim(Tx& tx, const Lane& lane, const std::vector<MessageId>& ids, Timestamp at);

// Of what was claimed in (after, until] only what is still open (in flight, unknown or without a last word)
// is found from now on.
void narrow_claimed_ranges(Tx& tx, TenantId tenant, Timestamp after, Timestamp until);

// Nobody asks any more about what was claimed until then.
void delete_claimed_ranges(Tx& tx, TenantId tenant, Timestamp until);

}  // namespace smscrm
