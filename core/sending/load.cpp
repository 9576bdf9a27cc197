#include "core/sending/load.hpp"

#include "core/db/each_row.hpp"
#include "core/db/joins.hpp"

namespace smscrm {
namespace {

constexpr std::int64_t most_counted = 10'000;  // is enough to know

// Something of the lane `l` waits for room in a cap of today, its tenant's or a sender's.
const char* const waits_for_room =
    "EXISTS (SELECT FROM tenant t CROSS JOIN LATERAL"
    "          (SELECT 0 AS id, t.daily_cap UNION ALL"
    "           SELECT s.id, s.daily_cap FROM sender s WHERE s.tenant_id = t.id) c"
    "         JOIN daily_usage u ON u.tenant_id = t.id AND u.sender_id = c.id"
    "              AND u.day = local_day($1, t.timezone)"
    "        WHERE t.id = l.tenant_id AND c.daily_cap IS NOT NULL AND u.full_at IS NOT NULL)";

std::chrono::seconds age(const Row& row, const char* column, Timestamp at) {
  const auto since = as_optional<Timestamp>(row[column]);
  if (!since || *since > at) return std::chrono::seconds{0};
  return std::chrono::duration_cast<std::chrono::seconds>(at - *since);
}

}  // namespace

// Lane by lane, each by the index that it is for: a lane has few campaigns that run, and a row of work_chunk
// stands for hundreds of messages.
DueLoad count_due(Tx& tx, Timestamp at) {
  const auto row =
      exec(tx,
           "SELECT coalesce(sum(w.messages), 0)::bigint AS messages, " +
               within_calendar("min(greatest(w.since, l.idle_since)) FILTER (WHERE w.messages > 0)") +
               " AS since FROM"
               " (SELECT l.tenant_id, CASE WHEN l.trouble <> '' THEN least(l.trouble_since, p.last)"
               "                      ELSE p.last END AS idle_since"
               "    FROM lane l LEFT JOIN LATERAL"
               "         (SELECT claimed_at AS last FROM claimed_range WHERE tenant_id = l.tenant_id"
               "           ORDER BY claimed_at DESC LIMIT 1) p ON true"
               "   WHERE l.paused_at IS NULL AND NOT " +
               waits_for_room +
               " OFFSET 0) l"
               " CROSS JOIN LATERAL"
               " (SELECT count(*) AS messages, min(due_at) AS since FROM"
               "    (SELECT due_at FROM work_due WHERE tenant_id = l.tenant_id AND task = 'send'"
               "        AND campaign_id IS NULL AND due_at <= $1 " +
               in_index_order("campaign_id, due_at", "LIMIT $2") +
               ") d"
               "  UNION ALL"
               "  SELECT d.messages + coalesce(k.messages, 0),"
               "         least(d.since, CASE WHEN k.messages > 0 THEN c.launched_at END)"
               "    FROM campaign c CROSS JOIN LATERAL"
               "      (SELECT count(*) AS messages, min(due_at) AS since FROM"
               "         (SELECT due_at FROM work_due WHERE tenant_id = l.tenant_id AND task = 'send'"
               "             AND campaign_id = c.id AND due_at <= $1 " +
               in_index_order("due_at", "LIMIT $2") +
               ") d) d CROSS JOIN LATERAL"
               "      (SELECT sum(hi - next + 1)::bigint AS messages FROM"
               "         (SELECT hi, next FROM work_chunk WHERE tenant_id = l.tenant_id AND " +
               all_with("campaign_id", "c.id") +
               ") k) k"
               "   WHERE c.tenant_id = l.tenant_id AND c.status = 'running') w",
           at, most_counted)
          .front();
  return {row["messages"].as<std::int64_t>(), age(row, "since", at)};
}

UnknownLoad count_unknown(Tx& tx, Timestamp at) {
  const auto row =
      exec(tx,
           "SELECT coalesce(sum(a.messages), 0)::bigint AS asked, coalesce(sum(h.messages), 0)::bigint AS "
           "held, " +
               within_calendar("min(a.since)") +
               " AS since FROM (SELECT tenant_id FROM lane OFFSET 0) l CROSS JOIN LATERAL"
               " (SELECT count(*) AS messages, min(m.claimed_at) AS since FROM"
               "    (SELECT message_id FROM work_due WHERE tenant_id = l.tenant_id AND task = 'resolve' " +
               in_index_order("due_at", "LIMIT $1") +
               ") d CROSS JOIN LATERAL"
               "    (SELECT claimed_at FROM message WHERE tenant_id = l.tenant_id AND " +
               one_with("id", "d.message_id") +
               ") m) a CROSS JOIN LATERAL"
               " (SELECT count(*) AS messages FROM"
               "    (SELECT FROM work_due WHERE tenant_id = l.tenant_id AND task = 'hold' " +
               in_index_order("campaign_id", "LIMIT $1") + ") d) h",
           most_counted)
          .front();
  return {row["asked"].as<std::int64_t>(), row["held"].as<std::int64_t>(), age(row, "since", at)};
}

}  // namespace smscrm
