// Starts and stops the private PostgreSQL and Redis that core/local finds.
//
//   DIRECTORY/pg           PostgreSQL's data; of user postgres when root runs us, for it refuses to run as
//   root DIRECTORY/run          sockets, which only this user (and root) can reach DIRECTORY/redis Redis'
//   working directory DIRECTORY/secrets.key  encrypts tokens at rest DIRECTORY/password     of role smscrm on
//   127.0.0.1; the sockets need none DIRECTORY/local.json   what core/local reads
#pragma once

#include <filesystem>
#include <optional>

#include "core/local.hpp"

namespace smscrm {

// nullopt: those of the last start, at first 5433, and for Redis its socket alone.
struct LocalPorts {
  std::optional<int> pg, redis;
};

struct LocalStart {
  Local local;
  bool was_running;   // nothing was done
  bool made_cluster;  // this was the first start
};

// Returns once PostgreSQL answers. Throws Error{unavailable} when PostgreSQL is not installed or does not
// start, Error{conflict} when a port is taken, or it runs on another than is asked for.
LocalStart start_local(const std::filesystem::path& directory, const LocalPorts& ports);

// Stops both; connections are cut. Returns whether anything ran.
bool stop_local(const std::filesystem::path& directory);

bool is_local_redis_running(const std::filesystem::path& directory);

// Stops both and removes everything that start_local made; the data is gone.
void reset_local(const std::filesystem::path& directory);

}  // namespace smscrm
