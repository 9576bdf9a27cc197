#include "core/fence/watch.hpp"

#include <atomic>

#include "core/db/roles.hpp"

namespace smscrm {
namespace {

std::atomic<std::int64_t> heard{0};

}  // namespace

std::int64_t heard_heartbeat() { return heard; }

void hear_heartbeat(std::int64_t number) {
  for (auto before = heard.load(); before < number && !heard.compare_exchange_weak(before, number);) {
  }
}

void heartbeat(Connection& db) {
  // Whoever heard of one that is undone afterwards would take the database for one that has forgotten it.
  hear_heartbeat(in_transaction(db, [](Tx& tx) -> std::int64_t {
    if (exec(tx, "SELECT current_setting('transaction_read_only')::boolean").front()[0].as<bool>()) return 0;
    return watch_installation(tx, heard_heartbeat());
  }));
}

Connection connect_watched(const std::string& url, const std::string& application) {
  auto connection = connect_as_worker(url, application);
  heartbeat(connection);
  return connection;
}

}  // namespace smscrm
