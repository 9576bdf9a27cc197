// What this process has heard of the database's heartbeats, and connections that begin by asking whether it
// has forgotten any.
#pragma once

#include "core/fence/fence.hpp"

namespace smscrm {

// The highest number that any thread of this process has heard of, of the installation of that id; 0: none.
std::int64_t heard_heartbeat(const std::string& installation);
void hear_heartbeat(const std::string& installation, std::int64_t number);

// One heartbeat, which is heard of once it is committed; where the database takes no changes, none. For the
// worker, outside of a transaction.
void heartbeat(Connection& db);

// As connect_as_worker (core/db/roles.hpp), for a daemon: whatever server answers there by now, it is looked
// at before anything else is asked of it.
Connection connect_watched(const std::string& url, const std::string& application);

}  // namespace smscrm
