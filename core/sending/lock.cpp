#include "core/sending/lock.hpp"

#include "core/db/joins.hpp"

namespace smscrm {

std::set<CampaignId> lock_campaigns(Tx& tx, TenantId tenant, const std::set<CampaignId>& campaigns) {
  std::set<CampaignId> canceled;
  if (campaigns.empty()) return canceled;
  for (const auto& row :
       exec(tx,
            "SELECT id, status FROM campaign WHERE tenant_id = $1 AND id = ANY($2::bigint[])"
            " ORDER BY id FOR SHARE",
            tenant, std::vector<CampaignId>(campaigns.begin(), campaigns.end())))
    if (row["status"].as<std::string>() == "canceled") canceled.insert(row["id"].as<CampaignId>());
  return canceled;
}

std::set<CampaignId> lock_campaigns_of(Tx& tx, TenantId tenant, const std::vector<MessageId>& messages) {
  std::set<CampaignId> campaigns;
  for (const auto& row :
       exec(tx,
            fmt::format("SELECT DISTINCT m.campaign_id FROM {} m WHERE m.campaign_id IS NOT NULL",
                        look_up("message")),
            tenant, messages))
    campaigns.insert(row[0].as<CampaignId>());
  return lock_campaigns(tx, tenant, campaigns);
}

void lock_messages(Tx& tx, TenantId tenant, const std::vector<MessageId>& messages) {
  exec(tx, fmt::format("SELECT 1 FROM {} m FOR UPDATE OF m", look_up("message")), tenant, messages);
}

std::map<MessageId, std::string> lock_in_flight(Tx& tx, const Lane& lane,
                                                const std::vector<MessageId>& messages) {
  std::map<MessageId, std::string> ours;
  for (const auto& row :
       exec(tx,
            fmt::format("SELECT m.id, m.place, m.status = 'in_flight' AND m.epoch = $3 AS ours"
                        "  FROM {} m FOR UPDATE OF m",
                        look_up("message")),
            lane.tenant, messages, lane.epoch))
    if (row["ours"].as<bool>())
      ours.emplace_hint(ours.end(), row["id"].as<MessageId>(), row["place"].as<std::string>());
  return ours;
}

}  // namespace smscrm
