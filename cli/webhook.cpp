// smscrm webhook …: the tenant's own endpoints, and what was delivered to them.
#include "core/webhook/webhook.hpp"

#include "cli/page.hpp"
#include "core/base/text.hpp"
#include "core/webhook/webhook_json.hpp"

namespace smscrm {
namespace {

struct Flags {
  std::string name;
  std::optional<std::string> url, events;
  bool enable = false, disable = false, new_secret = false, allow_http = false;
  bool failed = false, waiting = false;
  std::optional<std::string> delivery;
  std::string since;
  Page page;
};

std::vector<std::string> parse_events(const std::string& text) {
  std::vector<std::string> events;
  for (const auto& pattern : split(text, ','))
    if (!trim(pattern).empty()) events.emplace_back(trim(pattern));
  return events;
}

Webhook find(Context& context, const std::string& name) {
  const auto tenant = context.tenant().id;
  return context.transaction([&](Tx& tx) { return get_webhook(tx, tenant, name); });
}

void warn_of_clear_text(Context& context, const Webhook& webhook) {
  if (webhook.url.starts_with("http://"))
    context.out().warn(
        fmt::format("webhook {} is called by http://: its events travel in clear", webhook.slug));
}

// The one moment at which it can be read.
void show_secret(Context& context, const Webhook& webhook, const std::string& secret) {
  context.out().print_record(with_secret(to_json(webhook), secret));
  context.out().note("the secret is shown this once; the endpoint checks signatures with it");
}

void add(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  const auto& key = context.secret_key();
  const auto secret = new_webhook_secret();
  const auto webhook = context.transaction([&](Tx& tx) {
    return add_webhook(
        tx, key, tenant,
        {flags.name, flags.url.value_or(""), parse_events(flags.events.value_or("")), flags.allow_http},
        secret, now());
  });
  show_secret(context, webhook, secret);
  warn_of_clear_text(context, webhook);
  context.out().note(
      fmt::format("added webhook {}; try it with \"smscrm webhook test {}\"", webhook.slug, webhook.slug));
}

void list_all(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  std::vector<Json> rows;
  context.transaction([&](Tx& tx) {
    rows.clear();
    const auto webhooks = list_webhooks(tx, tenant);
    std::vector<WebhookId> ids;
    for (const auto& webhook : webhooks) ids.push_back(webhook.id);
    const auto loads = count_deliveries(tx, tenant, ids);
    for (const auto& webhook : webhooks) rows.push_back(to_json(webhook, loads.at(webhook.id)));
  });
  print_page(context,
             {"webhook", "state", Column{"events"}.spare(2), "waiting", "failed", "url",
              Column{"last_error"}.spare()},
             flags.page, rows, "webhook", "no webhooks; add one with \"smscrm webhook add\"");
}

void show(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  Json record;
  context.transaction([&](Tx& tx) {
    const auto webhook = get_webhook(tx, tenant, flags.name);
    record = to_json(webhook, count_deliveries(tx, tenant, webhook.id));
  });
  context.out().print_record(record);
}

void update(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  const auto& key = context.secret_key();
  if (flags.enable && flags.disable) throw Error(Errc::usage, "a webhook is enabled or disabled, not both");
  WebhookChange change;
  change.url = flags.url;
  change.allow_http = flags.allow_http;
  if (flags.events) change.events = parse_events(*flags.events);
  if (flags.new_secret) change.secret = new_webhook_secret();
  if (flags.enable || flags.disable) change.enabled = flags.enable;
  const auto webhook =
      context.transaction([&](Tx& tx) { return update_webhook(tx, key, tenant, flags.name, change, now()); });
  if (change.secret)
    show_secret(context, webhook, *change.secret);
  else if (context.out().format() != Format::table)
    context.out().print_record(to_json(webhook));
  context.out().note(fmt::format("updated webhook {}", webhook.slug));
  if (change.url) warn_of_clear_text(context, webhook);
}

void remove(Context& context, const Flags& flags) {
  const auto webhook = find(context, flags.name);
  const auto tenant = context.tenant().id;
  context.out().confirm(fmt::format("remove webhook {} with all that waits for it", webhook.slug));
  context.transaction([&](Tx& tx) { remove_webhook(tx, tenant, webhook.id, now()); });
  context.out().note(fmt::format("removed webhook {}", webhook.slug));
}

void test(Context& context, const Flags& flags) {
  const auto webhook = find(context, flags.name);
  const auto tenant = context.tenant().id;
  const auto& key = context.secret_key();
  const auto secret =
      context.transaction([&](Tx& tx) { return get_webhook_secret(tx, key, tenant, webhook.id); });
  const auto& settings = context.config().webhook;
  const auto guard = std::make_shared<const AddressGuard>(settings.allow_networks, "webhook.allow_networks");
  const WebhookMessage message{"evt_test_" + hex_encode(random_bytes(16)), "webhook.test", now(),
                               context.tenant().slug, Json{{"webhook", webhook.slug}}.dump()};
  const auto result = http_request(webhook_call(webhook.url, secret, message, settings, guard, now()));
  const auto answer = judge_webhook(result);
  const bool answered = result.failure == HttpFailure::none;
  context.out().print_record(to_json(webhook, message.id, result, answer));
  if (answer.delivered) return context.out().note("the endpoint took it");
  const bool is_private = answer.error.ends_with("has no public address");
  context.out().warn(
      fmt::format("webhook {} did not take it: {}{}", webhook.slug, answer.error,
                  is_private ? "; if its network is yours, name that in webhook.allow_networks" : ""));
  const bool later = !answered || result.status == 429 || result.status >= 500;
  context.set_status(later ? ExitStatus::unavailable : ExitStatus::failed);
}

void deliveries(Context& context, const Flags& flags) {
  const auto webhook = find(context, flags.name);
  const auto tenant = context.tenant().id;
  if (flags.failed && flags.waiting)
    throw Error(Errc::usage, "a delivery waits or has failed; name one of --failed and --waiting");
  DeliveryFilter filter;
  if (flags.failed) filter.state = "failed";
  if (flags.waiting) filter.state = "waiting";
  print_listing(
      context,
      {"delivery",
       "created_at",
       "type",
       Column{"key"}.spare(3),
       "state",
       Column{"attempts"}.spare(2),
       {"http_status", "HTTP"},
       Column{"due_at"}.spare(),
       "error"},
      flags.page,
      [&](Tx& tx) {
        const auto id = [&](const std::string& name) {
          return get_delivery_id(tx, tenant, webhook.id, name);
        };
        if (flags.delivery) filter.id = id(*flags.delivery);
        if (!flags.page.begin.empty()) filter.before = id(flags.page.begin);
        return list_deliveries(tenant, webhook.id, filter);
      },
      [](const LoggedDelivery& delivery) { return to_json(delivery); }, "delivery", "no such deliveries");
}

void replay(Context& context, const Flags& flags) {
  const auto webhook = find(context, flags.name);
  const auto tenant = context.tenant().id;
  if (flags.delivery.has_value() == !flags.since.empty())
    throw Error(Errc::usage, "what to replay? name a --delivery, or a time with --since");
  if (flags.failed && flags.delivery)
    throw Error(Errc::usage, "--failed goes with --since; a delivery that is named is replayed in any case");
  std::int64_t replayed = 1;
  if (flags.delivery) {
    context.transaction([&](Tx& tx) {
      replay_delivery(tx, tenant, webhook.id, get_delivery_id(tx, tenant, webhook.id, *flags.delivery),
                      now());
    });
  } else {
    const auto since = context.read_time("--since", flags.since, TimeSense::past);
    replayed = context.transaction(
        [&](Tx& tx) { return replay_deliveries(tx, tenant, webhook.id, since, flags.failed, now()); });
  }
  if (context.out().format() != Format::table)
    context.out().print_record(replayed_to_json(webhook, replayed));
  context.out().note(fmt::format("{} to be delivered again", replayed));
  if (webhook.disabled_at)
    context.out().warn(
        fmt::format("webhook {} is disabled; \"smscrm webhook update {} --enable\" lets them go",
                    webhook.slug, webhook.slug));
}

}  // namespace

void add_webhook(CLI::App& root, Context& context) {
  auto& noun =
      add_noun(root, "webhook", "Endpoints of your own that hear of events.",
               "smscrm webhook add crm --url https://crm.example/hooks/sms --events 'message.*,inbound'\n"
               "smscrm webhook test crm\n"
               "smscrm webhook deliveries crm --failed\n"
               "smscrm webhook replay crm --since 2026-05-01T09:00:00Z --failed");
  const auto verb = [&](const char* name, const char* summary, auto run) -> std::pair<CLI::App&, Flags&> {
    auto flags = std::make_shared<Flags>();
    auto& made = add_verb(noun, name, summary, [=, &context] { run(context, *flags); });
    return {made, *flags};
  };
  auto [first_verb, added] = verb("add", "Add an endpoint; prints its secret, once.", add);
  add_positional(first_verb, "webhook", added.name, "NAME", "A name for it: a slug.");
  add_flag(first_verb, "--url", added.url, "URL", "Where events are posted to.")->required();
  add_flag(first_verb, "--events", added.events, "EVENTS",
           "What it hears of: types and families, separated by commas.")
      ->required();
  add_switch(first_verb, "--allow-http", added.allow_http,
             "Take a URL of http://: numbers and texts in clear.");

  auto [list_verb, listed] = verb("list", "List all endpoints.", list_all);
  add_page(list_verb, listed.page, "--after", "WEBHOOK");

  auto [show_verb, shown] = verb("show", "Show an endpoint, and what waits for it.", show);
  add_positional(show_verb, "webhook", shown.name, "WEBHOOK", "The webhook.");

  auto updated = std::make_shared<Flags>();
  auto& update_verb = add_change(noun, "update", "Change an endpoint; what is not named stays.",
                                 [=, &context] { update(context, *updated); });
  add_positional(update_verb, "webhook", updated->name, "WEBHOOK", "The webhook.");
  add_flag(update_verb, "--url", updated->url, "URL", "Where events are posted to.");
  add_flag(update_verb, "--events", updated->events, "EVENTS", "What it hears of.");
  add_switch(update_verb, "--allow-http", updated->allow_http, "With --url: take one of http://.");
  add_switch(update_verb, "--new-secret", updated->new_secret, "Sign with a new secret from now on.");
  add_switch(update_verb, "--enable", updated->enable, "Deliver again; what waits is tried at once.");
  add_switch(update_verb, "--disable", updated->disable, "Deliver nothing; events are not kept meanwhile.");

  auto [remove_verb, doomed] = verb("remove", "Remove an endpoint and what waits for it.", remove);
  add_positional(remove_verb, "webhook", doomed.name, "WEBHOOK", "The webhook.");

  auto [test_verb, tested] = verb("test", "Post a test event and show the answer.", test);
  add_positional(test_verb, "webhook", tested.name, "WEBHOOK", "The webhook.");

  auto [log_verb, logged] = verb("deliveries", "List what was delivered, waits or failed.", deliveries);
  add_positional(log_verb, "webhook", logged.name, "WEBHOOK", "The webhook.");
  add_switch(log_verb, "--failed", logged.failed, "Only those given up.");
  add_switch(log_verb, "--waiting", logged.waiting, "Only those to be delivered yet.");
  add_flag(log_verb, "--delivery", logged.delivery, "ID", "Only this one: its number, or evt_….");
  add_page(log_verb, logged.page, "--before", "ID");

  auto [replay_verb, replayed] = verb("replay", "Deliver again, with the same ids.", replay);
  add_positional(replay_verb, "webhook", replayed.name, "WEBHOOK", "The webhook.");
  add_flag(replay_verb, "--delivery", replayed.delivery, "ID",
           "This one, whatever became of it: its number, or evt_….");
  add_flag(replay_verb, "--since", replayed.since, "TIME",
           "All that happened since then and does not wait, as 6h before now.");
  add_switch(replay_verb, "--failed", replayed.failed, "With --since: only those given up.");
}

}  // namespace smscrm
