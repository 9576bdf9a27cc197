#include "core/sending/restore.hpp"

#include <map>

#include "core/campaign/campaign.hpp"
#include "core/campaign/schedule_run.hpp"
#include "core/ledger/campaign_counter.hpp"

namespace smscrm {
namespace {

struct Running {
  TenantId tenant;
  CampaignId campaign;
  RestoredCampaign named;
};

// Locks nothing.
std::vector<Running> list_running(Tx& tx) {
  std::vector<Running> running;
  for (const auto& row :
       exec(tx,
            "SELECT c.tenant_id, c.id, t.slug AS tenant, c.slug,"
            "       (SELECT coalesce(sum(k.value), 0) FROM campaign_counter k WHERE k.tenant_id = c.tenant_id"
            "           AND k.campaign_id = c.id AND k.counter = 'status:waiting')::bigint AS waiting"
            "  FROM campaign c JOIN tenant t ON t.id = c.tenant_id"
            " WHERE c.status = 'running' ORDER BY t.slug, c.slug"))
    running.push_back({row["tenant_id"].as<TenantId>(),
                       row["id"].as<CampaignId>(),
                       {row["tenant"].as<std::string>(), row["slug"].as<std::string>(),
                        row["waiting"].as<std::int64_t>()}});
  return running;
}

constexpr const char* due_schedules = "status = 'planned' AND due_at <= $1";
constexpr const char* waiting_singles = "campaign_id IS NULL AND task = 'send'";

}  // namespace

Restored look_at_restored(Tx& tx, Timestamp at) {
  if (is_fenced(tx)) watch_installation(tx, 0);
  Restored restored;
  restored.fence = find_fence(tx);
  for (auto& running : list_running(tx)) restored.campaigns.push_back(std::move(running.named));
  restored.singles = exec(tx, fmt::format("SELECT count(*) FROM work_due WHERE {}", waiting_singles))
                         .front()[0]
                         .as<std::int64_t>();
  restored.schedules = exec(tx, fmt::format("SELECT count(*) FROM schedule WHERE {}", due_schedules), at)
                           .front()[0]
                           .as<std::int64_t>();
  return restored;
}

Restored lift_fence(Tx& tx, Timestamp at) {
  exec(tx, "SELECT FROM installation FOR UPDATE");
  auto restored = look_at_restored(tx, at);
  if (!restored.fence.is_raised())
    throw Error(Errc::conflict, "this database is not fenced: there is nothing to lift");
  // No lane has an owner and none is taken, so that nobody else changes these.
  for (const auto& running : list_running(tx)) pause_campaign(tx, running.tenant, running.campaign, at);
  std::map<TenantId, std::int64_t> canceled;
  for (const auto& row :
       exec(tx,
            fmt::format("WITH gone AS (DELETE FROM work_due WHERE {} RETURNING tenant_id, message_id)"
                        " UPDATE message m SET status = 'canceled', status_at = $1 FROM gone g"
                        "  WHERE m.tenant_id = g.tenant_id AND m.id = g.message_id AND m.status = 'waiting'"
                        " RETURNING m.tenant_id",
                        waiting_singles),
            at))
    ++canceled[row["tenant_id"].as<TenantId>()];
  restored.singles = 0;
  for (const auto& [tenant, messages] : canceled) {
    CounterChanges counters;
    counters.move(std::nullopt, MessageStatus::waiting, MessageStatus::canceled, std::nullopt, messages);
    apply_counters(tx, tenant, launch_slot, counters, at);
    restored.singles += messages;
  }
  restored.schedules =
      miss_due_schedules(tx, "its time came while the database was fenced: it may have launched already", at);
  lower_fence(tx);
  restored.fence.raised_at.reset();
  return restored;
}

}  // namespace smscrm
