// /links: short links, and who followed them.
#include "core/link/link.hpp"

#include "core/campaign/campaign.hpp"
#include "core/link/link_json.hpp"
#include "daemon/api/page.hpp"
#include "daemon/api/resources.hpp"

namespace smscrm {
namespace {

// Empty where nothing is known that it could begin with, and of a campaign's, which has one for each
// recipient.
std::string short_url(ApiCall& call, const Link& link) {
  const auto& link_url = link_url_of(call.tenant, call.environment.public_url);
  if (link.campaign || link_url.empty()) return "";
  return format_short_url(link_url, get_link_key(call.tx, call.environment.secret), link.id, MessageId{0});
}

ApiAnswer all(ApiCall& call) {
  LinkFilter filter;
  if (const auto name = call.in_query("campaign"); !name.empty())
    filter.campaign = get_campaign(call.tx, call.tenant.id, name).id;
  if (const auto before = id_cursor_of(call)) filter.before = LinkId{*before};
  return answer_page(
      call, list_links(call.tenant.id, filter), [](const LinkClicks& link) { return to_json(link); },
      [](const LinkClicks& link) { return fmt::format("{}", link.id.value); });
}

ApiAnswer create(ApiCall& call) {
  std::optional<Timestamp> expires;
  if (const auto given = call.given("expires_at")) expires = parse_rfc3339(*given);
  const auto link =
      add_link(call.tx, call.tenant.id, call.in_body("name"), call.in_body("target_url"), expires);
  return {to_json(link, short_url(call, link)), 201, fmt::format("/links/{}", link.id.value)};
}

ApiAnswer show(ApiCall& call) {
  const LinkId id{call.id(0)};
  const auto link = get_link(call.tx, call.tenant.id, id);
  return {to_json(link, count_hits(call.tx, call.tenant.id, id), short_url(call, link))};
}

ApiAnswer update(ApiCall& call) {
  set_link_enabled(call.tx, call.tenant.id, LinkId{call.id(0)}, call.body["enabled"].get<bool>(), call.at);
  return show(call);
}

}  // namespace

std::vector<ApiRoute> link_routes() {
  return {
      {"GET",
       "/links",
       "links:read",
       "List links, newest first.",
       page_fields({text("campaign", "Only those of this campaign.").up_to(100)}),
       {},
       all},
      {.method = "POST",
       .path = "/links",
       .scope = "links:write",
       .summary = "Make a short link by hand.",
       .query = {},
       .body = {text("target_url", "Where it leads; it can never be changed.").required().up_to(2'048),
                text("name", "What it is for.").up_to(200),
                text("expires_at", "RFC 3339: when it ends.").up_to(40)},
       .answer = create,
       .takes_key = true},
      {"GET", "/links/{link}", "links:read", "One link, and its hits.", {}, {}, show},
      {"PATCH",
       "/links/{link}",
       "links:write",
       "End a link, or have it lead on again.",
       {},
       {boolean("enabled", "Whether it leads anywhere.").required()},
       update},
  };
}

}  // namespace smscrm
