#include "core/sending/receipt_retry.hpp"

#include <algorithm>

#include "core/db/joins.hpp"

namespace smscrm {
namespace {

bool asks_for_retry(const Receipt& receipt) {
  return receipt.retry &&
         (receipt.status == MessageStatus::undelivered || receipt.status == MessageStatus::failed);
}

std::vector<CampaignId> lock_campaigns(Tx& tx, TenantId tenant, const std::set<CampaignId>& wanted,
                                       RetryRoom& room) {
  std::vector<CampaignId> finished;
  for (const auto& row : exec(tx,
                              "SELECT id, status, expires_at FROM campaign"
                              " WHERE tenant_id = $1 AND id = ANY($2::bigint[]) ORDER BY id FOR SHARE",
                              tenant, std::vector<CampaignId>(wanted.begin(), wanted.end()))) {
    const auto status = row["status"].as<std::string>();
    if (status == "canceled") continue;
    room.campaigns[row["id"].as<CampaignId>()] = as_optional<Timestamp>(row["expires_at"]);
    if (status == "finished") finished.push_back(row["id"].as<CampaignId>());
  }
  return finished;
}

void reopen(Tx& tx, TenantId tenant, const std::vector<CampaignId>& campaigns, Timestamp at) {
  exec(tx,
       "UPDATE campaign SET status = 'running', finished_at = NULL, updated_at = $3"
       " WHERE tenant_id = $1 AND id = ANY($2::bigint[]) AND status = 'finished'",
       tenant, campaigns, at);
}

}  // namespace

RetryRoom lock_for_retries(Tx& tx, TenantId tenant, const std::vector<Receipt>& receipts, Timestamp at) {
  RetryRoom room;
  std::vector<MessageId> ids;
  std::vector<int> times;
  std::vector<Timestamp> due;
  std::vector<std::optional<int>> never_left;  // the error code
  for (const auto& receipt : receipts) {
    if (!asks_for_retry(receipt)) continue;
    ids.push_back(receipt.message);
    times.push_back(receipt.retry->times);
    never_left.push_back(receipt.retry->never_left ? receipt.error_code : std::nullopt);
    due.push_back(at + receipt.retry->after);
  }
  if (ids.empty()) return room;
  std::set<CampaignId> wanted;
  std::vector<CampaignId> finished;
  for (const auto& row :
       exec(tx,
            "SELECT m.id, m.campaign_id, t.undelivered_retries, coalesce(c.status, '') AS campaign_status"
            "  FROM tenant t CROSS JOIN unnest($2::bigint[], $3::int[], $4::timestamptz[], $5::int[])"
            "       AS u(id, times, due, never_left)"
            " CROSS JOIN LATERAL (SELECT * FROM message WHERE tenant_id = $1 AND " +
                all_with("id", "u.id") +
                ") m"
                "  LEFT JOIN campaign c ON c.tenant_id = $1 AND c.id = m.campaign_id"
                " WHERE t.id = $1 AND (c.expires_at IS NULL OR c.expires_at > u.due)"
                "   AND CASE WHEN u.never_left IS NULL THEN m.retries < least(t.undelivered_retries, u.times)"
                "       ELSE (SELECT count(*) FROM message_attempt a WHERE a.tenant_id = $1"
                "                AND a.message_id = m.id AND a.error_code = u.never_left) < u.times END"
                "   AND m.kind <> 'test' AND message_rank(m.status) < message_rank('failed')",
            tenant, ids, times, due, never_left)) {
    room.times = row["undelivered_retries"].as<int>();
    room.candidates.insert(row["id"].as<MessageId>());
    const auto campaign = as_optional<CampaignId>(row["campaign_id"]);
    if (!campaign) continue;
    wanted.insert(*campaign);
    if (row["campaign_status"].as<std::string>() == "finished") finished.push_back(*campaign);
  }
  // Before the shared locks, so that two who do the same wait for one another and do not deadlock.
  if (!finished.empty()) reopen(tx, tenant, finished, at);
  if (!wanted.empty()) finished = lock_campaigns(tx, tenant, wanted, room);
  if (!finished.empty()) reopen(tx, tenant, finished, at);  // it ended in between
  return room;
}

bool may_retry(const RetryRoom& room, const Receipt& receipt, std::optional<CampaignId> campaign, int retries,
               Timestamp at) {
  if (!asks_for_retry(receipt) || room.candidates.count(receipt.message) == 0) return false;
  if (!receipt.retry->never_left && retries >= std::min(room.times, receipt.retry->times)) return false;
  if (!campaign) return true;
  const auto known = room.campaigns.find(*campaign);
  if (known == room.campaigns.end()) return false;
  return !known->second || *known->second > at + receipt.retry->after;
}

void record_retries(Tx& tx, TenantId tenant, const std::vector<Retry>& retries, Timestamp at) {
  if (retries.empty()) return;
  std::vector<MessageId> ids;
  std::vector<std::string> statuses, sids, details;
  std::vector<std::optional<int>> codes;
  std::vector<std::optional<CampaignId>> campaigns;
  std::vector<Timestamp> due;
  for (const auto& [ended, campaign] : retries) {
    ids.push_back(ended.message);
    // What reached nobody is no outcome that would stand if nothing more can leave.
    statuses.emplace_back(to_string(ended.retry->never_left ? MessageStatus::unknown : ended.status));
    sids.push_back(ended.provider_sid);
    codes.push_back(ended.error_code);
    details.push_back(ended.detail);
    campaigns.push_back(campaign);
    due.push_back(at + ended.retry->after);
  }
  exec(tx,
       "INSERT INTO message_attempt (tenant_id, message_id, attempt, status, provider_sid, sender_id, parts, "
       "price,"
       "                             currency, error_code, detail, claimed_at, ended_at)"
       " SELECT $1::bigint, m.id, m.attempt, u.status::message_status, u.sid, m.sender_id, m.parts, m.price,"
       "        m.currency, u.code, u.detail, m.claimed_at, $7::timestamptz"
       "   FROM unnest($2::bigint[], $3::text[], $4::text[], $5::int[], $6::text[])"
       "     AS u(id, status, sid, code, detail)"
       "  CROSS JOIN LATERAL (SELECT * FROM message WHERE tenant_id = $1 AND " +
           all_with("id", "u.id") + ") m",
       tenant, ids, statuses, sids, codes, details, at);
  exec(tx,
       "UPDATE message m SET status = 'waiting', status_at = $5, retries = m.retries + 1, provider_sid = '',"
       "       parts = 0, price = NULL, currency = '', error_code = u.code, error = u.detail"
       "  FROM unnest($2::bigint[], $3::int[], $4::text[]) AS u(id, code, detail)" +
           place_of("message", "u.id") + " WHERE m.ctid = l.place",
       tenant, ids, codes, details, at);
  exec(tx,
       "INSERT INTO work_due (tenant_id, message_id, campaign_id, due_at, task)"
       " SELECT $1::bigint, u.id, u.campaign_id, u.due_at, 'send'"
       "   FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[]) AS u(id, campaign_id, due_at)"
       " ON CONFLICT (tenant_id, message_id) DO UPDATE SET due_at = EXCLUDED.due_at, task = EXCLUDED.task",
       tenant, ids, campaigns, due);
}

}  // namespace smscrm
