#include "core/campaign/schedule_run.hpp"

#include "core/base/bounds.hpp"
#include "core/campaign/end_schedule.hpp"
#include "core/campaign/launch.hpp"
#include "core/fence/fence.hpp"

namespace smscrm {
namespace {

constexpr int most_due = 20;                // are looked at in one turn
constexpr std::size_t most_passed = 1'000;  // runs are noted one by one

// The campaign and the time in UTC, to the minute: it has one run in each. `end` tells one from a campaign
// that has this name already.
std::string name_run(const Schedule& schedule, const std::string& end = "") {
  constexpr std::size_t longest_slug = 63;
  std::string time;
  for (const char c : format_rfc3339(schedule.due_at).substr(0, 16))
    if (c != '-' && c != ':') time += c == 'T' ? '-' : c;
  time += end;
  return fmt::format("{}-{}", schedule.campaign_slug.substr(0, longest_slug - 1 - time.size()), time);
}

// The campaign that a run launches.
CampaignId copy_campaign(Tx& tx, TenantId tenant, const Schedule& schedule) {
  NewCampaign copy = get_campaign(tx, tenant, fmt::format("{}", schedule.campaign.value));
  copy.slug = name_run(schedule);
  if (find_campaign(tx, tenant, copy.slug))
    copy.slug = name_run(schedule, fmt::format("-{}", schedule.id.value));
  const auto made = add_campaign(tx, tenant, copy).id;
  exec(tx, "UPDATE schedule SET run_id = $3 WHERE tenant_id = $1 AND id = $2", tenant, schedule.id, made);
  return made;
}

// Returns the audience.
std::int64_t launch_planned(Tx& tx, TenantId tenant, const Schedule& schedule, bool has_public_url,
                            Timestamp at) {
  // First, so that the launch finds no plan to end.
  end_plan(tx, tenant, schedule.id, ScheduleStatus::launched, "", at);
  const auto due = format_rfc3339(schedule.due_at);
  LaunchOptions options;
  options.key = schedule.repeat ? fmt::format("{}@{}", schedule.campaign_slug, due)
                                : fmt::format("schedule {} at {}", schedule.id.value, due);
  options.has_public_url = has_public_url;
  const auto launched = schedule.repeat ? copy_campaign(tx, tenant, schedule) : schedule.campaign;
  return launch_campaign(tx, tenant, launched, options, at).audience;
}

// Why a plan that is due does not launch; planned: it does.
struct RunVerdict {
  ScheduleStatus status = ScheduleStatus::planned;
  std::string reason = {};
};

RunVerdict judge_run(Tx& tx, TenantId tenant, const Schedule& schedule, Timestamp at) {
  if (at > schedule.not_after)
    return {ScheduleStatus::missed,
            "it was not launched before its last moment: no daemon, or no database, was there"};
  if (!schedule.repeat) return {};
  if (const auto next = next_run(repeat_of(schedule), schedule.due_at); next && *next <= at)
    return {ScheduleStatus::missed, "its next time had come when a daemon was there again"};
  const auto before = exec(tx,
                           "SELECT c.slug, c.status FROM campaign c WHERE c.tenant_id = $1 AND c.id ="
                           " (SELECT run_id FROM schedule WHERE tenant_id = $1 AND campaign_id = $2"
                           "     AND status = 'launched' ORDER BY due_at DESC LIMIT 1)"
                           "   AND c.status IN ('running', 'paused')",
                           tenant, schedule.campaign);
  if (before.empty()) return {};
  return {ScheduleStatus::overlapped,
          fmt::format("the run before, \"{}\", was {} still", before.front()[0].as<std::string>(),
                      before.front()[1].as<std::string>())};
}

// Launches it, or notes why not.
void carry_out(Tx& tx, ScheduleRun& run, bool has_public_url, Timestamp at) {
  const auto id = run.schedule.id;
  const auto planned = get_schedule(tx, run.tenant, id);
  if (const auto verdict = judge_run(tx, run.tenant, planned, at);
      verdict.status != ScheduleStatus::planned) {
    end_plan(tx, run.tenant, id, verdict.status, verdict.reason, at);
  } else {
    run.audience = launch_planned(tx, run.tenant, planned, has_public_url, at);
  }
  run.schedule = get_schedule(tx, run.tenant, id);
}

void plan_run(Tx& tx, TenantId tenant, const Repeat& repeat, Timestamp due, Timestamp at) {
  exec(tx,
       "INSERT INTO schedule (tenant_id, campaign_id, repeat_id, due_at, not_after, created_at)"
       " VALUES ($1, $2, $3, $4, $5, $6)",
       tenant, repeat.campaign, repeat.id, due, due + repeat.grace, at);
}

// `earlier` more were before the first of them.
void note_missed(Tx& tx, TenantId tenant, const Repeat& repeat, const PassedRuns& passed,
                 std::string_view reason, Timestamp at) {
  if (passed.times.empty()) return;
  const auto of_first = passed.earlier == 0
                            ? std::string{reason}
                            : fmt::format("{}; {} earlier times were missed, too", reason, passed.earlier);
  std::vector<std::string> times;
  times.reserve(passed.times.size());
  for (const auto time : passed.times) times.push_back(format_rfc3339(time));
  exec(tx,
       "INSERT INTO schedule (tenant_id, campaign_id, repeat_id, due_at, not_after, status, reason, "
       "created_at,"
       " ended_at)"
       " SELECT $1::bigint, $2::bigint, $3::bigint, due, due + $5::bigint * interval '1 second', 'missed',"
       "        CASE WHEN n = 1 THEN $6 ELSE $7 END, $8::timestamptz, $8::timestamptz"
       "   FROM unnest($4::timestamptz[]) WITH ORDINALITY AS u(due, n)",
       tenant, repeat.campaign, repeat.id, times, repeat.grace.count(), of_first, reason, at);
}

enum class LatestPassed { may_run, is_missed };
constexpr std::string_view nobody_there = "no daemon, or no database, was there";

// Of a campaign that is held, with a repetition and nothing planned: notes what has passed since its last
// run, and plans the next, or ends it.
std::int64_t go_on(Tx& tx, TenantId tenant, const Repeat& repeat, LatestPassed latest,
                   std::string_view reason, Timestamp at) {
  const auto noted =
      exec(tx, "SELECT max(due_at) FROM schedule WHERE tenant_id = $1 AND repeat_id = $2", tenant, repeat.id)
          .front();
  const auto after = as_optional<Timestamp>(noted[0]).value_or(repeat.created_at);
  auto passed = list_passed_runs(repeat, after, at, most_passed);
  std::optional<Timestamp> next;
  if (latest == LatestPassed::may_run && !passed.times.empty() && at <= passed.times.back() + repeat.grace) {
    next = passed.times.back();
    passed.times.pop_back();
  }
  note_missed(tx, tenant, repeat, passed, reason, at);
  if (!next) next = next_run(repeat, std::max(after, at));
  if (next)
    plan_run(tx, tenant, repeat, *next, at);
  else
    end_repeat(tx, tenant, repeat.campaign, "its last time has come", at);
  return passed.earlier + static_cast<std::int64_t>(passed.times.size());
}

// What cannot be read of it ends it, for everybody to see: another zone, say, than this machine knows.
void fail_repeat(Tx& tx, TenantId tenant, const Repeat& repeat, const std::string& reason, Timestamp at) {
  exec(tx,
       "INSERT INTO schedule (tenant_id, campaign_id, repeat_id, due_at, not_after, status, reason, "
       "created_at,"
       " ended_at) VALUES ($1, $2, $3, $4, $4, 'failed', left($5, $6), $4, $4)"
       " ON CONFLICT DO NOTHING",
       tenant, repeat.campaign, repeat.id, at, reason, static_cast<int>(longest_reason));
  end_repeat(tx, tenant, repeat.campaign, reason, at);
}

// Nobody waits for a campaign that somebody else has in hand: false then.
bool hold_campaign(Tx& tx, TenantId tenant, CampaignId campaign) {
  return !exec(tx, "SELECT FROM campaign WHERE tenant_id = $1 AND id = $2 FOR UPDATE SKIP LOCKED", tenant,
               campaign)
              .empty();
}

// Every repetition has a run planned, but between that one's end and here.
std::vector<PassedOver> all_go_on(Tx& tx, LatestPassed latest, std::string_view reason, Timestamp at) {
  const auto ready = exec(tx,
                          "SELECT r.tenant_id, r.campaign_id, t.slug AS tenant, c.slug FROM schedule_repeat r"
                          " JOIN tenant t ON t.id = r.tenant_id AND t.deleted_at IS NULL"
                          " JOIN campaign c ON c.tenant_id = r.tenant_id AND c.id = r.campaign_id"
                          " WHERE r.ended_at IS NULL AND NOT EXISTS"
                          " (SELECT FROM schedule s WHERE s.tenant_id = r.tenant_id"
                          "     AND s.campaign_id = r.campaign_id AND s.status = 'planned')"
                          " ORDER BY r.tenant_id, r.id");
  std::vector<PassedOver> told;
  read_each_row(ready, "schedule", [&](const Row& row) {
    const auto tenant = row["tenant_id"].as<TenantId>();
    const auto campaign = row["campaign_id"].as<CampaignId>();
    if (!hold_campaign(tx, tenant, campaign)) return;
    // Looked at again: whoever held it may have ended or planned it.
    const auto repeat = find_repeat(tx, tenant, campaign);
    if (!repeat || find_schedule(tx, tenant, campaign)) return;
    PassedOver passed{row["tenant"].as<std::string>(), row["slug"].as<std::string>(), 0, {}};
    try {
      in_savepoint(tx, [&] { passed.missed = go_on(tx, tenant, *repeat, latest, reason, at); });
    } catch (const Error& error) {
      if (error.code() != Errc::invalid) throw;
      passed.error = error.what();
      in_savepoint(tx, [&] { fail_repeat(tx, tenant, *repeat, passed.error, at); });
    }
    if (passed.missed > 0 || !passed.error.empty()) told.push_back(std::move(passed));
  });
  return told;
}

}  // namespace

std::int64_t plan_next_run(Tx& tx, TenantId tenant, const Repeat& repeat, Timestamp at) {
  return go_on(tx, tenant, repeat, LatestPassed::may_run, nobody_there, at);
}

std::vector<PassedOver> plan_next_runs(Tx& tx, Timestamp at) {
  return is_fenced(tx) ? std::vector<PassedOver>{} : all_go_on(tx, LatestPassed::may_run, nobody_there, at);
}

std::optional<ScheduleRun> run_due_schedule(Tx& tx, ScheduleTurn& turn, bool has_public_url, Timestamp at) {
  if (is_fenced(tx)) return std::nullopt;
  const auto due = exec(tx,
                        "SELECT s.tenant_id, s.id, s.campaign_id, c.slug, t.slug AS tenant FROM schedule s"
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
    // The lock is taken outside the savepoint: it holds to the end, also when the launch is undone.
    if (!hold_campaign(tx, tenant, campaign)) continue;
    if (exec(tx, "SELECT FROM schedule WHERE tenant_id = $1 AND id = $2 AND status = 'planned'", tenant, id)
            .empty())
      continue;
    ScheduleRun run;
    run.tenant = tenant;
    run.tenant_slug = row["tenant"].as<std::string>();
    run.schedule.id = id;
    run.schedule.campaign = campaign;
    run.schedule.campaign_slug = row["slug"].as<std::string>();
    try {
      in_savepoint(tx, [&] { carry_out(tx, run, has_public_url, at); });
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

std::int64_t miss_due_schedules(Tx& tx, std::string_view reason, Timestamp at) {
  const auto missed = static_cast<std::int64_t>(
      exec(tx,
           "UPDATE schedule SET status = 'missed', reason = $2, ended_at = $1::timestamptz"
           " WHERE status = 'planned' AND due_at <= $1::timestamptz",
           at, reason)
          .affected_rows());
  all_go_on(tx, LatestPassed::is_missed, reason, at);
  return missed;
}

}  // namespace smscrm
