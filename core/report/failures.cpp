#include "core/report/failures.hpp"

namespace smscrm {
namespace {

// The newest message of a cause, found among the events of bad ends, which an index has by their cause.
std::string newest(std::string_view name, std::string_view cause) {
  return fmt::format(
      "  LEFT JOIN LATERAL (SELECT m.id, m.status_at FROM message_event v"
      "    JOIN message m ON m.tenant_id = v.tenant_id AND m.id = v.message_id AND m.status = v.status"
      "     AND coalesce(m.error_code, 0) = c.code"
      "     AND ($5::timestamptz IS NULL OR m.status_at >= rollup_bucket($5))"
      "     AND ($6::timestamptz IS NULL OR m.status_at < $6)"
      "   WHERE v.tenant_id = $1 AND v.status = c.status AND v.status IN ('undelivered', 'failed') AND {}"
      "     AND ($3::bigint IS NULL OR v.message_id BETWEEN $3 AND $4)"
      "   ORDER BY v.message_id DESC LIMIT 1) {} ON true",
      cause, name);
}

}  // namespace

std::vector<Failures> count_failures(Tx& tx, TenantId tenant, const FailureFilter& filter) {
  std::optional<CampaignId> campaign;
  std::optional<MessageId> first, last;
  if (filter.campaign) {
    campaign = filter.campaign->id;
    first = filter.campaign->first_message;
    last = filter.campaign->last_message;
  }
  std::vector<Failures> all;
  for (const auto& row :
       exec(tx,
            "SELECT c.status, nullif(c.code, 0) AS error_code, c.messages, c.campaigns,"
            "       coalesce(e.id, n.id) AS example, coalesce(e.status_at, n.status_at, c.last_at) AS last_at"
            "  FROM (SELECT split_part(counter, ':', 2)::message_status AS status,"
            "               split_part(counter, ':', 3)::int AS code, sum(value)::bigint AS messages,"
            "               count(DISTINCT campaign_id) FILTER (WHERE campaign_id <> 0) AS campaigns,"
            "               max(bucket) AS last_at"
            "          FROM rollup WHERE tenant_id = $1 AND counter LIKE 'error:%'"
            "           AND ($2::bigint IS NULL OR campaign_id = $2)"
            "           AND ($5::timestamptz IS NULL OR bucket >= rollup_bucket($5))"
            "           AND ($6::timestamptz IS NULL OR bucket < $6)"
            "         GROUP BY 1, 2 HAVING sum(value) > 0) c" +
                newest("e", "v.error_code = c.code") + newest("n", "c.code = 0 AND v.error_code IS NULL") +
                " ORDER BY c.messages DESC, c.status, c.code",
            tenant, campaign, first, last, filter.since, filter.until))
    all.push_back({parse_message_status(row["status"].as<std::string>()), as_optional<int>(row["error_code"]),
                   row["messages"].as<std::int64_t>(), row["campaigns"].as<std::int64_t>(),
                   row["last_at"].as<Timestamp>(), as_optional<MessageId>(row["example"])});
  return all;
}

}  // namespace smscrm
