#include "core/sending/claimed_range.hpp"

#include <algorithm>

namespace smscrm {
namespace {

// A row more costs about as much as so many messages read in vain.
constexpr std::int64_t widest_gap = 20;

}  // namespace

ClaimedRanges make_claimed_ranges(std::vector<MessageId> ids) {
  std::sort(ids.begin(), ids.end());
  ClaimedRanges ranges;
  for (const auto id : ids) {
    if (ranges.last.empty() || id.value - ranges.last.back().value > widest_gap) {
      ranges.first.push_back(id);
      ranges.last.push_back(id);
    }
    ranges.last.back() = id;
  }
  return ranges;
}

std::int64_t record_claim(Tx& tx, const Lane& lane, const std::vector<MessageId>& ids, Timestamp at) {
  const auto ranges = make_claimed_ranges(ids);
  return exec(tx,
              "WITH noted AS ("
              "   INSERT INTO claimed_range AS r (tenant_id, claimed_at, first_message, last_message)"
              "   SELECT $1::bigint, $4::timestamptz, u.first, u.last"
              "     FROM unnest($5::bigint[], $6::bigint[]) AS u(first, last)"
              "   ON CONFLICT (tenant_id, claimed_at, first_message)"
              "     DO UPDATE SET last_message = greatest(r.last_message, EXCLUDED.last_message))"
              " INSERT INTO work_claim (tenant_id, epoch, message_ids, claimed_at)"
              " VALUES ($1, $2, $3::bigint[], $4) RETURNING id",
              lane.tenant, lane.epoch, ids, at, ranges.first, ranges.last)
      .front()[0]
      .as<std::int64_t>();
}

void narrow_claimed_ranges(Tx& tx, TenantId tenant, Timestamp after, Timestamp until) {
  exec(tx,
       "WITH wide AS (DELETE FROM claimed_range WHERE tenant_id = $1 AND claimed_at > $2 AND claimed_at <= $3"
       "              RETURNING claimed_at, first_message, last_message),"
       "     open AS (SELECT DISTINCT w.claimed_at, m.id FROM wide w CROSS JOIN LATERAL"
       "                (SELECT id FROM message WHERE tenant_id = $1 AND claimed_at = w.claimed_at"
       "                    AND id BETWEEN w.first_message AND w.last_message"
       "                    AND status IN ('in_flight', 'unknown', 'queued', 'sending', 'sent') OFFSET 0) m),"
       "     cut AS (SELECT claimed_at, id, CASE WHEN id - lag(id) OVER (PARTITION BY claimed_at ORDER BY id)"
       "                                              <= $4 THEN 0 ELSE 1 END AS begins FROM open),"
       "     run AS (SELECT claimed_at, id, sum(begins) OVER (PARTITION BY claimed_at ORDER BY id) AS n FROM "
       "cut)"
       " INSERT INTO claimed_range (tenant_id, claimed_at, first_message, last_message)"
       " SELECT $1::bigint, claimed_at, min(id), max(id) FROM run GROUP BY claimed_at, n",
       tenant, after, until, widest_gap);
}

void delete_claimed_ranges(Tx& tx, TenantId tenant, Timestamp until) {
  exec(tx, "DELETE FROM claimed_range WHERE tenant_id = $1 AND claimed_at <= $2", tenant, until);
}

}  // namespace smscrm
