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

// RFC 3339, or "2026-12-24T18:00" as the clocks of the tenant show it.
Timestamp time_of(const ApiCall& call, std::string text) {
  constexpr std::size_t local_size = 16, separator = 10;
  if (text.size() != local_size || text[separator] != 'T') return parse_rfc3339(text);
  text[separator] = ' ';
  return parse_time(text, {call.at, call.tenant.timezone}, TimeSense::future);
}

ApiAnswer plan(ApiCall& call) {
  NewSchedule planned;
  planned.due_at = time_of(call, call.in_body("at"));
  if (const auto not_after = call.given("not_after")) planned.not_after = time_of(call, *not_after);
  return {to_json(schedule_campaign(call.tx, call.tenant.id, campaign_of(call), planned,
                                    !call.environment.public_url.empty(), call.at))};
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
       page_fields({text("status", "Only with this status.")
                        .one_of({"planned", "launched", "missed", "failed", "canceled"})}),
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
       "Launch a draft at a time, instead of at any that was planned before.",
       {},
       {text("at", "RFC 3339; or as 2026-12-24T18:00, by the tenant's clocks.").required().up_to(40),
        text("not_after", "Likewise: launch no later, if no daemon was there. Left out: an hour after.")
            .up_to(40)},
       plan},
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
