// The private PostgreSQL and Redis of `smscrm local`: where they live and whether they run. Every command and
// the daemon use them while no database is configured.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/config.hpp"

namespace smscrm {

struct Local {
  std::string database_url;        // through the socket in `directory`
  std::string redis_url;           // empty: Redis is not installed
  std::filesystem::path key_file;  // the default of secrets.key_file while it runs
};

// SMSCRM_LOCAL_DIR, else /var/lib/smscrm/local for root, else ${XDG_DATA_HOME:-~/.local/share}/smscrm/local.
// Throws Error{usage} when there is no home.
std::filesystem::path local_directory();

// Writes what find_local reads: DIRECTORY/local.json, readable by its owner alone.
void write_local(const std::filesystem::path& directory, const Local& local);

// The instance in `directory` as it was last started, whether or not it runs; nullopt when there is none.
std::optional<Local> read_local(const std::filesystem::path& directory);

// Whether the server that wrote this postmaster.pid still lives.
bool is_local_running(const std::filesystem::path& directory);

// The running instance of this user; nullopt when none runs.
std::optional<Local> find_local();

// Fills in what the user left open: while no database is configured and a local instance runs, its database,
// Redis and key file. Touches nothing that is set. Returns whether it used the instance.
bool use_local(Config& config);

}  // namespace smscrm
