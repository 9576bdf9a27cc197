#include "core/outbound_recover.hpp"

#include "core/campaign_counter.hpp"

namespace smscrm {

int take_over(Tx& tx, const Lane& lane, Timestamp at) {
  std::vector<MessageId> ids;
  for (const auto& row : exec(tx,
                              "WITH claim AS (DELETE FROM work_claim WHERE tenant_id = $1 AND epoch < $2"
                              "                RETURNING message_ids)"
                              " SELECT DISTINCT unnest(message_ids) AS id FROM claim ORDER BY id",
                              lane.tenant, lane.epoch))
    ids.push_back(row["id"].as<MessageId>());
  if (ids.empty()) return 0;
  const auto unknown =
      exec(tx,
           "UPDATE message SET status = 'unknown', status_at = $3, error = 'the daemon that sent it"
           " went away'"
           " WHERE tenant_id = $1 AND id = ANY($2::bigint[]) AND status = 'in_flight' AND epoch < $4"
           " RETURNING id, campaign_id",
           lane.tenant, ids, at, lane.epoch);
  std::vector<MessageId> messages;
  std::vector<std::optional<CampaignId>> campaigns;
  CounterChanges counters;
  for (const auto& row : unknown) {
    messages.push_back(row["id"].as<MessageId>());
    campaigns.push_back(as_optional<CampaignId>(row["campaign_id"]));
    if (campaigns.back()) counters.move(*campaigns.back(), MessageStatus::in_flight, MessageStatus::unknown);
  }
  exec(tx,
       "INSERT INTO work_due (tenant_id, message_id, campaign_id, due_at, task)"
       " SELECT $1::bigint, u.message_id, u.campaign_id, $4::timestamptz, 'resolve'"
       "   FROM unnest($2::bigint[], $3::bigint[]) AS u(message_id, campaign_id)"
       " ON CONFLICT (tenant_id, message_id) DO UPDATE SET task = 'resolve', due_at = EXCLUDED.due_at",
       lane.tenant, messages, campaigns, at);
  apply_counters(tx, lane.tenant, sender_slot, counters);
  return static_cast<int>(messages.size());
}

int recover_claims(Tx& tx, const Lane& lane, const std::vector<std::int64_t>& known, Timestamp at) {
  if (!hold_lane(tx, lane)) return 0;
  const auto back =
      exec(tx,
           "WITH lost AS (DELETE FROM work_claim WHERE tenant_id = $1 AND epoch = $2"
           "   AND NOT id = ANY($3::bigint[]) RETURNING message_ids)"
           " UPDATE message SET status = 'waiting', status_at = $4, attempt = attempt - 1"
           "  WHERE tenant_id = $1 AND epoch = $2 AND status = 'in_flight'"
           "    AND id IN (SELECT unnest(message_ids) FROM lost) RETURNING id, campaign_id, parts",
           lane.tenant, lane.epoch, known, at);
  std::vector<MessageId> ids;
  std::vector<std::optional<CampaignId>> campaigns;
  CounterChanges counters;
  for (const auto& row : back) {
    ids.push_back(row["id"].as<MessageId>());
    campaigns.push_back(as_optional<CampaignId>(row["campaign_id"]));
    if (!campaigns.back()) continue;
    counters.move(*campaigns.back(), MessageStatus::in_flight, MessageStatus::waiting);
    counters.add(*campaigns.back(), parts_counter, -row["parts"].as<int>());
  }
  if (ids.empty()) return 0;
  exec(tx, "UPDATE message SET parts = 0 WHERE tenant_id = $1 AND id = ANY($2::bigint[])", lane.tenant, ids);
  exec(tx,
       "INSERT INTO work_due (tenant_id, message_id, campaign_id, due_at, task)"
       " SELECT $1::bigint, u.message_id, u.campaign_id, $4::timestamptz, 'send'"
       "   FROM unnest($2::bigint[], $3::bigint[]) AS u(message_id, campaign_id)"
       " ON CONFLICT (tenant_id, message_id) DO NOTHING",
       lane.tenant, ids, campaigns, at);
  apply_counters(tx, lane.tenant, sender_slot, counters);
  return static_cast<int>(ids.size());
}

}  // namespace smscrm
