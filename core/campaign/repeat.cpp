#include "core/campaign/repeat.hpp"

#include "core/base/bounds.hpp"
#include "core/campaign/schedule.hpp"

namespace smscrm {
namespace {

Repeat read_repeat(const Row& row) {
  Repeat repeat;
  repeat.id = row["id"].as<RepeatId>();
  repeat.campaign = row["campaign_id"].as<CampaignId>();
  repeat.cron = row["cron"].as<std::string>();
  repeat.zone = row["zone"].as<std::string>();
  repeat.grace = std::chrono::seconds{row["grace_seconds"].as<std::int64_t>()};
  repeat.until = as_optional<Timestamp>(row["until"]);
  repeat.created_at = row["created_at"].as<Timestamp>();
  return repeat;
}

}  // namespace

std::optional<Timestamp> next_run(const NewRepeat& repeat, Timestamp after) {
  const auto next = next_time(parse_cron(repeat.cron), repeat.zone, after);
  return next && repeat.until && *next > *repeat.until ? std::nullopt : next;
}

PassedRuns list_passed_runs(const NewRepeat& repeat, Timestamp after, Timestamp up_to, std::size_t most) {
  const auto cron = parse_cron(repeat.cron);
  const auto last = repeat.until ? std::min(*repeat.until, up_to) : up_to;
  PassedRuns passed;
  for (auto next = next_time(cron, repeat.zone, after); next && *next <= last;
       next = next_time(cron, repeat.zone, *next)) {
    // Twice as many are kept at times, so that they are moved seldom.
    if (passed.times.size() >= 2 * most) {
      passed.times.erase(passed.times.begin(), passed.times.end() - static_cast<std::ptrdiff_t>(most));
      passed.earlier += static_cast<std::int64_t>(most);
    }
    passed.times.push_back(*next);
  }
  if (passed.times.size() > most) {
    const auto surplus = static_cast<std::ptrdiff_t>(passed.times.size() - most);
    passed.times.erase(passed.times.begin(), passed.times.begin() + surplus);
    passed.earlier += surplus;
  }
  return passed;
}

void check_repeat(const NewRepeat& repeat, Timestamp at) {
  parse_cron(repeat.cron);
  check_timezone(repeat.zone);
  if (repeat.grace < least_schedule_grace || repeat.grace > longest_duration)
    throw Error(Errc::invalid, "a run may be late by a minute at least, and by ten years at most");
  if (repeat.until && *repeat.until > at + longest_duration)
    throw Error(Errc::invalid, "{} is more than ten years away", format_rfc3339(*repeat.until));
  if (next_run(repeat, at)) return;
  if (repeat.until)
    throw Error(Errc::invalid, "no time of \"{}\" lies between now, {}, and the last, {}", repeat.cron,
                format_rfc3339(at), format_rfc3339(*repeat.until));
  throw Error(Errc::invalid, "\"{}\" has no time within ten years", repeat.cron);
}

std::optional<Repeat> find_repeat(Tx& tx, TenantId tenant, CampaignId campaign) {
  const auto rows = exec(tx,
                         "SELECT id, campaign_id, cron, zone, grace_seconds, until, created_at"
                         " FROM schedule_repeat"
                         " WHERE tenant_id = $1 AND campaign_id = $2 AND ended_at IS NULL",
                         tenant, campaign);
  return rows.empty() ? std::nullopt : std::optional{read_repeat(rows.front())};
}

Repeat add_repeat(Tx& tx, TenantId tenant, CampaignId campaign, const NewRepeat& repeat, Timestamp at) {
  return read_repeat(exec(tx,
                          "INSERT INTO schedule_repeat (tenant_id, campaign_id, cron, zone, grace_seconds,"
                          " until, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)"
                          " RETURNING id, campaign_id, cron, zone, grace_seconds, until, created_at",
                          tenant, campaign, repeat.cron, repeat.zone, repeat.grace.count(), repeat.until, at)
                         .front());
}

void end_repeat(Tx& tx, TenantId tenant, CampaignId campaign, std::string_view reason, Timestamp at) {
  exec(tx,
       "UPDATE schedule_repeat SET reason = left($3, $5), ended_at = $4"
       " WHERE tenant_id = $1 AND campaign_id = $2 AND ended_at IS NULL",
       tenant, campaign, reason, at, static_cast<int>(longest_reason));
}

}  // namespace smscrm
