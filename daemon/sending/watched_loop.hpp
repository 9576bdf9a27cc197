// The loop of a worker that looks whether there is something to do, and looks again after a while. It owns
// one connection; after a failure it goes on with a new one.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

#include "core/db/db.hpp"

namespace smscrm {

struct WatchedLoop {
  std::string database_url;
  const char* application;  // as the database shows it: "smscrmd launcher"
  const char* consequence;  // what its failures are told as (daemon/outage.hpp)
  std::function<void(Connection&)> look;
  std::function<std::chrono::milliseconds()> pause;             // between two looks
  std::function<void(Connection&)> begin = [](Connection&) {};  // with each new connection
};

// Until it is asked to stop.
void run_watched_loop(const std::stop_token& stop, const WatchedLoop& loop);

}  // namespace smscrm
