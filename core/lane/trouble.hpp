// Why nothing of a lane leaves although nobody paused it: the provider cannot be reached, fails, asks for a
// rest, or something else answers in its place. It passes by itself, unlike a pause (core/lane/lane.hpp). The
// lane's owner notes it, and that it is over; whoever asks why a campaign stands is told.
#pragma once

#include <optional>
#include <string>

#include "core/lane/lane.hpp"

namespace smscrm {

struct LaneTrouble {
  // "provider_unreachable", "provider_failing", "not_the_provider", "provider_busy" or "lane_failing": the
  // words that scripts see (core/sending/hold.hpp).
  std::string code;
  std::string reason;  // the last error
  Timestamp since;
  std::optional<Timestamp> until = {};  // when it is known
  bool operator==(const LaneTrouble&) const = default;
};

// nullopt: it is over. Of a lane that is another's by now nothing is noted.
void note_trouble(Tx& tx, const Lane& lane, const std::optional<LaneTrouble>& trouble);

// As the daemon that holds the lane notes it.
std::optional<LaneTrouble> find_trouble(Tx& tx, TenantId tenant);

// A sentence for people, and the way out.
std::string describe(const LaneTrouble& trouble);
std::string way_out(const LaneTrouble& trouble);

}  // namespace smscrm
