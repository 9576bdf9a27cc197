#include "core/campaign/schedule.hpp"

#include <array>

#include "core/base/bounds.hpp"
#include "core/base/local_time.hpp"
#include "core/base/text.hpp"
#include "core/campaign/end_schedule.hpp"
#include "core/campaign/plan.hpp"
#include "core/campaign/schedule_run.hpp"
#include "core/campaign/template.hpp"
#include "core/tenant/tenant.hpp"
#include "core/text/message_template.hpp"

namespace smscrm {
namespace {

constexpr std::array<std::string_view, 7> schedule_words{"planned",  "launched",   "missed", "failed",
                                                         "canceled", "overlapped", "skipped"};
constexpr std::array<std::string_view, 4> if_passed_words{"refuse", "skip", "now", "next-day"};
constexpr std::string_view another_time = "another time was set";

// $1 and what follows are the caller's.
constexpr const char* select_schedules =
    "SELECT s.tenant_id, s.id, s.campaign_id, c.slug, t.slug AS tenant, s.due_at, s.not_after, s.status,"
    " s.reason, s.created_at, s.ended_at, s.repeat_id, r.cron, r.zone, r.until, run.slug AS run,"
    " l.due_at AS last_due_at, l.status AS last_status, l.reason AS last_reason, l.run AS last_run"
    " FROM schedule s"
    " JOIN tenant t ON t.id = s.tenant_id"
    " JOIN campaign c ON c.tenant_id = s.tenant_id AND c.id = s.campaign_id"
    " LEFT JOIN schedule_repeat r ON r.tenant_id = s.tenant_id AND r.id = s.repeat_id"
    " LEFT JOIN campaign run ON run.tenant_id = s.tenant_id AND run.id = s.run_id"
    " LEFT JOIN LATERAL"
    " (SELECT p.due_at, p.status, p.reason, made.slug AS run FROM schedule p"
    "    LEFT JOIN campaign made ON made.tenant_id = p.tenant_id AND made.id = p.run_id"
    "   WHERE p.tenant_id = s.tenant_id AND p.repeat_id = s.repeat_id AND s.status = 'planned'"
    "     AND p.due_at < s.due_at ORDER BY p.due_at DESC LIMIT 1) l ON true ";

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
  schedule.repeat = as_optional<RepeatId>(row["repeat_id"]);
  if (!schedule.repeat) return schedule;
  schedule.cron = row["cron"].as<std::string>();
  schedule.zone = row["zone"].as<std::string>();
  schedule.until = as_optional<Timestamp>(row["until"]);
  schedule.run = row["run"].as<std::string>("");
  if (const auto last = as_optional<Timestamp>(row["last_due_at"]))
    schedule.last = {*last, parse_schedule_status(row["last_status"].as<std::string>()),
                     row["last_reason"].as<std::string>(), row["last_run"].as<std::string>("")};
  return schedule;
}

// What a launch would be refused for, whoever is to be texted by then.
void check_can_launch(Tx& tx, TenantId tenant, const Campaign& campaign, bool has_public_url) {
  check_can_send(tx, tenant, campaign);
  if (has_public_url) return;
  const auto body = get_template(tx, tenant, fmt::format("{}", campaign.body_template.value)).body;
  if (parse_template(body).links.empty()) return;
  if (get_tenant(tx, fmt::format("{}", tenant.value)).link_url.empty()) refuse_links(campaign);
}

Campaign lock_draft(Tx& tx, TenantId tenant, CampaignId id) {
  auto campaign = lock_campaign(tx, tenant, id);
  if (campaign.status == CampaignStatus::draft) return campaign;
  throw Error(Errc::conflict, "campaign \"{}\" is {}; only a draft can be scheduled", campaign.slug,
              to_string(campaign.status));
}

ScheduleId add_plan(Tx& tx, TenantId tenant, CampaignId campaign, Timestamp due, Timestamp not_after,
                    Timestamp at) {
  return exec(tx,
              "INSERT INTO schedule (tenant_id, campaign_id, due_at, not_after, created_at)"
              " VALUES ($1, $2, $3, $4, $5) RETURNING id",
              tenant, campaign, due, not_after, at)
      .front()[0]
      .as<ScheduleId>();
}

// A time that has passed becomes the one that is meant. Of `skip` it stays.
Timestamp move_passed(const NewSchedule& planned, const Campaign& campaign, Timestamp at) {
  switch (planned.if_passed) {
    case IfPassed::skip:
      return planned.due_at;
    case IfPassed::now:
      return at;
    case IfPassed::next_day:
      check_timezone(planned.zone);
      return same_time_after(planned.due_at, planned.zone, at);
    case IfPassed::refuse:
      break;
  }
  throw Error(Errc::invalid, "{} has passed; now it is {}", format_rfc3339(planned.due_at),
              format_rfc3339(at))
      .with_hint(fmt::format("to send it now: smscrm campaign launch {}", campaign.slug));
}

void check_window(Timestamp due, Timestamp not_after, Timestamp at) {
  if (due > at + longest_duration)
    throw Error(Errc::invalid, "{} is more than ten years away", format_rfc3339(due));
  if (not_after < due + least_schedule_grace)
    throw Error(Errc::invalid, "the last moment to launch, {}, leaves no minute after its time, {}",
                format_rfc3339(not_after), format_rfc3339(due))
        .with_hint("give the last moment as a whole time, with its day: what is short counts from now");
  if (not_after > due + longest_duration)
    throw Error(Errc::invalid, "{} is more than ten years after its time", format_rfc3339(not_after));
}

}  // namespace

