#include "core/campaign/schedule.hpp"

#include <array>

#include "core/base/bounds.hpp"
#include "core/base/text.hpp"
#include "core/campaign/end_schedule.hpp"
#include "core/campaign/launch.hpp"
#include "core/campaign/plan.hpp"
#include "core/campaign/template.hpp"
#include "core/fence/fence.hpp"
#include "core/tenant/tenant.hpp"
#include "core/text/message_template.hpp"

namespace smscrm {
namespace {

constexpr std::array<std::string_view, 5> schedule_words{"planned", "launched", "missed", "failed",
                                                         "canceled"};
constexpr int most_due = 20;  // are looked at in one turn

constexpr const char* select_schedules =
    "SELECT s.tenant_id, s.id, s.campaign_id, c.slug, s.due_at, s.not_after, s.status, s.reason, "
    "s.created_at,"
    " s.ended_at FROM schedule s JOIN campaign c ON c.tenant_id = s.tenant_id AND c.id = s.campaign_id ";

Schedule read_schedule(const Row& row) {
  Schedule schedule;
  schedule.id = row["id"].as<ScheduleId>();
  schedule.campaign = row["campaign_id"].as<CampaignId>();
  schedule.campaign_slug = row["slug"].as<std::string>();
  schedule.due_at = row["due_at"].as<Timestamp>();
  schedule.not_after = row["not_after"].as<Timestamp>();
  schedule.status = parse_schedule_status(row["status"].as<std::string>());
  schedule.reason = row["reason"].as<std::string>();
  schedule.created_at = row["created_at"].as<Timestamp>();
  schedule.ended_at = as_optional<Timestamp>(row["ended_at"]);
  return schedule;
}

Schedule get_schedule(Tx& tx, TenantId tenant, ScheduleId id) {
  return read_schedule(
      exec(tx, std::string{select_schedules} + "WHERE s.tenant_id = $1 AND s.id = $2", tenant, id).front());
}

void end_plan(Tx& tx, TenantId tenant, ScheduleId id, ScheduleStatus status, const std::string& reason,
              Timestamp at) {
  exec(tx,
       "UPDATE schedule SET status = $3, reason = left($4, $6), ended_at = $5::timestamptz"
       " WHERE tenant_id = $1 AND id = $2 AND status = 'planned'",
       tenant, id, to_string(status), reason, at, static_cast<int>(longest_reason));
}

// What a launch would be refused for, whoever is to be texted by then.
void check_can_launch(Tx& tx, TenantId tenant, const Campaign& campaign, bool has_public_url) {
  check_can_send(tx, tenant, campaign);
  if (has_public_url) return;
  const auto body = get_template(tx, tenant, fmt::format("{}", campaign.body_template.value)).body;
  if (parse_template(body).links.empty()) return;
  if (get_tenant(tx, fmt::format("{}", tenant.value)).link_url.empty()) refuse_links(campaign);
}

// Returns the audience.
std::int64_t launch_planned(Tx& tx, TenantId tenant, const Schedule& schedule, bool has_public_url,
                            Timestamp at) {
  // First, so that the launch finds no plan to end.
  end_plan(tx, tenant, schedule.id, ScheduleStatus::launched, "", at);
  LaunchOptions options;
  options.key = fmt::format("schedule {} at {}", schedule.id.value, format_rfc3339(schedule.due_at));
  options.has_public_url = has_public_url;
  return launch_campaign(tx, tenant, schedule.campaign, options, at).audience;
}

}  // namespace

std::string_view to_string(ScheduleStatus status) { return schedule_words[static_cast<std::size_t>(status)]; }

ScheduleStatus parse_schedule_status(std::string_view word) {
  for (std::size_t i = 0; i < schedule_words.size(); ++i)
    if (schedule_words[i] == word) return static_cast<ScheduleStatus>(i);
  throw Error(Errc::invalid, "\"{}\" is no status of a schedule; it is one of {}", word,
              fmt::join(schedule_words, ", "));
}

void end_schedule(Tx& tx, TenantId tenant, CampaignId campaign, std::string_view reason, Timestamp at) {
  exec(tx,
       "UPDATE schedule SET status = 'canceled', reason = $3, ended_at = $4::timestamptz"
       " WHERE tenant_id = $1 AND campaign_id = $2 AND status = 'planned'",
       tenant, campaign, reason, at);
}

Schedule schedule_campaign(Tx& tx, TenantId tenant, CampaignId id, const NewSchedule& planned,
                           bool has_public_url, Timestamp at) {
  const auto campaign = lock_campaign(tx, tenant, id);
  if (campaign.status != CampaignStatus::draft)
    throw Error(Errc::conflict, "campaign \"{}\" is {}; only a draft can be scheduled", campaign.slug,
                to_string(campaign.status));
  if (planned.due_at <= at)
    throw Error(Errc::invalid, "{} has passed; now it is {}", format_rfc3339(planned.due_at),
                format_rfc3339(at))
        .with_hint(fmt::format("to send it now: smscrm campaign launch {}", campaign.slug));
  if (planned.due_at > at + longest_duration)
    throw Error(Errc::invalid, "{} is more than ten years away", format_rfc3339(planned.due_at));
  const auto not_after = planned.not_after.value_or(planned.due_at + schedule_grace);
  if (not_after < planned.due_at + least_schedule_grace)
    throw Error(Errc::invalid, "the last moment to launch, {}, leaves no minute after its time, {}",
                format_rfc3339(not_after), format_rfc3339(planned.due_at))
        .with_hint("give the last moment as a whole time, with its day: what is short counts from now");
  if (not_after > planned.due_at + longest_duration)
    throw Error(Errc::invalid, "{} is more than ten years after its time", format_rfc3339(not_after));
  check_can_launch(tx, tenant, campaign, has_public_url);
  if (auto known = find_schedule(tx, tenant, id);
      known && known->due_at == planned.due_at && known->not_after == not_after)
    return *std::move(known);
  end_schedule(tx, tenant, id, "another time was set", at);
  const auto added = exec(tx,
                          "INSERT INTO schedule (tenant_id, campaign_id, due_at, not_after, created_at)"
                          " VALUES ($1, $2, $3, $4, $5) RETURNING id",
                          tenant, id, planned.due_at, not_after, at)
                         .front()[0]
                         .as<ScheduleId>();
  return get_schedule(tx, tenant, added);
}

Schedule cancel_schedule(Tx& tx, TenantId tenant, CampaignId id, Timestamp at) {
  const auto campaign = lock_campaign(tx, tenant, id);
  const auto planned = find_schedule(tx, tenant, id);
  if (!planned)
    throw Error(Errc::not_found, "nothing is scheduled for campaign \"{}\", which is {}", campaign.slug,
                to_string(campaign.status));
  end_plan(tx, tenant, planned->id, ScheduleStatus::canceled, "it was taken back", at);
  return get_schedule(tx, tenant, planned->id);
}

std::optional<Schedule> find_schedule(Tx& tx, TenantId tenant, CampaignId id) {
  const auto rows = exec(tx,
                         std::string{select_schedules} +
                             "WHERE s.tenant_id = $1 AND s.campaign_id = $2 AND s.status = 'planned'",
                         tenant, id);
  return rows.empty() ? std::nullopt : std::optional{read_schedule(rows.front())};
}

std::vector<Schedule> list_schedules(Tx& tx, TenantId tenant, std::optional<ScheduleStatus> status) {
  const auto* order = !status                              ? "s.id DESC"
                      : *status == ScheduleStatus::planned ? "s.due_at, s.id"
                                                           : "s.ended_at DESC, s.id DESC";
  std::vector<Schedule> all;
  for (const auto& row :
       exec(tx,
            fmt::format("{}WHERE s.tenant_id = $1 AND ($2 = '' OR s.status = $2) ORDER BY {}",
                        select_schedules, order),
            tenant, status ? to_string(*status) : ""))
    all.push_back(read_schedule(row));
  return all;
}

std::vector<ScheduleTrouble> list_schedule_troubles(Tx& tx, Timestamp at, LeftOut& left_out) {
  std::vector<ScheduleTrouble> all;
  const auto rows =
      exec(tx,
           "SELECT s.tenant_id, s.id, s.campaign_id, c.slug, s.due_at, s.not_after, s.status, s.reason, "
           "s.created_at,"
           " s.ended_at, t.slug AS tenant FROM schedule s"
           " JOIN campaign c ON c.tenant_id = s.tenant_id AND c.id = s.campaign_id"
           " JOIN tenant t ON t.id = s.tenant_id"
           " WHERE t.deleted_at IS NULL"
           "   AND ((s.status = 'planned' AND s.due_at < $1::timestamptz - interval '1 minute')"
           "     OR (s.status IN ('missed', 'failed') AND s.ended_at > $1::timestamptz - interval '1 day'"
           "         AND c.status = 'draft'"
           "         AND NOT EXISTS (SELECT FROM schedule n WHERE n.tenant_id = s.tenant_id"
           "                            AND n.campaign_id = s.campaign_id AND n.id > s.id)))"
           " ORDER BY s.due_at, s.id",
           at);
  left_out = read_each_row(rows, "schedule", [&](const Row& row) {
    all.push_back({row["tenant"].as<std::string>(), read_schedule(row)});
  });
  return all;
}

std::optional<ScheduleRun> run_due_schedule(Tx& tx, ScheduleTurn& turn, bool has_public_url, Timestamp at) {
  if (is_fenced(tx)) return std::nullopt;
  const auto due = exec(tx,
                        "SELECT s.tenant_id, s.id, s.campaign_id, c.slug, t.slug AS tenant,"
                        " s.not_after < $1::timestamptz AS is_late FROM schedule s"
                        " JOIN tenant t ON t.id = s.tenant_id AND t.deleted_at IS NULL"
                        " JOIN campaign c ON c.tenant_id = s.tenant_id AND c.id = s.campaign_id"
                        " WHERE s.status = 'planned' AND s.due_at <= $1 AND s.id <> ALL ($3::bigint[])"
                        " ORDER BY s.due_at, s.id LIMIT $2",
                        at, most_due, turn.not_now);
  for (const auto& row : due) {
    const auto tenant = row["tenant_id"].as<TenantId>();
    const auto id = row["id"].as<ScheduleId>();
    const auto campaign = row["campaign_id"].as<CampaignId>();
    turn.at_hand = id;
    // What somebody else launches, changes or cancels just now is waited for by nobody. The lock is taken
    // outside the savepoint: it holds to the end, also when the launch is undone.
    if (exec(tx, "SELECT FROM campaign WHERE tenant_id = $1 AND id = $2 FOR UPDATE SKIP LOCKED", tenant,
             campaign)
            .empty())
      continue;
    if (exec(tx, "SELECT FROM schedule WHERE tenant_id = $1 AND id = $2 AND status = 'planned'", tenant, id)
            .empty())
      continue;
    ScheduleRun run;
    run.tenant = tenant;
    run.tenant_slug = row["tenant"].as<std::string>();
    run.schedule.id = id;
    run.schedule.campaign = campaign;
    run.schedule.campaign_slug = row["slug"].as<std::string>();
    if (row["is_late"].as<bool>()) {
      run.schedule.status = ScheduleStatus::missed;
      run.schedule.reason =
          "it was not launched before its last moment: no daemon, or no database, was there";
      end_plan(tx, tenant, id, run.schedule.status, run.schedule.reason, at);
      return run;
    }
    try {
      in_savepoint(tx, [&] {
        run.audience = launch_planned(tx, tenant, get_schedule(tx, tenant, id), has_public_url, at);
        run.schedule = get_schedule(tx, tenant, id);
      });
    } catch (const pqxx::transaction_rollback&) {
      throw;
    } catch (const pqxx::broken_connection&) {
      throw;
    } catch (const Error& error) {
      run.schedule.reason =
          fmt::format("{}{}{}", error.what(), error.hint().empty() ? "" : "; ", error.hint());
      if (error.code() == Errc::unavailable || error.code() == Errc::internal) return run;
      run.schedule.status = ScheduleStatus::failed;
      end_plan(tx, tenant, id, run.schedule.status, run.schedule.reason, at);
    } catch (const std::exception& error) {
      run.schedule.reason = error.what();
    }
    return run;
  }
  turn.at_hand.reset();
  return std::nullopt;
}

}  // namespace smscrm
