// /schedules and /campaigns/{campaign}/schedule: launches at a time.
#include "core/campaign/schedule.hpp"

#include "core/base/local_time.hpp"
#include "core/campaign/campaign_json.hpp"
#include "daemon/api/page.hpp"
#include "daemon/api/resources.hpp"

namespace smscrm {
namespace {

CampaignId campaign_of(ApiCall& call) { return get_campaign(call.tx, call.tenant.id, call.parts.at(0)).id; }

ApiAnswer all(ApiCall& call) {
  const auto status = call.in_query("status");
  return answer_page(
      call,
      list_schedules(call.tx, call.tenant.id,
                     status.empty() ? std::nullopt : std::optional{parse_schedule_status(status)}),
      [](const Schedule& one) { return to_json(one); }, [](const Schedule& one) { return one.id.value; });
}

ApiAnswer show(ApiCall& call) {
  const auto planned = find_schedule(call.tx, call.tenant.id, campaign_of(call));
  if (!planned) throw Error(Errc::not_found, "nothing is scheduled for campaign \"{}\"", call.parts.at(0));
  return {to_json(*planned)};
}

// RFC 3339, or "2026-12-24T18:00" as the clocks of the zone show it.
Timestamp time_of(const ApiCall& call, std::string text, const std::string& zone) {
  constexpr std::size_t local_size = 16, separator = 10;
  if (text.size() != local_size || text[separator] != 'T') return parse_rfc3339(text);
  text[separator] = ' ';
  return parse_time(text, {call.at, zone}, TimeSense::future);
}

// What only one of two ways to say when has.
void refuse_fields(const ApiCall& call, std::initializer_list<const char*> names, const char* with) {
  for (const auto* name : names)
    if (call.given(name)) throw Error(Errc::invalid, "\"{}\" does not go with \"{}\"", name, with);
}

ApiAnswer plan_repeat(ApiCall& call) {
  refuse_fields(call, {"at", "if_passed"}, "cron");
  const auto zone = call.given("zone");
  NewRepeat repeat{call.in_body("cron"), zone ? *zone : call.tenant.timezone, {}, schedule_grace};
  if (const auto until = call.given("until")) repeat.until = time_of(call, *until, repeat.zone);
  if (const auto not_after = call.given("not_after")) repeat.grace = parse_duration(*not_after);
  return {to_json(repeat_campaign(call.tx, call.tenant.id, campaign_of(call), repeat,
                                  !call.environment.public_url.empty(), call.at))};
}

ApiAnswer plan(ApiCall& call) {
  if (call.given("cron")) return plan_repeat(call);
  if (!call.given("at")) throw Error(Errc::invalid, "when? \"at\" or \"cron\" says it");
  refuse_fields(call, {"until"}, "at");
  NewSchedule planned;
  planned.zone = call.given("zone").value_or(call.tenant.timezone);
  check_timezone(planned.zone);
  planned.due_at = time_of(call, call.in_body("at"), planned.zone);
  if (const auto not_after = call.given("not_after"))
    planned.not_after = time_of(call, *not_after, planned.zone);
  if (const auto if_passed = call.given("if_passed")) planned.if_passed = parse_if_passed(*if_passed);
  return {to_json(schedule_campaign(call.tx, call.tenant.id, campaign_of(call), planned,
                                    !call.environment.public_url.empty(), call.at))};
}

ApiAnswer next(ApiCall& call) {
  const auto planned = find_schedule(call.tx, call.tenant.id, campaign_of(call));
  if (!planned) throw Error(Errc::not_found, "nothing is scheduled for campaign \"{}\"", call.parts.at(0));
  const auto zone = planned->repeat ? planned->zone : call.tenant.timezone;
  constexpr int usual_count = 5;
  Json times = Json::array();
  for (const auto due : list_next_runs(*planned, call.query.value("count", usual_count)))
    times.push_back(next_run_to_json(planned->campaign_slug, due, zone, repeat_of(*planned).grace));
  return {{{"data", times}}};
}

ApiAnswer cancel(ApiCall& call) {
  return {to_json(cancel_schedule(call.tx, call.tenant.id, campaign_of(call), call.at))};
}

}  // namespace

std::vector<ApiRoute> schedule_routes() {
  return {
      {"GET",
       "/schedules",
       "campaigns:read",
       "Launches that are planned or were, the newest plan first.",
       page_fields(
           {text("status", "Only with this status.")
                .one_of({"planned", "launched", "missed", "failed", "canceled", "overlapped", "skipped"})}),
       {},
       all},
      {"GET",
       "/campaigns/{campaign}/schedule",
       "campaigns:read",
       "When it launches by itself.",
       {},
       {},
       show},
      {"PUT",
       "/campaigns/{campaign}/schedule",
       "launch",
       "Launch a draft at a time, or copies of it again and again, instead of at any time that was planned"
       " before.",
       {},
       {text("at", "Once: RFC 3339; or as 2026-12-24T18:00, by the clocks of the zone.").up_to(40),
        text("cron", "Again and again: minute, hour, day of the month, month and day of the week.")
            .up_to(longest_cron),
        text("zone", "By whose clocks, such as America/New_York. Left out: the tenant's.").up_to(100),
        text("until", "With cron, as at: the last moment that a run is due.").up_to(40),
        text("not_after",
             "As at, with cron a length such as 30m after each time: launch no later, if no daemon was there."
             " Left out: an hour after.")
            .up_to(40),
        text("if_passed", "With at, where it has passed; left out, that is an error.")
            .one_of({"skip", "now", "next-day"})},
       plan},
      {"GET",
       "/campaigns/{campaign}/schedule/next",
       "campaigns:read",
       "The times at which it launches next.",
       {integer("count", "So many; left out, 5.").from(1, 1'000)},
       {},
       next},
      {"DELETE",
       "/campaigns/{campaign}/schedule",
       "launch",
       "Launch it no more by itself; it stays a draft.",
       {},
       {},
       cancel},
  };
}

}  // namespace smscrm
