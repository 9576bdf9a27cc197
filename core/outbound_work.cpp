#include "core/outbound_work.hpp"

#include <algorithm>
#include <cmath>

namespace smscrm {
namespace {

void read_campaigns(Tx& tx, TenantId tenant, int messages, WorkByCampaign& all) {
  for (const auto& row :
       exec(tx,
            "SELECT c.id, c.kind, c.rate, c.body, c.expires_at, c.started_at IS NULL AS fresh,"
            "       w.id AS chunk, w.next, w.hi"
            "  FROM campaign c LEFT JOIN LATERAL"
            "       (SELECT id, next, hi FROM work_chunk WHERE tenant_id = $1 AND campaign_id = c.id"
            "         ORDER BY id LIMIT $2) w ON true"
            " WHERE c.tenant_id = $1 AND c.status = 'running' ORDER BY c.id, w.id",
            tenant, messages / 400 + 2)) {
    const auto id = row["id"].as<CampaignId>();
    auto [at, added] = all.try_emplace(id);
    Work& work = at->second;
    if (added) {
      work.campaign = id;
      work.marketing = row["kind"].as<std::string>() == "marketing";
      work.fresh = row["fresh"].as<bool>();
      work.rate = as_optional<double>(row["rate"]);
      work.expires_at = as_optional<Timestamp>(row["expires_at"]);
      work.body = parse_template(row["body"].as<std::string>());
    }
    if (row["chunk"].is_null()) continue;
    const auto next = row["next"].as<std::int64_t>();
    work.chunks.push_back({row["chunk"].as<std::int64_t>(), next, row["hi"].as<std::int64_t>(), next});
  }
  for (const auto& row :
       exec(tx,
            "SELECT s.campaign_id, s.sender_id FROM campaign_sender s"
            "  JOIN campaign c ON c.tenant_id = $1 AND c.id = s.campaign_id AND c.status = 'running'"
            " WHERE s.tenant_id = $1",
            tenant))
    all[row["campaign_id"].as<CampaignId>()].senders.push_back(row["sender_id"].as<SenderId>());
  for (const auto& row :
       exec(tx,
            "SELECT l.campaign_id, l.id FROM link l"
            "  JOIN campaign c ON c.tenant_id = $1 AND c.id = l.campaign_id AND c.status = 'running'"
            " WHERE l.tenant_id = $1 ORDER BY l.campaign_id, l.ordinal",
            tenant))
    all[row["campaign_id"].as<CampaignId>()].links.push_back(row["id"].as<LinkId>());
}

void read_due(Tx& tx, TenantId tenant, int messages, Timestamp at, WorkByCampaign& all) {
  const auto rows = exec(tx,
                         "SELECT message_id, campaign_id FROM work_due WHERE tenant_id = $1 AND task = 'send'"
                         "   AND due_at <= $2 AND (campaign_id IS NULL OR campaign_id IN"
                         "       (SELECT id FROM campaign WHERE tenant_id = $1 AND status = 'running'))"
                         " ORDER BY urgent DESC, due_at LIMIT $3",
                         tenant, at, messages);
  for (const auto& row : rows)
    all[as_optional<CampaignId>(row["campaign_id"])].due.push_back(row["message_id"].as<MessageId>());
}

void share_chunks(const ClaimRoom& room, WorkByCampaign& all) {
  std::int64_t left = room.messages, claimants = 0;
  for (const auto& [campaign, work] : all) {
    left -= static_cast<std::int64_t>(work.due.size());
    claimants += work.chunks.empty() ? 0 : 1;
  }
  for (auto& [campaign, work] : all) {
    if (work.chunks.empty()) continue;
    std::int64_t share = std::max<std::int64_t>(0, left) / claimants;
    left -= share;
    --claimants;
    if (const auto limit = work.rate && campaign ? room.campaigns.find(*campaign) : room.campaigns.end();
        limit != room.campaigns.end())
      share = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(limit->second)), 0, share);
    for (auto& chunk : work.chunks) {
      chunk.taken = std::min(chunk.next + share, chunk.hi + 1);
      share -= chunk.taken - chunk.next;
    }
  }
}

}  // namespace

WorkByCampaign read_work(Tx& tx, TenantId tenant, const ClaimRoom& room, Timestamp at) {
  WorkByCampaign work;
  read_campaigns(tx, tenant, room.messages, work);
  read_due(tx, tenant, room.messages, at, work);
  share_chunks(room, work);
  return work;
}

}  // namespace smscrm
