// What a database that was restored, copied or promoted (core/fence/fence.hpp) would send, and what becomes
// of it when the fence is lifted. It cannot know which of these texts have left since the moment it
// remembers, so none of them leaves by itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/fence/fence.hpp"

namespace smscrm {

struct RestoredCampaign {
  std::string tenant, campaign;
  std::int64_t waiting = 0;  // texts that may have left already
};

struct Restored {
  Fence fence;
  std::vector<RestoredCampaign> campaigns;  // that run: to be paused
  std::int64_t singles = 0;                 // replies and single messages that wait: to be canceled
  std::int64_t schedules = 0;               // launches whose time has come since: to be missed
};

// Raises the fence first, where it has to be. For the worker.
Restored look_at_restored(Tx& tx, Timestamp at);

// Pauses the campaigns, cancels the single messages, ends the schedules, and lowers the fence. What was in
// flight becomes unknown, as after any crash, and is looked up at the provider. What is returned was done,
// and its fence has the reason still, but is not raised. Nothing happens, and Error {conflict} is thrown,
// unless it is fenced.
Restored lift_fence(Tx& tx, Timestamp at);

}  // namespace smscrm
