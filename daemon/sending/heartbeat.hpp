// The heartbeats of an installation, as they are remembered beside its database: by this process, and in
// Redis, which outlives both (core/fence/fence.hpp says what for). Owned by one thread.
#pragma once

#include <optional>
#include <string>

#include "core/fence/fence.hpp"
#include "core/net/redis.hpp"

namespace smscrm {

class Heartbeat {
 public:
  explicit Heartbeat(const std::string& redis_url) : redis_(redis_url) {}

  // One heartbeat. Tells the log when the fence was raised or lowered since the last; whether it is raised.
  bool beat(Connection& db);

 private:
  Redis redis_;
  bool is_raised_ = false;
};

}  // namespace smscrm
