#include "core/report/report.hpp"

#include <set>

#include "core/base/text.hpp"
#include "core/db/joins.hpp"
#include "core/ledger/campaign_counter.hpp"

namespace smscrm {
namespace {

using Counters = std::map<std::string, std::string>;

std::int64_t integer(const Counters& counters, const std::string& name) {
  const auto found = counters.find(name);
  return found == counters.end() ? 0 : parse_integer(found->second).value_or(0);
}

std::string text(const Counters& counters, const std::string& name) {
  const auto found = counters.find(name);
  return found == counters.end() ? "0" : found->second;
}

// The rows of the launch counted by the names of their counters.
Counters count_rows(Tx& tx, TenantId tenant, const Campaign& campaign) {
  Counters rows;
  for (const auto& row :
       exec(tx,
            "WITH m AS MATERIALIZED ("
            " SELECT status, skip_reason, currency, count(*) AS messages, sum(parts) AS parts, sum(price) AS "
            "cost"
            "   FROM message WHERE tenant_id = $1 AND campaign_id = $2 AND id BETWEEN $3 AND $4"
            "  GROUP BY status, skip_reason, currency),"
            " earlier AS (SELECT parts, price, currency FROM message_attempt"
            "   WHERE tenant_id = $1 AND message_id BETWEEN $3 AND $4)"
            " SELECT CASE status WHEN 'skipped' THEN 'skipped:' || skip_reason ELSE 'status:' || status END"
            "        AS counter, sum(messages)::text AS value FROM m GROUP BY 1"
            " UNION ALL SELECT 'parts', sum(parts)::text FROM"
            "   (SELECT parts FROM m UNION ALL SELECT parts FROM earlier) p"
            " UNION ALL SELECT 'cost:' || currency, trim_scale(sum(cost))::text FROM"
            "   (SELECT currency, cost FROM m UNION ALL SELECT currency, price FROM earlier) p"
            "  WHERE cost IS NOT NULL GROUP BY currency",
            tenant, campaign.id, campaign.first_message, campaign.last_message))
    if (!row["value"].is_null()) rows[row["counter"].as<std::string>()] = row["value"].as<std::string>();
  return rows;
}

// Counts by the statements that must find nothing.
struct Forbidden {
  const char* name;
  const char* sql;  // $1 tenant, $2 campaign, $3 and $4 its block of messages
};

constexpr Forbidden forbidden[] = {
    {"other messages in its block",
     "SELECT count(*) FROM message WHERE tenant_id = $1 AND id BETWEEN $3 AND $4"
     " AND campaign_id IS DISTINCT FROM $2"},
    {"numbers with two messages",
     "SELECT count(*) FROM (SELECT 1 FROM message WHERE tenant_id = $1 AND campaign_id = $2"
     "  AND id BETWEEN $3 AND $4 GROUP BY msisdn HAVING count(*) > 1) twice"},
    {"contacts with two messages",
     "SELECT count(*) FROM (SELECT 1 FROM message WHERE tenant_id = $1 AND campaign_id = $2"
     "  AND id BETWEEN $3 AND $4 GROUP BY contact_id HAVING count(*) > 1 AND contact_id IS NOT NULL) twice"},
    // Few have events of two provider's ids, whose order by bytes is the quickest.
    {"messages that the provider took twice",
     "SELECT count(*) FROM (SELECT message_id FROM message_event"
     "    WHERE tenant_id = $1 AND message_id BETWEEN $3 AND $4 AND provider_sid <> '' GROUP BY message_id"
     "   HAVING min(provider_sid COLLATE \"C\") <> max(provider_sid COLLATE \"C\")) e"
     "  JOIN message m ON m.tenant_id = $1 AND m.id = e.message_id AND m.campaign_id = $2"
     " WHERE (SELECT count(DISTINCT provider_sid) FROM message_event"
     "         WHERE tenant_id = $1 AND message_id = m.id AND provider_sid <> '') > 1 + m.retries"},
    // The chunks as one value, in which each message is looked up as it is read.
    {"waiting messages without work",
     "SELECT count(*) FROM (SELECT id FROM message"
     "   WHERE tenant_id = $1 AND campaign_id = $2 AND id BETWEEN $3 AND $4 AND status = 'waiting'"
     "     AND (id <@ (SELECT range_agg(int8range(next, hi, '[]')) FROM work_chunk"
     "                  WHERE tenant_id = $1 AND campaign_id = $2 AND next <= hi)) IS NOT TRUE"
     " EXCEPT SELECT message_id FROM work_due WHERE tenant_id = $1 AND message_id BETWEEN $3 AND $4) lost"},
};

}  // namespace

std::int64_t CampaignReport::count_skipped() const {
  std::int64_t sum = 0;
  for (const auto& [reason, messages] : skipped) sum += messages;
  return sum;
}

std::int64_t CampaignReport::done() const {
  std::int64_t sum = 0;
  for (const auto& [status, messages] : outcomes) sum += messages;
  return sum;
}

std::int64_t CampaignReport::receipts_outstanding() const {
  std::int64_t sum = 0;
  for (const auto status : {MessageStatus::queued, MessageStatus::sending, MessageStatus::sent})
    if (const auto found = outcomes.find(status); found != outcomes.end()) sum += found->second;
  return sum;
}

bool CampaignReport::is_conserved() const {
  return audience == count_skipped() + waiting + in_flight + unknown + done();
}

CampaignReport read_report(Tx& tx, TenantId tenant, const Campaign& campaign) {
  const auto counters = read_counters(tx, tenant, campaign.id);
  CampaignReport report;
  report.audience = campaign.size;
  report.waiting = integer(counters, status_counter(MessageStatus::waiting));
  report.in_flight = integer(counters, status_counter(MessageStatus::in_flight));
  report.unknown = integer(counters, status_counter(MessageStatus::unknown));
  for (const auto status : message_outcomes)
    report.outcomes[status] = integer(counters, status_counter(status));
  report.parts = integer(counters, parts_counter);
  report.clicks = integer(counters, clicks_counter);
  report.unique_clicks = integer(counters, unique_clicks_counter);
  report.replies = integer(counters, replies_counter);
  report.opt_outs = integer(counters, opt_outs_counter);
  const auto skipped_prefix = skipped_counter(""), cost_prefix = cost_counter("");
  for (const auto& [name, value] : counters) {
    if (name.starts_with(skipped_prefix)) {
      if (value != "0") report.skipped[name.substr(skipped_prefix.size())] = integer(counters, name);
    } else if (name.starts_with(cost_prefix) && value != "0") {
      report.cost = value;
      report.currency = name.substr(cost_prefix.size());
    }
  }
  if (report.currency.empty()) {
    const auto rows = exec(tx,
                           "SELECT currency, trim_scale(part_price * $2::bigint)::text AS cost FROM account"
                           " WHERE tenant_id = $1",
                           tenant, report.parts);
    if (!rows.empty()) {
      report.currency = rows.front()["currency"].as<std::string>();
      report.cost = rows.front()["cost"].as<std::string>();
      report.cost_estimated = true;
    }
  }
  return report;
}

std::vector<VerifyCheck> verify_campaign(Tx& tx, TenantId tenant, const Campaign& campaign) {
  if (!campaign.is_launched())
    throw Error(Errc::conflict, "campaign \"{}\" was never launched; there is nothing to verify",
                campaign.slug);
  set_joins(tx, Joins::by_hash);
  // With the server's 4 MB a million numbers are compared on its disk.
  exec(tx,
       "SELECT set_config('work_mem', '64MB', true)"
       " WHERE pg_size_bytes(current_setting('work_mem')) < 64 * 1024 * 1024");
  const auto counters = read_counters(tx, tenant, campaign.id);
  const auto rows = count_rows(tx, tenant, campaign);
  std::vector<VerifyCheck> checks;

  std::int64_t messages = 0, unsettled = 0;
  for (const auto& [name, value] : rows) {
    const bool counts = name.starts_with("status:") || name.starts_with("skipped:");
    if (counts) messages += integer(rows, name);
  }
  for (const auto status : {MessageStatus::waiting, MessageStatus::in_flight, MessageStatus::unknown})
    unsettled += integer(rows, status_counter(status));
  checks.push_back({"messages of the launch", fmt::format("{}", campaign.size), fmt::format("{}", messages)});
  const auto report = read_report(tx, tenant, campaign);
  checks.push_back({"sum of the report", fmt::format("{}", campaign.size),
                    fmt::format("{}", report.count_skipped() + report.waiting + report.in_flight +
                                          report.unknown + report.done())});

  // What neither rows nor counters know is nothing to compare; clicks and replies have rows elsewhere.
  std::set<std::string> names;
  for (const auto* side : {&rows, &counters})
    for (const auto& [name, value] : *side)
      if (name == parts_counter || name.starts_with("cost:") || name.starts_with("skipped:") ||
          (name.starts_with("status:") && name != status_counter(MessageStatus::skipped)))
        if (value != "0") names.insert(name);
  for (const auto& name : names)
    checks.push_back({fmt::format("counter {}", name), text(rows, name), text(counters, name)});

  for (const auto& check : forbidden)
    checks.push_back({check.name, "0",
                      exec(tx, check.sql, tenant, campaign.id, campaign.first_message, campaign.last_message)
                          .front()[0]
                          .as<std::string>()});
  if (campaign.status == CampaignStatus::finished)
    checks.push_back({"messages left after the end", "0", fmt::format("{}", unsettled)});
  return checks;
}

}  // namespace smscrm
