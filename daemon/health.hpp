// Whether a daemon answers, asked as the probe of a container or a load balancer asks.
#pragma once

#include <string>
#include <vector>

namespace smscrm {

// GET `path` ("/healthz") at the first of `listen` that can be called, within three seconds; an address that
// stands for all of the machine is called on the machine itself. Throws Error{unavailable} with what was
// answered unless that is 200, and Error{usage} when systemd holds all the sockets ("fd://").
void ask_health(const std::vector<std::string>& listen, const std::string& path);

}  // namespace smscrm
