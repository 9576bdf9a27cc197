#include "core/report/failures.hpp"

namespace smscrm {

std::vector<Failures> count_failures(Tx& tx, TenantId tenant, const FailureFilter& filter) {
  std::optional<MessageId> first, last;
  if (filter.campaign) first = filter.campaign->first_message, last = filter.campaign->last_message;
  std::vector<Failures> all;
  // Bad ends are rare, and each was told as an event, which an index has (migrations/0051_rare_rows.sql).
  for (const auto& row :
       exec(tx,
            "SELECT m.status, m.error_code, count(*) AS messages, count(DISTINCT m.campaign_id) AS campaigns,"
            "       max(m.status_at) AS last_at, max(m.id) AS example"
            "  FROM (SELECT DISTINCT message_id, status FROM message_event"
            "         WHERE tenant_id = $1 AND status IN ('undelivered', 'failed')"
            "           AND ($2::bigint IS NULL OR message_id BETWEEN $2 AND $3)) e"
            "  JOIN message m ON m.tenant_id = $1 AND m.id = e.message_id AND m.status = e.status"
            " WHERE $4::timestamptz IS NULL OR m.status_at >= $4"
            " GROUP BY m.status, m.error_code ORDER BY messages DESC, m.status, m.error_code",
            tenant, first, last, filter.since))
    all.push_back({parse_message_status(row["status"].as<std::string>()), as_optional<int>(row["error_code"]),
                   row["messages"].as<std::int64_t>(), row["campaigns"].as<std::int64_t>(),
                   row["last_at"].as<Timestamp>(), row["example"].as<MessageId>()});
  return all;
}

}  // namespace smscrm
