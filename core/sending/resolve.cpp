#include "core/sending/resolve.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "core/db/joins.hpp"
#include "core/lane/daily_cap.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "core/phone/address.hpp"
#include "core/phone/place.hpp"
#include "core/sending/lock.hpp"
#include "core/sending/receipt.hpp"
#include "core/sending/work.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

// Entries at the provider that other messages to the same number own already.
std::set<std::string> owned_entries(Tx& tx, TenantId tenant, const std::vector<MessageId>& ids) {
  std::set<std::string> owned;
  for (const auto& row :
       exec(tx,
            fmt::format(
                "WITH w AS MATERIALIZED (SELECT m.id, m.msisdn, m.contact_id FROM {0} m)"
                " SELECT o.provider_sid FROM w CROSS JOIN LATERAL (SELECT provider_sid FROM message"
                "    WHERE tenant_id = $1 AND {1}) o WHERE o.provider_sid <> ''"
                " UNION SELECT o.provider_sid FROM w CROSS JOIN LATERAL (SELECT provider_sid FROM message"
                "    WHERE tenant_id = $1 AND contact_id IS NULL AND {2}) o"
                "  WHERE o.provider_sid <> ''"
                " UNION SELECT o.provider_sid FROM w CROSS JOIN LATERAL (SELECT provider_sid"
                "    FROM message_attempt WHERE tenant_id = $1 AND {3}) o WHERE o.provider_sid <> ''",
                look_up("message"), all_with("contact_id", "w.contact_id"), all_with("msisdn", "w.msisdn"),
                all_with("message_id", "w.id")),
            tenant, ids))
    owned.insert(row[0].as<std::string>());
  return owned;
}

}  // namespace

