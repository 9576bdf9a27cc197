// How statements over a tenant's rows are joined, whatever the planner expects of the tenant.
//
// It expects the same of every tenant (migrations/0027_tenant_statistics.sql), which is wrong for most of
// them: enough to look up what has a key, and no ground for the choice between a million lookups and one
// reading. And of a list, an import or a campaign that the statistics do not know it still expects a single
// row. So whoever writes a statement over many rows of a tenant says how it is joined.
#pragma once

#include "core/db/db.hpp"

namespace smscrm {

enum class Joins {
  planned,  // as the planner thinks best
  // Each side is read once: for what goes through most of a tenant's rows. It costs as much for a few of
  // them.
  by_hash,
  // Row by row through an index: for a part of a tenant's rows against all of them. The tenant has to come
  // out of the part as a column that the planner does not know to be constant, hence from a subquery with
  // OFFSET 0, which it does not take apart; compared with a parameter it would again be a condition that
  // needs no index of the other column:
  //   FROM (SELECT tenant_id, id FROM contact WHERE tenant_id = $1 AND … OFFSET 0) c
  //   JOIN message m ON m.tenant_id = c.tenant_id AND m.contact_id = c.id
  by_lookup,
};

// Rows of a tenant by their ids, a statement's $1 and $2, to be joined: each is looked up. "tenant_id = $1
// AND id = ANY($2)" would be cheaper, by the planner's reckoning, as a reading of all that it expects of the
// tenant:
//   FROM {ids_to_look_up} w JOIN message m ON m.tenant_id = w.tenant_id AND m.id = w.id
inline constexpr const char* ids_to_look_up =
    "(SELECT $1::bigint AS tenant_id, unnest($2::bigint[]) AS id OFFSET 0)";

// Of the statements that follow in this transaction.
void set_joins(Tx& tx, Joins joins);

}  // namespace smscrm
