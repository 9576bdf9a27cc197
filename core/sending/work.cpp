#include "core/sending/work.hpp"

#include <algorithm>

#include "core/db/joins.hpp"

namespace smscrm {
namespace {

// nullopt: it is no template, however it came there. That is told by list_holds.
std::optional<Template> read_body(const std::string& body) try {
  return parse_template(body);
} catch (const Error&) {
  return std::nullopt;
}

std::vector<CampaignId> read_campaigns(Tx& tx, TenantId tenant, int messages, WorkByCampaign& all) {
  std::vector<CampaignId> ids;
  std::set<CampaignId> unreadable;
  for (const auto& row :
       exec(tx,
            "SELECT c.id, c.kind, c.rate, c.body, c.expires_at, c.started_at IS NULL AS fresh,"
            "       w.id AS chunk, w.next, w.hi"
            "  FROM campaign c LEFT JOIN LATERAL"
            "       (SELECT id, next, hi FROM work_chunk WHERE tenant_id = $1"
            "           AND campaign_id BETWEEN c.id AND c.id " +
                in_index_order("campaign_id, id", "LIMIT $2") +
                ") w ON true"
                " WHERE c.tenant_id = $1 AND c.status = 'running' ORDER BY c.id, w.id"
                "   FOR SHARE OF c SKIP LOCKED",
            tenant, messages / 400 + 2)) {
    const auto id = row["id"].as<CampaignId>();
    if (unreadable.count(id) > 0) continue;
    auto [at, added] = all.try_emplace(id);
    Work& work = at->second;
    if (added) {
      auto body = read_body(row["body"].as<std::string>());
      if (!body) {
        unreadable.insert(id);
        all.erase(at);
        continue;
      }
      work.body = *std::move(body);
      ids.push_back(id);
      work.campaign = id;
      work.marketing = row["kind"].as<std::string>() == "marketing";
      work.fresh = row["fresh"].as<bool>();
      work.rate = as_optional<double>(row["rate"]);
      work.expires_at = as_optional<Timestamp>(row["expires_at"]);
    }
    if (row["chunk"].is_null()) continue;
    const auto next = row["next"].as<std::int64_t>();
    work.chunks.push_back({row["chunk"].as<std::int64_t>(), next, row["hi"].as<std::int64_t>(), next});
  }
  if (ids.empty()) return ids;
  for (const auto& row : exec(tx,
                              "SELECT campaign_id, sender_id FROM campaign_sender"
                              " WHERE tenant_id = $1 AND campaign_id = ANY($2::bigint[])",
                              tenant, ids))
    all.at(row["campaign_id"].as<CampaignId>()).senders.push_back(row["sender_id"].as<SenderId>());
  for (const auto& row : exec(tx,
                              "SELECT campaign_id, id FROM link WHERE tenant_id = $1"
                              "   AND campaign_id = ANY($2::bigint[]) ORDER BY campaign_id, ordinal",
                              tenant, ids))
    all.at(row["campaign_id"].as<CampaignId>()).links.push_back(row["id"].as<LinkId>());
  return ids;
}

// Each campaign by itself: one with many messages due must not hide another's.
void read_due(Tx& tx, TenantId tenant, int messages, const std::vector<CampaignId>& campaigns, Timestamp at,
              WorkByCampaign& all) {
  const auto each = messages / std::max<std::size_t>(1, campaigns.size()) + 50;
  for (const auto& row :
       exec(tx,
            "(SELECT message_id, campaign_id, held_by FROM work_due WHERE tenant_id = $1 AND task = 'send'"
            "    AND campaign_id IS NULL AND due_at <= $2 " +
                in_index_order("campaign_id, due_at", "LIMIT $3") +
                ")"
                " UNION ALL"
                " SELECT d.message_id, c.id, d.held_by FROM unnest($4::bigint[]) AS c(id) CROSS JOIN LATERAL"
                "   (SELECT message_id, held_by FROM work_due WHERE tenant_id = $1 AND task = 'send'"
                "       AND campaign_id = c.id AND due_at <= $2 " +
                in_index_order("due_at", "LIMIT $5") + ") d",
            tenant, at, messages, campaigns, each)) {
    auto& work = all[as_optional<CampaignId>(row["campaign_id"])];
    work.due.push_back(row["message_id"].as<MessageId>());
    if (auto held_by = row["held_by"].as<std::string>(); !held_by.empty())
      work.held_by.emplace(work.due.back(), std::move(held_by));
  }
}

}  // namespace

// Scalar subqueries with LIMIT instead of EXISTS, which the planner may turn into a hash of a whole table; in
// the order of the index that each is for.
WorkFound find_work(Tx& tx, const std::vector<TenantId>& tenants, Timestamp at) {
  WorkFound found;
  for (const auto& row :
       exec(tx,
            "SELECT t.id, coalesce(l.paused_at IS NULL AND coalesce("
            "    (SELECT true FROM work_due WHERE tenant_id = t.id AND task = 'send'"
            "        AND campaign_id IS NULL AND due_at <= $2 " +
                in_index_order("campaign_id, due_at", "LIMIT 1") +
                "),"
                "    (SELECT true FROM campaign c WHERE c.tenant_id = t.id AND c.status = 'running' AND "
                "coalesce("
                "         (SELECT true FROM work_chunk WHERE tenant_id = t.id AND " +
                one_with("campaign_id", "c.id") +
                "),"
                "         (SELECT true FROM work_due WHERE tenant_id = t.id AND task = 'send'"
                "             AND campaign_id = c.id AND due_at <= $2 " +
                in_index_order("due_at", "LIMIT 1") +
                ")) LIMIT 1)), "
                "false) AS to_send,"
                "    coalesce((SELECT true FROM work_due WHERE tenant_id = t.id AND task = 'resolve'"
                "                 AND due_at <= $2 " +
                in_index_order("due_at", "LIMIT 1") +
                "), false) AS to_resolve"
                "  FROM unnest($1::bigint[]) AS t(id) LEFT JOIN lane l ON l.tenant_id = t.id",
            tenants, at)) {
    const auto tenant = row["id"].as<TenantId>();
    if (row["to_send"].as<bool>()) found.to_send.insert(tenant);
    if (row["to_resolve"].as<bool>()) found.to_resolve.insert(tenant);
  }
  return found;
}

WorkByCampaign read_work(Tx& tx, TenantId tenant, const ClaimRoom& room, Timestamp at) {
  WorkByCampaign work;
  const auto campaigns = read_campaigns(tx, tenant, room.messages, work);
  read_due(tx, tenant, room.messages, campaigns, at, work);
  return work;
}

void take_chunks(Work& work, std::int64_t count) {
  for (auto& chunk : work.chunks) {
    chunk.taken = std::min(chunk.next + count, chunk.hi + 1);
    count -= chunk.taken - chunk.next;
  }
}

void send_again(Tx& tx, TenantId tenant, const std::vector<MessageId>& ids,
                const std::vector<std::optional<CampaignId>>& campaigns, Timestamp at) {
  if (ids.empty()) return;
  exec(tx,
       "INSERT INTO work_due (tenant_id, message_id, campaign_id, due_at, task)"
       " SELECT $1::bigint, u.id, u.campaign_id, $4::timestamptz, 'send'"
       "   FROM unnest($2::bigint[], $3::bigint[]) AS u(id, campaign_id) ORDER BY u.id"
       " ON CONFLICT (tenant_id, message_id) DO UPDATE SET due_at = EXCLUDED.due_at, task = EXCLUDED.task",
       tenant, ids, campaigns, at);
}

void write_work(Tx& tx, TenantId tenant, const WorkByCampaign& works, const std::vector<MessageId>& done,
                const HeldMessages& held) {
  std::vector<std::int64_t> chunks, next, ended;
  std::vector<CampaignId> of_chunks, of_ended;
  for (const auto& [campaign, work] : works)
    for (const auto& chunk : work.chunks) {
      if (chunk.taken <= chunk.next) continue;
      const bool is_over = chunk.taken > chunk.hi;
      (is_over ? ended : chunks).push_back(chunk.id);
      (is_over ? of_ended : of_chunks).push_back(*campaign);
      if (!is_over) next.push_back(chunk.taken);
    }
  // With its campaign, so that each index of chunks has all of the key.
  const std::string place =
      " CROSS JOIN LATERAL (SELECT ctid AS place FROM work_chunk WHERE tenant_id = $1"
      "                        AND campaign_id = u.campaign_id AND " +
      all_with("id", "u.id") + ") l";
  if (!chunks.empty())
    exec(tx,
         "UPDATE work_chunk w SET next = f.next FROM (SELECT l.place, u.next"
         "    FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS u(id, campaign_id, next)" +
             place + ") f WHERE w.ctid = f.place",
         tenant, chunks, of_chunks, next);
  if (!ended.empty())
    exec(tx,
         "DELETE FROM work_chunk WHERE ctid = ANY(ARRAY(SELECT l.place"
         "    FROM unnest($2::bigint[], $3::bigint[]) AS u(id, campaign_id)" +
             place + "))",
         tenant, ended, of_ended);
  if (!done.empty())
    exec(tx, "DELETE FROM work_due WHERE " + looked_up("work_due", "message_id", "task = 'send'"), tenant,
         done);
  if (held.empty()) return;
  std::vector<MessageId> ids;
  std::vector<std::optional<CampaignId>> campaigns;
  std::vector<Timestamp> ends;
  std::vector<std::string_view> reasons, held_by;
  for (const auto& [id, one] : held) {
    ids.push_back(id);
    campaigns.push_back(one.campaign);
    ends.push_back(one.until);
    reasons.push_back(one.reason);
    held_by.push_back(one.held_by);
  }
  exec(tx,
       "INSERT INTO work_due (tenant_id, message_id, campaign_id, due_at, task, hold, held_by)"
       " SELECT $1::bigint, u.message_id, u.campaign_id, u.due_at, 'send', u.hold, u.held_by"
       "   FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[])"
       "     AS u(message_id, campaign_id, due_at, hold, held_by)"
       " ON CONFLICT (tenant_id, message_id) DO UPDATE SET due_at = EXCLUDED.due_at, hold = EXCLUDED.hold,"
       "    held_by = coalesce(nullif(EXCLUDED.held_by, ''), work_due.held_by)",
       tenant, ids, campaigns, ends, reasons, held_by);
}

}  // namespace smscrm
