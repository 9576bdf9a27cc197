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

// What is due of the lane `l` at $1, as rows of `messages` and `since`; $2: at most of each kind. By the
// index that each is for: a lane has few campaigns that run, and a row of work_chunk stands for hundreds of
// messages.
std::string due_of_lane() {
  return " (SELECT count(*) AS messages, min(due_at) AS since FROM"
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
         "   WHERE c.tenant_id = l.tenant_id AND c.status = 'running')";
}

std::chrono::seconds age(const Row& row, const char* column, Timestamp at) {
  const auto since = as_optional<Timestamp>(row[column]);
  if (!since || *since > at) return std::chrono::seconds{0};
  return std::chrono::duration_cast<std::chrono::seconds>(at - *since);
}

}  // namespace

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
               " CROSS JOIN LATERAL" +
               due_of_lane() + " w",
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

std::vector<LaneLoad> list_lane_loads(Tx& tx, Timestamp at, int limit) {
  std::vector<LaneLoad> loads;
  for (const auto& row :
       exec(tx,
            "SELECT x.* FROM (SELECT t.slug, coalesce(d.host, '') AS host, l.expires_at > now() AS leased,"
            "       l.paused_at IS NOT NULL AS paused, l.pause_reason, l.trouble, l.trouble_reason, " +
                within_calendar("coalesce(l.paused_at, l.trouble_since)") + " AS since, " + waits_for_room +
                " AS full,"
                "       (SELECT coalesce(sum(w.messages), 0)::bigint FROM" +
                due_of_lane() +
                " w) AS due,"
                "       (SELECT coalesce(sum(cardinality(message_ids)), 0)::bigint FROM work_claim"
                "         WHERE tenant_id = l.tenant_id) AS in_flight,"
                "       (SELECT coalesce(sum(last_message - first_message + 1), 0)::bigint FROM claimed_range"
                "         WHERE tenant_id = l.tenant_id AND claimed_at > $1::timestamptz - interval '1 min')"
                "       AS claimed"
                "  FROM lane l JOIN tenant t ON t.id = l.tenant_id"
                "  LEFT JOIN daemon d ON d.id = l.owner AND l.expires_at > now()) x"
                " WHERE paused OR trouble <> '' OR due > 0 OR in_flight > 0 OR claimed > 0"
                " ORDER BY due DESC, claimed DESC, slug LIMIT $3",
            at, most_counted, limit)) {
    LaneLoad load;
    load.tenant = row["slug"].as<std::string>();
    load.host = row["host"].as<std::string>();
    load.due = row["due"].as<std::int64_t>();
    load.in_flight = row["in_flight"].as<std::int64_t>();
    load.claimed_in_last_minute = row["claimed"].as<std::int64_t>();
    const auto trouble = row["trouble"].as<std::string>();
    const bool paused = row["paused"].as<bool>();
    if (paused || !trouble.empty()) {
      load.state = paused ? "paused" : trouble;
      load.reason = row[paused ? "pause_reason" : "trouble_reason"].as<std::string>();
      load.since = as_optional<Timestamp>(row["since"]);
    } else if (!row["leased"].as<bool>()) {
      load.state = "no_daemon";
    } else {
      load.state = row["full"].as<bool>() ? "full" : "sending";
    }
    loads.push_back(std::move(load));
  }
  return loads;
}

std::vector<CampaignLoad> list_campaign_loads(Tx& tx, int limit) {
  std::vector<CampaignLoad> loads;
  for (const auto& row :
       exec(tx,
            "SELECT * FROM (SELECT t.slug AS tenant, c.slug AS campaign, c.status, n.* FROM campaign c"
            "  JOIN tenant t ON t.id = c.tenant_id CROSS JOIN LATERAL"
            "  (SELECT coalesce(sum(value) FILTER (WHERE counter = 'status:waiting'), 0)::bigint AS waiting,"
            "          coalesce(sum(value) FILTER (WHERE counter = 'status:in_flight'), 0)::bigint AS "
            "in_flight,"
            "          coalesce(sum(value) FILTER (WHERE counter = 'status:unknown'), 0)::bigint AS unknown,"
            "          coalesce(sum(value) FILTER (WHERE counter = "
            "ANY('{status:queued,status:sending,status:sent,"
            "status:delivered,status:undelivered}')), 0)::bigint AS accepted,"
            "          coalesce(sum(value) FILTER (WHERE counter = "
            "ANY('{status:delivered,status:undelivered}')),"
            "                   0)::bigint AS settled"
            "     FROM campaign_counter WHERE tenant_id = c.tenant_id AND campaign_id = c.id) n"
            " WHERE c.status IN ('running', 'paused')) x"
            " ORDER BY status = 'paused', waiting + in_flight DESC, tenant, campaign LIMIT $1",
            limit))
    loads.push_back({row["tenant"].as<std::string>(), row["campaign"].as<std::string>(),
                     row["status"].as<std::string>(), row["waiting"].as<std::int64_t>(),
                     row["in_flight"].as<std::int64_t>(), row["unknown"].as<std::int64_t>(),
                     row["accepted"].as<std::int64_t>(), row["settled"].as<std::int64_t>()});
  return loads;
}

std::vector<DaemonLoad> list_daemons(Tx& tx) {
  std::vector<DaemonLoad> daemons;
  for (const auto& row : exec(tx,
                              "SELECT host, started_at, seen_at FROM daemon"
                              " WHERE seen_at > now() - interval '1 min' ORDER BY started_at, id"))
    daemons.push_back(
        {row["host"].as<std::string>(), row["started_at"].as<Timestamp>(), row["seen_at"].as<Timestamp>()});
  return daemons;
}

}  // namespace smscrm
