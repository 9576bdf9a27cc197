#include "core/tenant/directory_load.hpp"

namespace smscrm {

void record_directory_load(Tx& tx, const std::string& daemon, const std::string& host,
                           const LeftOut& left_out, const std::string& failure) {
  exec(tx,
       "INSERT INTO directory_load AS d (daemon, host, seen_at, loaded_at, left_out, error)"
       " VALUES ($1, $2, clock_timestamp(), clock_timestamp(), $3, $4)"
       " ON CONFLICT (daemon) DO UPDATE SET seen_at = excluded.seen_at, error = excluded.error,"
       "   loaded_at = CASE WHEN $5 THEN excluded.loaded_at ELSE d.loaded_at END,"
       "   left_out = CASE WHEN $5 THEN excluded.left_out ELSE d.left_out END",
       daemon, host, left_out.rows, failure.empty() ? left_out.error : failure, failure.empty());
  exec(tx, "DELETE FROM directory_load WHERE seen_at < now() - interval '1 day'");
}

void remove_directory_load(Tx& tx, const std::string& daemon) {
  exec(tx, "DELETE FROM directory_load WHERE daemon = $1", daemon);
}

std::vector<DirectoryLoad> list_directory_loads(Tx& tx) {
  std::vector<DirectoryLoad> loads;
  for (const auto& row :
       exec(tx,
            "SELECT host, seen_at, loaded_at, left_out, error FROM directory_load d"
            " WHERE seen_at > now() - interval '30 s' OR NOT EXISTS (SELECT FROM directory_load o"
            "     WHERE o.host = d.host AND o.seen_at > d.seen_at) ORDER BY host, daemon"))
    loads.push_back({row["host"].as<std::string>(), row["seen_at"].as<Timestamp>(),
                     row["loaded_at"].as<Timestamp>(), row["left_out"].as<int>(),
                     row["error"].as<std::string>()});
  return loads;
}

}  // namespace smscrm