std::string_view to_string(ScheduleStatus status) { return schedule_words[static_cast<std::size_t>(status)]; }

ScheduleStatus parse_schedule_status(std::string_view word) {
  for (std::size_t i = 0; i < schedule_words.size(); ++i)
    if (schedule_words[i] == word) return static_cast<ScheduleStatus>(i);
  throw Error(Errc::invalid, "\"{}\" is no status of a schedule; it is one of {}", word,
              fmt::join(schedule_words, ", "));
}

IfPassed parse_if_passed(std::string_view word) {
  for (std::size_t i = 0; i < if_passed_words.size(); ++i)
    if (if_passed_words[i] == word) return static_cast<IfPassed>(i);
  throw Error(Errc::invalid, "\"{}\" is not what to do with a time that has passed; it is one of {}", word,
              fmt::join(if_passed_words, ", "));
}

void end_schedule(Tx& tx, TenantId tenant, CampaignId campaign, std::string_view reason, Timestamp at) {
  end_repeat(tx, tenant, campaign, reason, at);
  exec(tx,
       "UPDATE schedule SET status = 'canceled', reason = $3, ended_at = $4::timestamptz"
       " WHERE tenant_id = $1 AND campaign_id = $2 AND status = 'planned'",
       tenant, campaign, reason, at);
}

Schedule schedule_campaign(Tx& tx, TenantId tenant, CampaignId id, const NewSchedule& planned,
                           bool has_public_url, Timestamp at) {
  const auto campaign = lock_draft(tx, tenant, id);
  auto known = find_schedule(tx, tenant, id);
  if (known && (known->repeat || known->due_at != planned.due_at)) known.reset();
  const bool has_passed = planned.due_at <= at;
  // Asked for again while a daemon is awaited, it stays as it is.
  if (known && has_passed && planned.if_passed != IfPassed::refuse && known->not_after >= at) return *known;
  const auto due = has_passed ? move_passed(planned, campaign, at) : planned.due_at;
  const auto not_after = planned.not_after.value_or(due + schedule_grace);
  check_window(due, not_after, at);
  check_can_launch(tx, tenant, campaign, has_public_url);
  if (known && !has_passed && known->not_after == not_after) return *known;
  end_schedule(tx, tenant, id, another_time, at);
  const auto added = add_plan(tx, tenant, id, due, not_after, at);
  if (has_passed && planned.if_passed == IfPassed::skip)
    end_plan(tx, tenant, added, ScheduleStatus::skipped, "its time had passed", at);
  return get_schedule(tx, tenant, added);
}

Schedule repeat_campaign(Tx& tx, TenantId tenant, CampaignId id, const NewRepeat& repeat, bool has_public_url,
                         Timestamp at) {
  const auto campaign = lock_draft(tx, tenant, id);
  check_repeat(repeat, at);
  check_can_launch(tx, tenant, campaign, has_public_url);
  if (const auto known = find_repeat(tx, tenant, id);
      known && static_cast<const NewRepeat&>(*known) == repeat)
    if (auto planned = find_schedule(tx, tenant, id)) return *std::move(planned);
  end_schedule(tx, tenant, id, another_time, at);
  plan_next_run(tx, tenant, add_repeat(tx, tenant, id, repeat, at), at);
  return *find_schedule(tx, tenant, id);
}

Schedule cancel_schedule(Tx& tx, TenantId tenant, CampaignId id, Timestamp at) {
  const auto campaign = lock_campaign(tx, tenant, id);
  auto planned = find_schedule(tx, tenant, id);
  if (const auto repeat = find_repeat(tx, tenant, id); repeat && !planned) {
    plan_next_run(tx, tenant, *repeat, at);
    planned = find_schedule(tx, tenant, id);
  }
  if (!planned)
    throw Error(Errc::not_found, "nothing is scheduled for campaign \"{}\", which is {}", campaign.slug,
                to_string(campaign.status));
  end_schedule(tx, tenant, id, "it was taken back", at);
  return get_schedule(tx, tenant, planned->id);
}

std::vector<Timestamp> list_next_runs(const Schedule& planned, int count) {
  std::vector<Timestamp> times;
  if (count > 0) times.push_back(planned.due_at);
  const auto repeat = repeat_of(planned);
  while (planned.repeat && static_cast<int>(times.size()) < count) {
    const auto next = next_run(repeat, times.back());
    if (!next) break;
    times.push_back(*next);
  }
  return times;
}

NewRepeat repeat_of(const Schedule& run) {
  return {run.cron, run.zone, run.until,
          std::chrono::duration_cast<std::chrono::seconds>(run.not_after - run.due_at)};
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
           std::string{select_schedules} +
               "WHERE t.deleted_at IS NULL"
               "   AND ((s.status = 'planned' AND s.due_at < $1::timestamptz - interval '1 minute')"
               "     OR (s.status IN ('missed', 'failed', 'overlapped')"
               "         AND s.ended_at > $1::timestamptz - interval '1 day' AND c.status = 'draft'"
               "         AND NOT EXISTS (SELECT FROM schedule n WHERE n.tenant_id = s.tenant_id"
               "                            AND n.campaign_id = s.campaign_id AND n.id > s.id"
               "                            AND (s.repeat_id IS NULL OR n.status <> 'planned'))))"
               " ORDER BY s.due_at, s.id",
           at);
  left_out = read_each_row(rows, "schedule", [&](const Row& row) {
    all.push_back({row["tenant"].as<std::string>(), read_schedule(row)});
  });
  return all;
}

}  // namespace smscrm
