// smscrm message …: single messages, whatever sent them.
#include "core/sending/message.hpp"

#include "cli/campaign.hpp"
#include "cli/input.hpp"
#include "cli/page.hpp"
#include "cli/question.hpp"
#include "core/base/text.hpp"
#include "core/campaign/template.hpp"
#include "core/lane/sender.hpp"
#include "core/link/link.hpp"
#include "core/phone/address.hpp"
#include "core/phone/phone.hpp"
#include "core/sending/message_resolve.hpp"
#include "core/sending/sending_json.hpp"
#include "core/sending/transactional.hpp"

namespace smscrm {
namespace {

struct ListFlags {
  std::string campaign, to, kind, sender, since;
  std::vector<std::string> statuses;
  std::optional<int> error_code;
  Page page;
};

const std::vector<std::string> kinds{"campaign", "reply", "test", "transactional"};

std::vector<std::string> status_words() {
  std::vector<std::string> words;
  for (const auto status : message_statuses) words.emplace_back(to_string(status));
  return words;
}

void list(Context& context, const ListFlags& flags) {
  const auto& tenant = context.tenant();
  MessageFilter filter;
  if (!flags.campaign.empty()) filter.campaign = get_campaign(context, flags.campaign);
  for (const auto& status : flags.statuses) filter.statuses.push_back(parse_message_status(status));
  filter.kind = flags.kind;
  filter.error_code = flags.error_code;
  if (!flags.since.empty()) filter.since = context.read_time("--since", flags.since, TimeSense::past);
  if (!flags.to.empty()) filter.msisdn = get_address_key(flags.to, tenant.country);
  if (const auto before = page_id(flags.page)) filter.before = MessageId{*before};
  print_listing(
      context,
      {"id",
       "phone",
       "status",
       {"skip_reason", "why"},
       {"error_code", "error"},
       Column{"error_meaning", "meaning"}.spare(1),
       Column{"campaign"}.spare(2),
       Column{"sender"}.spare(3),
       Column{"parts"}.spare(4),
       "status_at",
       "body"},
      flags.page,
      [&](Tx& tx) {
        if (!flags.sender.empty()) filter.sender = get_sender(tx, tenant.id, flags.sender).id;
        return list_messages(tenant.id, filter);
      },
      [](const Message& message) { return to_json(message); }, "id", "no such messages");
}

void show(Context& context, const std::string& name) {
  const auto& tenant = context.tenant();
  const auto id = parse_integer(name);
  if (!id) throw Error(Errc::usage, "\"{}\" is not a message's id", name);
  const auto [message, events, attempts] = context.transaction([&](Tx& tx) {
    return std::tuple{get_message(tx, tenant.id, {*id}), list_message_events(tx, tenant.id, {*id}),
                      list_message_attempts(tx, tenant.id, {*id})};
  });
  if (context.out().format() != Format::table)
    return context.out().print_record(to_json(message, events, attempts));
  context.out().print_record(to_json(message));
  for (const auto& event : events)
    context.out().print_text(fmt::format("{}  {:<11}  {}  {}\n", format_rfc3339(event.recorded_at),
                                         to_string(event.status), event.source, event.provider_sid));
  for (const auto& attempt : attempts)
    context.out().print_text(fmt::format(
        "{}  attempt {} ended {}{}{}\n", format_rfc3339(attempt.ended_at), attempt.attempt,
        to_string(attempt.status), attempt.error_code ? fmt::format(", error {}", *attempt.error_code) : "",
        attempt.detail.empty() ? "" : ": " + attempt.detail));
}

struct SendFlags {
  std::string to, body_template, sender;
  std::optional<std::string> key;
  BodyFlags body;
  std::vector<std::string> values;
};

void send(Context& context, const SendFlags& flags) {
  const auto& tenant = context.tenant();
  if (flags.key && flags.key->empty()) throw Error(Errc::usage, "--key is empty");
  const auto body = read_body(flags.body);
  if (body.has_value() == !flags.body_template.empty())
    throw Error(Errc::usage, "say what to send with one of --body, --body-file and --template");
  NewTransactional message{.msisdn = get_msisdn(flags.to, tenant.country),
                           .body = body.value_or(""),
                           .values = read_field_values(flags.values),
                           .sender = flags.sender,
                           .key = flags.key.value_or("")};
  const auto& link_url = link_url_of(tenant, context.config().http.public_url);
  const auto queued = context.transaction([&](Tx& tx) {
    context.refuse_erased(tx, message.msisdn);
    if (!body) message.body = get_template(tx, tenant.id, flags.body_template).body;
    const auto shorten = [&](const std::string& target) {
      if (link_url.empty())
        throw Error(Errc::refused, "the short links of the text have nowhere to point")
            .with_hint("set http.public_url in the configuration");
      const auto name = body ? "single messages" : "template " + flags.body_template;
      return shorten_by_hand(tx, tenant.id, name, link_url, get_link_key(tx, context.secret_key()), target);
    };
    return queue_transactional(tx, tenant.id, message, shorten, now());
  });
  context.wake_senders();
  if (context.out().format() != Format::table) context.out().print_record(to_json(queued, message.msisdn));
  context.out().note(fmt::format("{} to {}; see \"smscrm message show {}\"",
                                 queued.replayed ? "queued before with this key, one text" : "queued a text",
                                 message.msisdn, queued.id.value));
}

struct ResolveFlags {
  std::string message, campaign, verdict;
};

void resolve(Context& context, const ResolveFlags& flags) {
  if (flags.message.empty() == flags.campaign.empty())
    throw Error(Errc::usage, "name one message by its id, or all of a campaign with --campaign");
  const auto& tenant = context.tenant();
  const auto verdict = parse_verdict(flags.verdict);
  std::int64_t resolved = 1, asked = 0;
  if (flags.campaign.empty()) {
    const auto id = parse_integer(flags.message);
    if (!id) throw Error(Errc::usage, "\"{}\" is not a message's id", flags.message);
    context.transaction(
        [&](Tx& tx) { resolve_message(tx, tenant.id, {*id}, verdict, operator_name(), now()); });
  } else {
    const auto campaign = get_campaign(context, flags.campaign);
    const auto held = context.transaction([&](Tx& tx) { return count_held(tx, tenant.id, campaign.id); });
    if (held > 0)
      context.out().confirm(
          fmt::format("decide {} unknown messages of campaign {}: {}", held, campaign.slug, flags.verdict));
    std::tie(resolved, asked) = context.transaction([&](Tx& tx) {
      const auto decided = resolve_messages(tx, tenant.id, campaign.id, verdict, operator_name(), now());
      return std::pair{decided, count_asked(tx, tenant.id, campaign.id)};
    });
  }
  context.wake_senders();
  if (context.out().format() != Format::table)
    context.out().print_record(resolved_to_json(resolved, flags.verdict, asked));
  context.out().note(
      fmt::format("resolved {} message{} as {}", resolved, resolved == 1 ? "" : "s", flags.verdict));
  if (asked > 0) context.out().note(fmt::format("the provider is still asked about {} more", asked));
}

}  // namespace

void add_message(CLI::App& root, Context& context) {
  auto& noun =
      add_noun(root, "message", "Single messages, whatever sent them.",
               "smscrm message list --campaign spring --status failed\n"
               "smscrm message list --to +14155552671 -o json\n"
               "smscrm message send --to +14155552671 --body 'Your order is ready' --key order-5213\n"
               "smscrm message resolve --campaign spring --as resend");

  auto wanted = std::make_shared<ListFlags>();
  auto& list_verb =
      add_verb(noun, "list", "List messages, newest first.", [=, &context] { list(context, *wanted); });
  add_flag(list_verb, "--campaign", wanted->campaign, "CAMPAIGN", "Only of this campaign.");
  add_repeated(list_verb, "--status", wanted->statuses, join(status_words(), "|"),
               "Only with this status; several times, with any of them.")
      ->check(CLI::IsMember(status_words()).description(""));
  add_flag(list_verb, "--error", wanted->error_code, "CODE", "Only those that ended with this error.");
  add_flag(list_verb, "--to", wanted->to, "NUMBER", "Only to this number.");
  add_flag(list_verb, "--sender", wanted->sender, "SENDER", "Only from this one.");
  add_choice(list_verb, "--kind", wanted->kind, kinds, "Only of this kind.");
  add_flag(list_verb, "--since", wanted->since, "TIME",
           "Only those whose status changed since, as 24h or 9:00.");
  add_page(list_verb, wanted->page, "--before", "ID");

  auto sent = std::make_shared<SendFlags>();
  auto& send_verb = add_verb(noun, "send", "Send one text now, outside campaigns.",
                             [=, &context] { send(context, *sent); });
  add_flag(send_verb, "--to", sent->to, "NUMBER", "To whom; a contact's fields are filled in.")->required();
  add_body_flags(send_verb, sent->body, "What to send.");
  add_flag(send_verb, "--template", sent->body_template, "TEMPLATE", "Send this text instead.");
  add_repeated(send_verb, "--set", sent->values, "FIELD=VALUE",
               "The value of a field, before the contact's.");
  add_flag(send_verb, "--sender", sent->sender, "SENDER", "From this one; without it, any that may.");
  add_flag(send_verb, "--key", sent->key, "KEY", "Sending again with the same key sends nothing.");

  auto decided = std::make_shared<ResolveFlags>();
  auto& resolve_verb = add_verb(noun, "resolve", "Decide messages that are unknown and held.",
                                [=, &context] { resolve(context, *decided); });
  resolve_verb.add_option("message", decided->message, "Its id.")->type_name("ID");
  add_flag(resolve_verb, "--campaign", decided->campaign, "CAMPAIGN", "All that are held of this campaign.");
  add_choice(resolve_verb, "--as", decided->verdict, {"sent", "resend", "failed"},
             "It arrived; it did not and is sent again; it did not and stays so.")
      ->required();

  auto shown = std::make_shared<std::string>();
  auto& show_verb = add_verb(noun, "show", "Show one message and what happened to it.",
                             [=, &context] { show(context, *shown); });
  add_positional(show_verb, "message", *shown, "ID", "Its id.");
}

}  // namespace smscrm
