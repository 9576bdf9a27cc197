// /webhooks: the tenant's own endpoints, and what they were told.
#include "core/webhook/webhook.hpp"

#include "core/webhook/log.hpp"
#include "core/webhook/webhook_json.hpp"
#include "daemon/api/page.hpp"
#include "daemon/api/resources.hpp"

namespace smscrm {
namespace {

Webhook webhook_of(ApiCall& call) { return get_webhook(call.tx, call.tenant.id, call.parts.at(0)); }

Json with_load(ApiCall& call, const Webhook& webhook) {
  return to_json(webhook, count_deliveries(call.tx, call.tenant.id, webhook.id));
}

std::vector<std::string> events_of(const ApiCall& call) {
  return call.body["events"].get<std::vector<std::string>>();
}

ApiAnswer all(ApiCall& call) {
  return answer_page(
      call, list_webhooks(call.tx, call.tenant.id), [](const Webhook& one) { return to_json(one); },
      [](const Webhook& one) { return one.slug; });
}

ApiAnswer create(ApiCall& call) {
  const auto secret = new_webhook_secret();
  const auto added =
      add_webhook(call.tx, call.environment.secret, call.tenant.id,
                  {call.in_body("webhook"), call.in_body("url"), events_of(call), false}, secret, call.at);
  return {with_secret(to_json(added), secret), 201, "/webhooks/" + added.slug};
}

ApiAnswer update(ApiCall& call) {
  WebhookChange change;
  change.url = call.given("url");
  if (call.body.contains("events")) change.events = events_of(call);
  if (call.body.contains("enabled")) change.enabled = call.body["enabled"].get<bool>();
  return {with_load(call, update_webhook(call.tx, call.environment.secret, call.tenant.id, call.parts.at(0),
                                         change, call.at))};
}

ApiAnswer deliveries(ApiCall& call) {
  DeliveryFilter filter;
  filter.state = call.in_query("state");
  const auto webhook = webhook_of(call).id;
  if (const auto before = id_cursor_of(call)) filter.before = WebhookDeliveryId{*before};
  return answer_page(
      call, list_deliveries(call.tenant.id, webhook, filter),
      [](const LoggedDelivery& one) { return to_json(one); },
      [](const LoggedDelivery& one) { return fmt::format("{}", one.id.value); });
}

}  // namespace

std::vector<ApiRoute> webhook_routes() {
  const auto url = text("url", "Where events go; https.").up_to(2'048);
  const auto events = texts("events", "Which, such as \"message.*\".").up_to(100);
  return {
      {"GET", "/webhooks", "webhooks:read", "List endpoints.", page_fields(), {}, all},
      {.method = "POST",
       .path = "/webhooks",
       .scope = "webhooks:write",
       .summary = "Add an endpoint; its secret is told once.",
       .query = {},
       .body = {text("webhook", "Its slug.").required().up_to(100), url.required(), events.required()},
       .answer = create},
      {"GET",
       "/webhooks/{webhook}",
       "webhooks:read",
       "One endpoint.",
       {},
       {},
       [](ApiCall& call) -> ApiAnswer { return {with_load(call, webhook_of(call))}; }},
      {"PATCH",
       "/webhooks/{webhook}",
       "webhooks:write",
       "Change an endpoint.",
       {},
       {url, events, boolean("enabled", "Whether it is called.")},
       update},
      {"DELETE",
       "/webhooks/{webhook}",
       "webhooks:write",
       "Remove an endpoint.",
       {},
       {},
       [](ApiCall& call) -> ApiAnswer {
         remove_webhook(call.tx, call.tenant.id, webhook_of(call).id, call.at);
         return {{}, 204};
       }},
      {"GET",
       "/webhooks/{webhook}/deliveries",
       "webhooks:read",
       "What it was told, newest first.",
       page_fields({text("state", "Only in this state.").one_of({"waiting", "failed", "delivered"})}),
       {},
       deliveries},
  };
}

}  // namespace smscrm
