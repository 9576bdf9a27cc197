// /campaigns: a text to an audience, through its whole life.
#include "core/campaign/campaign_json.hpp"
#include "core/campaign/launch.hpp"
#include "core/campaign/plan.hpp"
#include "core/campaign/template.hpp"
#include "core/lane/sender.hpp"
#include "core/link/link.hpp"
#include "core/phone/phone.hpp"
#include "core/report/report_json.hpp"
#include "core/sending/explain.hpp"
#include "core/sending/sending_json.hpp"
#include "daemon/api/page.hpp"
#include "daemon/api/resources.hpp"

namespace smscrm {
namespace {

Campaign campaign_of(ApiCall& call) { return get_campaign(call.tx, call.tenant.id, call.parts.at(0)); }
Campaign again(ApiCall& call, CampaignId id) {
  return get_campaign(call.tx, call.tenant.id, fmt::format("{}", id.value));
}

ApiFields settings() {
  return {
      text("template", "Slug of its text.").up_to(100),
      text("audience", "\"all\", \"list:SLUG\", \"tag:TAG\", \"segment:SLUG\" or \"where RULE\".")
          .up_to(16'400),
      text("kind", "Marketing wants consent and keeps quiet hours.").one_of({"marketing", "transactional"}),
      texts("senders", "Their addresses; none: all of the tenant.").up_to(100),
      number("rate", "Parts a second; null: what the senders allow.").from(0, 1'000'000).nullable(),
      integer("expires_after_seconds", "From the launch; null: never.").from(1, 315'360'000).nullable(),
      integer("links_expire_after_seconds", "Its short links, from the launch; null: never.")
          .from(1, 315'360'000)
          .nullable()};
}

void apply_length(const Json& body, const char* name, std::optional<std::chrono::seconds>& length) {
  if (!body.contains(name)) return;
  length = body[name].is_null() ? std::nullopt
                                : std::optional{std::chrono::seconds{body[name].get<std::int64_t>()}};
}

void apply(ApiCall& call, NewCampaign& campaign) {
  if (const auto name = call.given("template"))
    campaign.body_template = get_template(call.tx, call.tenant.id, *name).id;
  if (const auto audience = call.given("audience")) campaign.audience = parse_audience(*audience);
  if (const auto kind = call.given("kind")) campaign.kind = parse_campaign_kind(*kind);
  if (call.body.contains("senders")) {
    campaign.senders.clear();
    for (const auto& address : call.body["senders"])
      campaign.senders.push_back(get_sender(call.tx, call.tenant.id, address.get<std::string>()).id);
  }
  if (call.body.contains("rate"))
    campaign.rate =
        call.body["rate"].is_null() ? std::nullopt : std::optional{call.body["rate"].get<double>()};
  apply_length(call.body, "expires_after_seconds", campaign.expires_after);
  apply_length(call.body, "links_expire_after_seconds", campaign.links_expire_after);
}

ApiAnswer all(ApiCall& call) {
  const auto status = call.in_query("status");
  return answer_page(
      call,
      list_campaigns(call.tx, call.tenant.id,
                     status.empty() ? std::nullopt : std::optional{parse_campaign_status(status)}),
      [](const Campaign& one) { return to_json(one); }, [](const Campaign& one) { return one.id.value; });
}

ApiAnswer create(ApiCall& call) {
  NewCampaign added;
  added.slug = call.in_body("campaign");
  apply(call, added);
  return {to_json(add_campaign(call.tx, call.tenant.id, added)), 201, "/campaigns/" + added.slug};
}

ApiAnswer show(ApiCall& call) { return {to_json(campaign_of(call))}; }

ApiAnswer update(ApiCall& call) {
  auto changed = campaign_of(call);
  changed.slug = call.given("campaign").value_or(changed.slug);
  apply(call, changed);
  update_campaign(call.tx, call.tenant.id, changed, call.at);
  return {to_json(again(call, changed.id))};
}

ApiAnswer remove(ApiCall& call) {
  delete_campaign(call.tx, call.tenant.id, campaign_of(call).id);
  return {{}, 204};
}

ApiAnswer preflight(ApiCall& call) {
  const auto campaign = campaign_of(call);
  auto body = to_json(campaign,
                      plan_campaign(call.tx, call.tenant.id, campaign, call.environment.public_url, call.at));
  body["waits_for"] = Json::array();
  for (const auto& hold : list_holds(call.tx, call.tenant.id, call.at))
    body["waits_for"].push_back(to_json(hold));
  return {std::move(body)};
}

ApiAnswer test(ApiCall& call) {
  const auto campaign = campaign_of(call);
  const auto msisdn = get_msisdn(call.in_body("to"), call.tenant.country);
  const auto& link_url = link_url_of(call.tenant, call.environment.public_url);
  const auto shorten = [&](const std::string& target) {
    if (link_url.empty()) refuse_links(campaign);
    return shorten_by_hand(call.tx, call.tenant.id, "test of " + campaign.slug, link_url,
                           get_link_key(call.tx, call.environment.secret), target);
  };
  const auto message = queue_test(call.tx, call.tenant.id, campaign, msisdn, shorten, call.at);
  return {queued_to_json(message, msisdn), 202, fmt::format("/messages/{}", message.value), true};
}

// The Idempotency-Key keeps the answer for a day; that a campaign is launched once is its own doing, for
// ever.
ApiAnswer launch(ApiCall& call) {
  const auto campaign = campaign_of(call);
  LaunchOptions options;
  options.plan_hash = call.in_body("plan_hash");
  options.has_public_url = !call.environment.public_url.empty();
  if (const auto not_after = call.given("not_after")) options.not_after = parse_rfc3339(*not_after);
  const auto launched = launch_campaign(call.tx, call.tenant.id, campaign.id, options, call.at);
  return {to_json(campaign, launched, launched.status), 202,
          fmt::format("/campaigns/{}/status", campaign.slug), true};
}

ApiAnswer steered(ApiCall& call, CampaignId id) { return {status_to_json(again(call, id)), 200, "", true}; }

ApiAnswer pause(ApiCall& call) {
  const auto id = campaign_of(call).id;
  pause_campaign(call.tx, call.tenant.id, id, call.at);
  return steered(call, id);
}

ApiAnswer resume(ApiCall& call) {
  const auto id = campaign_of(call).id;
  resume_campaign(call.tx, call.tenant.id, id, call.at);
  return steered(call, id);
}

ApiAnswer cancel(ApiCall& call) {
  const auto id = campaign_of(call).id;
  cancel_campaign(call.tx, call.tenant.id, id, call.at);
  return steered(call, id);
}

ApiAnswer status(ApiCall& call) {
  const auto campaign = campaign_of(call);
  const auto report = read_report(call.tx, call.tenant.id, campaign);
  const auto standing =
      read_standing(call.tx, call.tenant.id, campaign, report, call.environment.receipt_overdue, call.at);
  return {to_json(campaign, report, standing, list_holds(call.tx, call.tenant.id, campaign, call.at))};
}

ApiAnswer verify(ApiCall& call) {
  const auto campaign = campaign_of(call);
  Json checks = Json::array();
  bool holds = true;
  for (const auto& check : verify_campaign(call.tx, call.tenant.id, campaign)) {
    checks.push_back(to_json(check));
    holds = holds && check.holds();
  }
  return {{{"campaign", campaign.slug}, {"holds", holds}, {"checks", checks}}};
}

ApiAnswer explain_one(ApiCall& call) {
  call.needs("consent:read");
  const auto campaign = campaign_of(call);
  const auto msisdn = get_msisdn(call.in_body("to"), call.tenant.country);
  return {
      to_json(explain_number(call.tx, call.tenant.id, campaign, msisdn, call.environment.public_url, call.at),
              campaign.slug, msisdn)};
}

}  // namespace

std::vector<ApiRoute> campaign_routes() {
  auto created = settings(), changed = settings();
  for (auto& field : created) field.is_required = field.name == "template" || field.name == "audience";
  created.push_back(text("campaign", "Its slug.").required().up_to(100));
  changed.push_back(text("campaign", "Another slug.").up_to(100));
  const auto to = text("to", "A number.").required().up_to(100);
  return {
      {"GET",
       "/campaigns",
       "campaigns:read",
       "List campaigns, newest first.",
       page_fields({text("status", "Only with this status.")
                        .one_of({"draft", "running", "paused", "finished", "canceled"})}),
       {},
       all},
      {.method = "POST",
       .path = "/campaigns",
       .scope = "campaigns:write",
       .summary = "Make a campaign: a draft.",
       .query = {},
       .body = created,
       .answer = create,
       .takes_key = true},
      {"GET", "/campaigns/{campaign}", "campaigns:read", "One campaign.", {}, {}, show},
      {.method = "PATCH",
       .path = "/campaigns/{campaign}",
       .scope = "campaigns:write",
       .summary = "Change a draft.",
       .query = {},
       .body = changed,
       .answer = update,
       .needs_match = true},
      {.method = "DELETE",
       .path = "/campaigns/{campaign}",
       .scope = "campaigns:write",
       .summary = "Delete a draft.",
       .query = {},
       .body = {},
       .answer = remove,
       .needs_match = true},
      {.method = "POST",
       .path = "/campaigns/{campaign}/preflight",
       .scope = "campaigns:write",
       .summary = "What a launch would send now, and what it would cost; plan_hash stands for it.",
       .query = {},
       .body = {},
       .answer = preflight,
       .is_long = true},
      {.method = "POST",
       .path = "/campaigns/{campaign}/test",
       .scope = "campaigns:write",
       .summary = "Send the text to one number now.",
       .query = {},
       .body = {to},
       .answer = test,
       .takes_key = true,
       .needs_key = true},
      {.method = "POST",
       .path = "/campaigns/{campaign}/launch",
       .scope = "launch",
       .summary = "Launch what a preflight saw. It cannot be taken back.",
       .query = {},
       .body = {text("plan_hash", "Of the preflight.").required().up_to(64),
                text("not_after", "RFC 3339: refuse to launch later.").up_to(40)},
       .answer = launch,
       .takes_key = true,
       .needs_key = true,
       .is_long = true},
      {"POST",
       "/campaigns/{campaign}/pause",
       "pause",
       "Stop sending it; what is under way ends.",
       {},
       {},
       pause},
      {"POST", "/campaigns/{campaign}/resume", "launch", "Go on sending it.", {}, {}, resume},
      {.method = "POST",
       .path = "/campaigns/{campaign}/cancel",
       .scope = "launch",
       .summary = "End it: what waits is never sent.",
       .query = {},
       .body = {},
       .answer = cancel,
       .is_long = true},
      {"GET",
       "/campaigns/{campaign}/status",
       "campaigns:read",
       "Its numbers now, and what holds it up.",
       {},
       {},
       status},
      {.method = "GET",
       .path = "/events",
       .scope = "campaigns:read",
       .summary = "Campaigns as they go: server-sent events \"campaign\" with the JSON of their status, at "
                  "most one a "
                  "second of each, when it changes.",
       .query = {text("campaign", "Only this one; without it all that run or pause.").up_to(100)},
       .body = {},
       .answer = {},
       .is_stream = true},
      {.method = "GET",
       .path = "/campaigns/{campaign}/verify",
       .scope = "campaigns:read",
       .summary = "The proof that its numbers add up.",
       .query = {},
       .body = {},
       .answer = verify,
       .is_long = true},
      {"POST",
       "/campaigns/{campaign}/explain",
       "campaigns:read",
       "What became of one number, and why.",
       {},
       {to},
       explain_one},
  };
}

}  // namespace smscrm
