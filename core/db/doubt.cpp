#include "core/db/doubt.hpp"

namespace smscrm {

std::string transaction_id(Tx& tx) {
  return exec(tx, "SELECT pg_current_xact_id()::text").front()[0].as<std::string>();
}

// Ids below one's own have been given out; the status of others must not be asked. A snapshot does not tell:
// its xmax is that of the newest transaction that has ended, and newer ones may be in progress.
bool is_running(Tx& tx, const std::string& transaction) {
  return exec(tx,
              "SELECT CASE WHEN $1::xid8 < pg_current_xact_id()"
              "            THEN coalesce(pg_xact_status($1::xid8) = 'in progress', false) ELSE false END",
              transaction)
      .front()[0]
      .as<bool>();
}

}  // namespace smscrm
