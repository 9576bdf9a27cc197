#include "core/outbound_resolve.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "core/campaign_counter.hpp"
#include "core/receipt.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

// Entries at the provider that other messages to the same number own already.
std::set<std::string> owned_entries(Tx& tx, TenantId tenant, const std::vector<MessageId>& ids) {
  std::set<std::string> owned;
  for (const auto& row : exec(tx,
                              "SELECT o.provider_sid FROM message m JOIN message o"
                              "    ON o.tenant_id = $1 AND o.contact_id = m.contact_id"
                              " WHERE m.tenant_id = $1 AND m.id = ANY($2::bigint[]) AND o.provider_sid <> ''"
                              " UNION SELECT o.provider_sid FROM message m JOIN message o"
                              "    ON o.tenant_id = $1 AND o.msisdn = m.msisdn AND o.contact_id IS NULL"
                              " WHERE m.tenant_id = $1 AND m.id = ANY($2::bigint[]) AND o.provider_sid <> ''",
                              tenant, ids))
    owned.insert(row[0].as<std::string>());
  return owned;
}

}  // namespace

std::vector<Unresolved> claim_unresolved(Tx& tx, const Lane& lane, int limit, Timestamp at) {
  std::vector<Unresolved> unresolved;
  if (!hold_lane(tx, lane)) return unresolved;
  exec(tx,
       "DELETE FROM work_due d USING message m WHERE d.tenant_id = $1 AND d.task = 'resolve' AND d.due_at <= "
       "$2"
       "   AND m.tenant_id = $1 AND m.id = d.message_id AND m.status <> 'unknown'",
       lane.tenant, at);
  for (const auto& row :
       exec(tx,
            "WITH due AS (SELECT message_id FROM work_due WHERE tenant_id = $1 AND task = 'resolve' AND "
            "due_at <= $2"
            "              ORDER BY due_at LIMIT $3),"
            " turn AS (UPDATE work_due d SET due_at = $4 FROM due WHERE d.tenant_id = $1"
            "             AND d.message_id = due.message_id)"
            " SELECT m.id, m.msisdn, m.body, m.claimed_at, coalesce(s.address, '') AS address,"
            "        coalesce(s.kind = 'messaging_service', true) AS by_service"
            "   FROM due JOIN message m ON m.tenant_id = $1 AND m.id = due.message_id"
            "   LEFT JOIN sender s ON s.tenant_id = $1 AND s.id = m.sender_id",
            lane.tenant, at, limit, at + 30s)) {
    Unresolved message{row["id"].as<MessageId>(),
                       row["msisdn"].as<std::string>(),
                       row["body"].as<std::string>(),
                       {},
                       {},
                       row["claimed_at"].as<Timestamp>()};
    (row["by_service"].as<bool>() ? message.service : message.from) = row["address"].as<std::string>();
    unresolved.push_back(std::move(message));
  }
  return unresolved;
}

bool is_match(const Unresolved& message, const ListedMessage& listed) {
  return listed.outbound && !listed.provider_id.empty() && listed.body == message.body &&
         listed.to == message.msisdn && listed.created_at >= message.claimed_at - 1min &&
         (message.from.empty() || listed.from == message.from) &&
         (message.service.empty() || listed.service.empty() || listed.service == message.service);
}

ResolveSummary record_resolutions(Tx& tx, const Lane& lane, UnknownPolicy policy,
                                  std::chrono::milliseconds grace, const std::vector<Resolution>& resolutions,
                                  Timestamp at) {
  ResolveSummary summary;
  if (resolutions.empty() || !hold_lane(tx, lane)) return summary;
  std::vector<MessageId> ids, absent;
  for (const auto& resolution : resolutions) ids.push_back(resolution.id);
  auto owned = owned_entries(tx, lane.tenant, ids);
  std::vector<Receipt> receipts;
  for (const auto& resolution : resolutions) {
    const ListedMessage* found = nullptr;
    for (const auto& match : resolution.matches)
      if (owned.count(match.provider_id) == 0) found = &match;  // the oldest
    if (!found) {
      absent.push_back(resolution.id);
      continue;
    }
    owned.insert(found->provider_id);
    receipts.push_back(
        {resolution.id, found->provider_id, found->status, found->error_code, found->error, "{}"});
  }
  summary.found = static_cast<int>(receipts.size());
  if (!receipts.empty())
    record_receipts(tx, lane.tenant, sender_slot, receipts, ReceiptSource::reconcile, at);
  if (absent.empty()) return summary;

  std::vector<MessageId> proven;
  for (const auto& row :
       exec(tx,
            "SELECT id, status_at + $4::bigint * interval '1 millisecond' <= $3 AS proven"
            "  FROM message WHERE tenant_id = $1 AND id = ANY($2::bigint[]) AND status = 'unknown'"
            " ORDER BY id FOR UPDATE",
            lane.tenant, absent, at, grace.count())) {
    if (row["proven"].as<bool>())
      proven.push_back(row["id"].as<MessageId>());
    else
      ++summary.undecided;
  }
  exec(tx,
       "UPDATE work_due d SET due_at = least(d.due_at, m.status_at + $3::bigint * interval '1 millisecond')"
       "  FROM message m WHERE d.tenant_id = $1 AND d.message_id = ANY($2::bigint[]) AND d.task = 'resolve'"
       "   AND m.tenant_id = $1 AND m.id = d.message_id AND m.status = 'unknown'",
       lane.tenant, absent, grace.count());
  if (proven.empty()) return summary;
  if (policy == UnknownPolicy::hold) {
    exec(tx,
         "DELETE FROM work_due WHERE tenant_id = $1 AND message_id = ANY($2::bigint[]) AND task = 'resolve'",
         lane.tenant, proven);
    summary.held = static_cast<int>(proven.size());
    return summary;
  }
  CounterChanges counters;
  std::vector<MessageId> again, over;
  for (const auto& row :
       exec(tx,
            "SELECT m.id, m.campaign_id, m.parts, coalesce(c.status = 'canceled', false) AS canceled"
            "  FROM message m LEFT JOIN campaign c ON c.tenant_id = $1 AND c.id = m.campaign_id"
            " WHERE m.tenant_id = $1 AND m.id = ANY($2::bigint[])",
            lane.tenant, proven)) {
    const bool canceled = row["canceled"].as<bool>();
    (canceled ? over : again).push_back(row["id"].as<MessageId>());
    if (row["campaign_id"].is_null()) continue;
    const auto campaign = row["campaign_id"].as<CampaignId>();
    counters.move(campaign, MessageStatus::unknown,
                  canceled ? MessageStatus::canceled : MessageStatus::waiting);
    counters.add(campaign, parts_counter, -row["parts"].as<int>());
  }
  exec(tx,
       "UPDATE message SET status = CASE WHEN id = ANY($3::bigint[]) THEN 'canceled' ELSE 'waiting' "
       "END::message_status,"
       "       status_at = $4, parts = 0, error = '' WHERE tenant_id = $1 AND id = ANY($2::bigint[])",
       lane.tenant, proven, over, at);
  exec(tx, "DELETE FROM work_due WHERE tenant_id = $1 AND message_id = ANY($2::bigint[])", lane.tenant, over);
  exec(tx,
       "UPDATE work_due SET task = 'send', due_at = $3"
       " WHERE tenant_id = $1 AND message_id = ANY($2::bigint[])",
       lane.tenant, again, at);
  apply_counters(tx, lane.tenant, sender_slot, counters);
  summary.resent = static_cast<int>(again.size());
  return summary;
}

}  // namespace smscrm
