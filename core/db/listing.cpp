#include "core/db/listing.hpp"

#include <algorithm>

namespace smscrm {
namespace {

constexpr int rows_per_fetch = 1000;
constexpr std::int64_t most_counted = 100'000;

}  // namespace

void stream_rows(Tx& tx, const std::string& sql, const std::vector<Param>& params,
                 const std::function<void(const Row&)>& each) {
  exec_with(tx, "DECLARE listing NO SCROLL CURSOR FOR " + sql, params);
  for (;;) {
    const auto rows = exec(tx, fmt::format("FETCH {} FROM listing", rows_per_fetch));
    for (const auto& row : rows) each(row);
    if (rows.size() < rows_per_fetch) break;
  }
  exec(tx, "CLOSE listing");
}

RowCount count_rows(Tx& tx, const std::string& sql, const std::vector<Param>& params) {
  RowCount count;
  exec(tx, "SAVEPOINT counting");
  exec(tx, "SET LOCAL statement_timeout = 500");
  try {
    const auto found =
        exec_with(tx, fmt::format("SELECT count(*) FROM ({} LIMIT {}) listed", sql, most_counted + 1), params)
            .front()[0]
            .as<std::int64_t>();
    count.is_all = found <= most_counted;
    count.rows = std::min(found, most_counted);
  } catch (const pqxx::sql_error& error) {
    if (error.sqlstate() != "57014") throw;  // canceled: out of time
    count.is_all = false;
  }
  exec(tx, "ROLLBACK TO SAVEPOINT counting");
  return count;
}

}  // namespace smscrm
