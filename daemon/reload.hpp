// A new configuration for a daemon that runs.
#pragma once

#include <string>
#include <vector>

#include "core/config.hpp"

namespace smscrm {

struct Reload {
  Config running;                    // what is in force from now on
  std::vector<std::string> changed;  // keys that have new values
  std::vector<std::string> kept;     // keys that changed, too, but are read at a start only
};

// Takes from `next` what can change while the daemon runs: log, twilio, webhook, and sender and scheduler
// but for their switches. Throws Error{usage} for what a start with `next` would refuse: an address to listen
// on, a proxy, a key file.
Reload plan_reload(const Config& running, const Config& next);

}  // namespace smscrm
