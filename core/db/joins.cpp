#include "core/db/joins.hpp"

namespace smscrm {

void set_joins(Tx& tx, Joins joins) {
  const auto on = [](bool is_on) { return is_on ? "on" : "off"; };
  // A kind that is off is not forbidden but reckoned at ten billion, and used where there is no other way, as
  // for a join with one row. A server that compiles costly statements would take longer for that than for the
  // statement.
  exec(tx,
       "SELECT set_config('enable_nestloop', $1, true), set_config('enable_hashjoin', $2, true),"
       "       set_config('enable_mergejoin', $2, true), set_config('jit', 'off', true)",
       on(joins != Joins::by_hash), on(joins != Joins::by_lookup));
}

}  // namespace smscrm
