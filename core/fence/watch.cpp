#include "core/fence/watch.hpp"

#include <algorithm>
#include <map>

#include "core/base/guarded.hpp"
#include "core/db/roles.hpp"

namespace smscrm {
namespace {

using Heartbeats = std::map<std::string, std::int64_t>;

// Of every installation that this process has had to do with: mostly one.
Guarded<Heartbeats>& heard() {
  static Guarded<Heartbeats> all;
  return all;
}

}  // namespace

std::int64_t heard_heartbeat(const std::string& installation) {
  return heard().with([&](const Heartbeats& all) {
    const auto found = all.find(installation);
    return found == all.end() ? 0 : found->second;
  });
}

void hear_heartbeat(const std::string& installation, std::int64_t number) {
  heard().with([&](Heartbeats& all) { all[installation] = std::max(all[installation], number); });
}

void heartbeat(Connection& db) {
  // Whoever heard of one that is undone afterwards would take the database for one that has forgotten it.
  const auto beat = in_transaction(db, [](Tx& tx) -> std::optional<std::pair<std::string, std::int64_t>> {
    if (exec(tx, "SELECT current_setting('transaction_read_only')::boolean").front()[0].as<bool>()) return {};
    const auto number = watch_installation(tx, heard_heartbeat(find_fence(tx).installation));
    return std::pair{find_fence(tx).installation, number};
  });
  if (beat) hear_heartbeat(beat->first, beat->second);
}

Connection connect_watched(const std::string& url, const std::string& application) {
  auto connection = connect_as_worker(url, application);
  heartbeat(connection);
  return connection;
}

}  // namespace smscrm