std::vector<Unresolved> claim_unresolved(Tx& tx, const Lane& lane, int limit, Timestamp at) {
  std::vector<Unresolved> unresolved;
  if (!hold_lane(tx, lane)) return unresolved;
  std::vector<MessageId> due;
  for (const auto& row : exec(tx,
                              "SELECT message_id FROM work_due WHERE tenant_id = $1 AND task = 'resolve'"
                              "    AND due_at <= $2 " +
                                  in_index_order("due_at", "LIMIT $3"),
                              lane.tenant, at, limit))
    due.push_back(row[0].as<MessageId>());
  if (due.empty()) return unresolved;
  // Statements of their own: joined with each other they compare each with each where the planner expects one
  // row. A receipt may have come meanwhile, and its row be one for a later attempt.
  exec(tx,
       "DELETE FROM work_due WHERE " +
           looked_up("work_due", "message_id",
                     "task = 'resolve' AND (SELECT m.status FROM message m WHERE m.tenant_id = $1"
                     "                         AND m.id = message_id) <> 'unknown'"),
       lane.tenant, due);
  exec(tx, "UPDATE work_due SET due_at = $3 WHERE " + looked_up("work_due", "message_id", "task = 'resolve'"),
       lane.tenant, due, at + 30s);
  for (const auto& row :
       exec(tx,
            fmt::format("SELECT m.id, m.msisdn, m.body, m.claimed_at, coalesce(s.address, '') AS address,"
                        "       coalesce(s.kind = 'messaging_service', true) AS by_service"
                        "  FROM {} m"
                        "  LEFT JOIN sender s ON s.tenant_id = $1 AND s.id = m.sender_id"
                        " WHERE {} ORDER BY m.id",
                        look_up("message"), as_filter("m.status = 'unknown'")),
            lane.tenant, due)) {
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

Match match(const Unresolved& message, const ListedMessage& listed) {
  const bool like = listed.outbound && !listed.provider_id.empty() &&
                    address_key(listed.to) == address_key(message.msisdn) &&
                    listed.created_at >= message.claimed_at - 1min &&
                    (message.from.empty() || listed.from == message.from) &&
                    (message.service.empty() || listed.service.empty() || listed.service == message.service);
  if (!like) return Match::none;
  return listed.body == message.body ? Match::full : Match::all_but_words;
}

Timestamp claimed_at_provider(const Unresolved& message, const HttpResult& reply, Timestamp at) {
  if (!reply.date || *reply.date >= at) return message.claimed_at;
  return message.claimed_at - (at - *reply.date);
}

ResolveSummary record_resolutions(Tx& tx, const Lane& lane, UnknownPolicy policy,
                                  std::chrono::milliseconds grace, const std::vector<Resolution>& resolutions,
                                  Timestamp at) {
  ResolveSummary summary;
  if (resolutions.empty() || !hold_lane(tx, lane)) return summary;
  std::vector<MessageId> ids;
  for (const auto& resolution : resolutions) ids.push_back(resolution.id);
  const auto canceled = lock_campaigns_of(tx, lane.tenant, ids);
  lock_messages(tx, lane.tenant, ids);
  auto owned = owned_entries(tx, lane.tenant, ids);
  std::vector<Receipt> receipts;
  std::vector<const Resolution*> not_found;
  for (const auto& resolution : resolutions) {
    const ListedMessage* found = nullptr;
    for (const auto& match : resolution.matches)
      if (owned.count(match.provider_id) == 0) found = &match;  // the oldest
    if (!found) {
      not_found.push_back(&resolution);
      continue;
    }
    owned.insert(found->provider_id);
    receipts.push_back(receipt_of(resolution.id, *found));
  }
  summary.found = static_cast<int>(receipts.size());
  if (!receipts.empty())
    record_receipts(tx, lane.tenant, sender_slot, receipts, ReceiptSource::reconcile, at);
  if (not_found.empty()) return summary;

  std::vector<MessageId> absent;
  std::vector<Timestamp> asked_at;
  std::vector<bool> alike;
  for (const auto* resolution : not_found) {
    absent.push_back(resolution->id);
    asked_at.push_back(resolution->asked_at);
    alike.push_back(std::any_of(resolution->lookalikes.begin(), resolution->lookalikes.end(),
                                [&](const auto& id) { return owned.count(id) == 0; }));
  }
  std::vector<MessageId> proven;
  for (const auto& row : exec(
           tx,
           fmt::format(
               "WITH answer AS MATERIALIZED (SELECT m.id, u.alike, m.status_at, NOT u.alike AND"
               "              m.status_at + $6::bigint * interval '1 millisecond' <= u.asked_at AS proven"
               "   FROM unnest($2::bigint[], $3::timestamptz[], $4::boolean[]) AS u(id, asked_at, alike)"
               "  CROSS JOIN LATERAL (SELECT id, status, status_at FROM message"
               "                       WHERE tenant_id = $1 AND {}) m WHERE {}),"
               " place AS MATERIALIZED (SELECT a.alike, a.status_at, d.place FROM answer a CROSS JOIN LATERAL"
               "    (SELECT ctid AS place FROM work_due WHERE tenant_id = $1 AND {} AND {}) d),"
               " turn AS (UPDATE work_due d"
               "    SET due_at = CASE WHEN p.alike"
               "          THEN $5::timestamptz + greatest(interval '30 s', ($5 - p.status_at) / 2)"
               "          ELSE least(d.due_at, p.status_at + $6::bigint * interval '1 millisecond') END"
               "   FROM place p WHERE d.ctid = p.place)"
               " SELECT id, proven FROM answer",
               all_with("id", "u.id"), as_filter("m.status = 'unknown'"), as_filter("task = 'resolve'"),
               all_with("message_id", "a.id")),
           lane.tenant, absent, asked_at, alike, at, grace.count())) {
    if (row["proven"].as<bool>())
      proven.push_back(row["id"].as<MessageId>());
    else
      ++summary.undecided;
  }
  if (proven.empty()) return summary;
  if (policy == UnknownPolicy::hold) {
    exec(tx,
         "UPDATE work_due SET task = 'hold' WHERE " + looked_up("work_due", "message_id", "task = 'resolve'"),
         lane.tenant, proven);
    summary.held = static_cast<int>(proven.size());
    return summary;
  }
  CounterChanges counters;
  UsageChanges usage;
  std::vector<MessageId> again, over;
  std::vector<std::optional<CampaignId>> campaigns;  // of `again`
  for (const auto& row : exec(tx,
                              fmt::format("SELECT m.id, m.campaign_id, m.sender_id, m.claimed_at, m.parts,"
                                          "       m.msisdn FROM {} m",
                                          look_up("message")),
                              lane.tenant, proven)) {
    usage.add(as_optional<SenderId>(row["sender_id"]), row["claimed_at"].as<Timestamp>(),
              -row["parts"].as<int>());
    const auto campaign = as_optional<CampaignId>(row["campaign_id"]);
    const bool is_over = campaign && canceled.count(*campaign) > 0;
    (is_over ? over : again).push_back(row["id"].as<MessageId>());
    if (!is_over) campaigns.push_back(campaign);
    const auto sender = as_optional<SenderId>(row["sender_id"]);
    counters.move(campaign, MessageStatus::unknown,
                  is_over ? MessageStatus::canceled : MessageStatus::waiting, sender);
    counters.add_parts(campaign, -row["parts"].as<int>(),
                       {sender, std::string{find_country_of_number(row["msisdn"].as<std::string>())}});
  }
  exec(tx,
       fmt::format(
           "INSERT INTO message_attempt (tenant_id, message_id, attempt, status, sender_id, parts, detail,"
           "                             claimed_at, ended_at)"
           " SELECT $1::bigint, m.id, m.attempt, 'unknown', m.sender_id, 0, 'not at the provider',"
           "        m.claimed_at, $3"
           "   FROM {} m ON CONFLICT DO NOTHING",
           look_up("message")),
       lane.tenant, proven, at);
  exec(tx,
       fmt::format("UPDATE message m SET status = CASE WHEN m.id = ANY($3::bigint[]) THEN 'canceled'"
                   "                                   ELSE 'waiting' END::message_status,"
                   "       status_at = $4, parts = 0, error = ''"
                   "  FROM {} l WHERE m.ctid = l.place",
                   look_up("message")),
       lane.tenant, proven, over, at);
  if (!over.empty())
    exec(tx, "DELETE FROM work_due WHERE " + looked_up("work_due", "message_id"), lane.tenant, over);
  send_again(tx, lane.tenant, again, campaigns, at);
  apply_counters(tx, lane.tenant, sender_slot, counters, at);
  apply_usage(tx, lane.tenant, usage);
  summary.resent = static_cast<int>(again.size());
  return summary;
}

}  // namespace smscrm
