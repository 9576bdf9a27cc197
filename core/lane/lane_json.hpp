// Senders and lanes as JSON.
#pragma once

#include <optional>

#include "core/base/json.hpp"
#include "core/lane/lane.hpp"
#include "core/lane/sender.hpp"
#include "core/lane/trouble.hpp"

namespace smscrm {

Json to_json(const Sender& sender);

// The brake was pulled, or (`paused` false) somebody or something was quicker.
Json paused_to_json(bool paused, const LanePause& pause, const std::string& by);

// A lane goes on; `pause` is what ended, nullopt: nothing, for it was not paused.
Json resumed_to_json(const std::optional<LanePause>& pause);

// Null when there is none.
Json trouble_to_json(const std::optional<LaneTrouble>& trouble);

}  // namespace smscrm
