// How statements over a tenant's rows are joined, whatever the planner expects of the tenant.
//
// It expects the same of every tenant (migrations/0027_tenant_statistics.sql), which is wrong for most of
// them: enough to look up what has a key, and no ground for the choice between a million lookups and one
// reading. And of a list, an import or a campaign that the statistics do not know it still expects a single
// row. So whoever writes a statement over many rows of a tenant says how it is joined.
#pragma once

#include <string>
#include <string_view>

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

// What is under way comes and goes: a table that the statistics know empty, or a condition that they know to
// be nobody's, is full an hour later. Then every index looks as good as the right one: one that has the
// tenant alone, or that of rows in some state, and all of it is read for each row that is looked up. Which of
// them is taken hangs on how many levels each has grown to, and on which was made first, and a restore
// changes that. These hold in every state; each row is looked up in a sub-select of its own, LATERAL
// (SELECT … OFFSET 0), which is not taken apart, and by an order that only the right index has.

// The end of such a sub-select: its rows by that column, the first that the index meant has after the tenant.
// A sort of the rows of another index has to look dear, and the planner reckons that of the single row that
// it expects at nothing; but sorted are, by its reckoning, also the widest values of a type, which are none.
inline std::string in_index_order(std::string_view column, std::string_view rows = "OFFSET 0") {
  return fmt::format("ORDER BY {}, NULL::char(10485760), NULL::char(10485759), NULL::char(10485758) {}",
                     column, rows);
}

// The end of a sub-select "… WHERE tenant_id = $1 AND": the rows, or one, with that value of that column.
// Conditions that another index has stand outside of the sub-select.
inline std::string all_with(std::string_view column, std::string_view value) {
  return fmt::format("{0} BETWEEN {1} AND {1} {2}", column, value, in_index_order(column));
}
inline std::string one_with(std::string_view column, std::string_view value) {
  return fmt::format("{0} BETWEEN {1} AND {1} {2}", column, value, in_index_order(column, "LIMIT 1"));
}

// Rows of a table by their ids, a statement's $1 and $2, in the order of their ids and with their place,
// which is how they are written. "tenant_id = $1 AND id = ANY($2)" would be cheaper, by the planner's
// reckoning, as a reading of all that it expects of the tenant.
//   FROM {look_up("message")} m WHERE …
inline std::string look_up(std::string_view table) {
  return fmt::format(
      "(SELECT unnest($2::bigint[]) AS id ORDER BY 1) w CROSS JOIN LATERAL"
      " (SELECT ctid AS place, * FROM {} WHERE tenant_id = $1 AND {})",
      table, all_with("id", "w.id"));
}

// Where a row is, by its id, as `l.place`: to be joined with what is written to it. Only of rows that the
// transaction has locked before: what another changes meanwhile is elsewhere.
//   UPDATE message m SET … FROM unnest($2::bigint[], …) AS u(id, …){place_of("message", "u.id")}
//    WHERE m.ctid = l.place
inline std::string place_of(std::string_view table, std::string_view id) {
  return fmt::format(" CROSS JOIN LATERAL (SELECT ctid AS place FROM {} WHERE tenant_id = $1 AND {}) l",
                     table, all_with("id", id));
}

// A condition that no index fits, looked at in the row: of an index with that very condition the planner
// believes what the statistics say of it.
inline std::string as_filter(std::string_view condition) {
  return fmt::format("CASE WHEN {} THEN true ELSE false END", condition);
}

// Rows that were looked up before in the same transaction, by the place that they had then: with another look
// it costs a third more. One that another transaction changed since is elsewhere and left out, which whoever
// asks has to notice; another row may have come to its place, hence the id.
//   UPDATE message m SET … FROM unnest($2::bigint[], …, $9::tid[]) AS u(id, …, place) WHERE {at_place("m",
//   "u")}
inline std::string at_place(std::string_view row, std::string_view known) {
  return fmt::format("{}.ctid = {}.place AND {}", row, known,
                     as_filter(fmt::format("{0}.tenant_id = $1 AND {0}.id = {1}.id", row, known)));
}

// Rows of a table by their keys, a statement's $1 and $2, to be changed or deleted where no condition stands
// beside this one: each is looked up, and written by its place. The condition is asked again there, for what
// another transaction has changed meanwhile; such a row may be left out, so this is for what is looked at
// again.
//   DELETE FROM work_due WHERE {looked_up("work_due", "message_id", "task = 'send'")}
inline std::string looked_up(std::string_view table, std::string_view key,
                             std::string_view condition = "true") {
  return fmt::format(
      "ctid = ANY(ARRAY(SELECT f.ctid FROM unnest($2::bigint[]) AS w(id) CROSS JOIN LATERAL"
      " (SELECT ctid FROM {0} WHERE tenant_id = $1 AND {1} AND {2}) f)) AND {1}",
      table, as_filter(condition), all_with(key, "w.id"));
}

// Of the statements that follow in this transaction.
void set_joins(Tx& tx, Joins joins);

}  // namespace smscrm
