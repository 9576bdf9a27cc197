#include "core/sending/recover.hpp"

#include "core/db/joins.hpp"
#include "core/lane/daily_cap.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "core/phone/place.hpp"
#include "core/sending/lock.hpp"

namespace smscrm {

namespace {

std::vector<MessageId> message_ids(const Result& rows) {
  std::vector<MessageId> ids;
  for (const auto& row : rows) ids.push_back(row["id"].as<MessageId>());
  return ids;
}

}  // namespace

int take_over(Tx& tx, const Lane& lane, Timestamp at) {
  const auto ids =
      message_ids(exec(tx,
                       "WITH claim AS (DELETE FROM work_claim WHERE tenant_id = $1 AND epoch < $2"
                       "                RETURNING message_ids)"
                       " SELECT DISTINCT unnest(message_ids) AS id FROM claim",
                       lane.tenant, lane.epoch));
  if (ids.empty()) return 0;
  lock_messages(tx, lane.tenant, ids);
  const auto unknown =
      exec(tx,
           fmt::format("UPDATE message m SET status = 'unknown', status_at = $3,"
                       "       error = 'the daemon that sent it went away'"
                       "  FROM {} l WHERE m.ctid = l.place AND {}"
                       " RETURNING m.id, m.campaign_id, m.sender_id",
                       look_up("message"), as_filter("m.status = 'in_flight' AND m.epoch < $4")),
           lane.tenant, ids, at, lane.epoch);
  std::vector<MessageId> messages;
  std::vector<std::optional<CampaignId>> campaigns;
  CounterChanges counters;
  for (const auto& row : unknown) {
    messages.push_back(row["id"].as<MessageId>());
    campaigns.push_back(as_optional<CampaignId>(row["campaign_id"]));
    counters.move(campaigns.back(), MessageStatus::in_flight, MessageStatus::unknown,
                  as_optional<SenderId>(row["sender_id"]));
  }
  exec(tx,
       "INSERT INTO work_due (tenant_id, message_id, campaign_id, due_at, task)"
       " SELECT $1::bigint, u.message_id, u.campaign_id, $4::timestamptz, 'resolve'"
       "   FROM unnest($2::bigint[], $3::bigint[]) AS u(message_id, campaign_id)"
       " ON CONFLICT (tenant_id, message_id) DO UPDATE SET task = 'resolve', due_at = EXCLUDED.due_at",
       lane.tenant, messages, campaigns, at);
  apply_counters(tx, lane.tenant, sender_slot, counters, at);
  return static_cast<int>(messages.size());
}

int recover_claims(Tx& tx, const Lane& lane, const std::vector<std::int64_t>& known, Timestamp at) {
  if (!hold_lane(tx, lane)) return 0;
  const auto lost =
      message_ids(exec(tx,
                       "WITH lost AS (DELETE FROM work_claim WHERE tenant_id = $1 AND epoch = $2"
                       "   AND NOT id = ANY($3::bigint[]) RETURNING message_ids)"
                       " SELECT DISTINCT unnest(message_ids) AS id FROM lost",
                       lane.tenant, lane.epoch, known));
  if (lost.empty()) return 0;
  const auto canceled = lock_campaigns_of(tx, lane.tenant, lost);
  std::vector<MessageId> ids, back, over;
  std::vector<std::optional<CampaignId>> campaigns;  // of `back`
  CounterChanges counters;
  UsageChanges usage;
  for (const auto& row :
       exec(tx,
            fmt::format("SELECT m.id, m.campaign_id, m.sender_id, m.claimed_at, m.parts, m.msisdn"
                        "  FROM {} m WHERE {} FOR UPDATE OF m",
                        look_up("message"), as_filter("m.status = 'in_flight' AND m.epoch = $3")),
            lane.tenant, lost, lane.epoch)) {
    const auto id = row["id"].as<MessageId>();
    const auto campaign = as_optional<CampaignId>(row["campaign_id"]);
    const bool is_over = campaign && canceled.count(*campaign) > 0;
    ids.push_back(id);
    usage.add(as_optional<SenderId>(row["sender_id"]), row["claimed_at"].as<Timestamp>(),
              -row["parts"].as<int>());
    (is_over ? over : back).push_back(id);
    if (!is_over) campaigns.push_back(campaign);
    const auto sender = as_optional<SenderId>(row["sender_id"]);
    counters.move(campaign, MessageStatus::in_flight,
                  is_over ? MessageStatus::canceled : MessageStatus::waiting, sender);
    counters.add_parts(campaign, -row["parts"].as<int>(),
                       {sender, std::string{find_country_of_number(row["msisdn"].as<std::string>())}});
  }
  exec(tx,
       fmt::format("UPDATE message m SET status = CASE WHEN m.id = ANY($3::bigint[]) THEN 'canceled'"
                   "                                   ELSE 'waiting' END::message_status,"
                   "       status_at = $4, attempt = m.attempt - 1, parts = 0"
                   "  FROM {} l WHERE m.ctid = l.place",
                   look_up("message")),
       lane.tenant, ids, over, at);
  exec(tx,
       "INSERT INTO work_due (tenant_id, message_id, campaign_id, due_at, task)"
       " SELECT $1::bigint, u.message_id, u.campaign_id, $4::timestamptz, 'send'"
       "   FROM unnest($2::bigint[], $3::bigint[]) AS u(message_id, campaign_id)"
       " ON CONFLICT (tenant_id, message_id) DO NOTHING",
       lane.tenant, back, campaigns, at);
  apply_counters(tx, lane.tenant, sender_slot, counters, at);
  apply_usage(tx, lane.tenant, usage);
  return static_cast<int>(ids.size());
}

}  // namespace smscrm
