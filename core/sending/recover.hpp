// Claims whose outcomes nobody wrote back: the owner of the lane went away, or lost its connection in a
// commit.
#pragma once

#include <cstdint>
#include <vector>

#include "core/lane/lane.hpp"

namespace smscrm {

// What earlier owners claimed and did not write back: messages in flight become unknown and are to be
// resolved, for their requests may have left. Returns how many.
int take_over(Tx& tx, const Lane& lane, Timestamp at);

// Gives back what this owner claimed without knowing, because the answer to a commit was lost: claims of this
// epoch other than `known`. Their requests were never made. Messages of a canceled campaign are canceled.
// Returns how many messages.
int recover_claims(Tx& tx, const Lane& lane, const std::vector<std::int64_t>& known, Timestamp at);

}  // namespace smscrm
