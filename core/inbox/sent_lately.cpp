#include "core/inbox/sent_lately.hpp"

#include <unordered_map>

#include "core/db/joins.hpp"

namespace smscrm {
namespace {

constexpr int most_messages = 5;  // to a number, and as many answers of webhooks

std::unordered_map<std::string, std::vector<std::string>> read_sent(Tx& tx, TenantId tenant,
                                                                    const std::vector<std::string>& msisdns) {
  std::unordered_map<std::string, std::vector<std::string>> sent;
  for (const auto& row :
       exec(tx,
            "SELECT u.msisdn, s.body FROM (SELECT DISTINCT msisdn FROM unnest($2::text[]) AS n(msisdn)) u"
            "  LEFT JOIN LATERAL (SELECT id FROM contact WHERE tenant_id = $1 AND " +
                one_with("msisdn", "u.msisdn") +
                ") c ON true CROSS JOIN LATERAL"
                "  ((SELECT m.body FROM (SELECT * FROM message WHERE tenant_id = $1 AND " +
                all_with("contact_id", "c.id") +
                ") m WHERE m.attempt > 0 ORDER BY m.claimed_at DESC LIMIT $3)"
                "   UNION ALL (SELECT m.body FROM (SELECT * FROM message WHERE tenant_id = $1"
                "     AND contact_id IS NULL AND " +
                all_with("msisdn", "u.msisdn") +
                ") m WHERE m.attempt > 0 ORDER BY m.claimed_at DESC LIMIT $3)"
                "   UNION ALL (SELECT reply FROM inbound WHERE tenant_id = $1"
                "     AND msisdn BETWEEN u.msisdn AND u.msisdn AND reply <> '' " +
                in_index_order("msisdn DESC, id DESC", "LIMIT $3") + ")) s(body) WHERE s.body <> ''",
            tenant, msisdns, most_messages))
    sent[row["msisdn"].as<std::string>()].push_back(row["body"].as<std::string>());
  return sent;
}

}  // namespace

std::vector<OptOutReading> read_with_sent(Tx& tx, const Tenant& tenant,
                                          const std::vector<NewInbound>& batch) {
  std::vector<OptOutReading> readings;
  std::vector<std::size_t> doubtful;
  std::vector<std::string> msisdns;
  for (const auto& inbound : batch) {
    if (!inbound.handled && depends_on_sent(inbound.body, inbound.reading) &&
        classify_keyword(inbound.body) == Keyword::none) {
      doubtful.push_back(readings.size());
      msisdns.push_back(inbound.msisdn);
    }
    readings.push_back(inbound.reading);
  }
  if (doubtful.empty()) return readings;
  const auto sent = read_sent(tx, tenant.id, msisdns);
  for (const auto i : doubtful)
    if (const auto known = sent.find(batch[i].msisdn); known != sent.end())
      readings[i] = read_opt_out(batch[i].body, known->second);
  return readings;
}

}  // namespace smscrm
