// smscrm message …: single messages, whatever sent them.
#include "core/sending/message.hpp"

#include "cli/campaign.hpp"
#include "cli/page.hpp"
#include "cli/question.hpp"
#include "core/base/text.hpp"
#include "core/phone/address.hpp"
#include "core/sending/message_resolve.hpp"
#include "core/sending/sending_json.hpp"

namespace smscrm {
namespace {

struct ListFlags {
  std::string campaign, status, to;
  Page page;
};

std::vector<std::string> status_words() {
  std::vector<std::string> words;
  for (const auto status : message_statuses) words.emplace_back(to_string(status));
  return words;
}

void list(Context& context, const ListFlags& flags) {
  const auto& tenant = context.tenant();
  MessageFilter filter;
  if (!flags.campaign.empty()) filter.campaign = get_campaign(context, flags.campaign);
  if (!flags.status.empty()) filter.status = parse_message_status(flags.status);
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
      flags.page, [&](Tx&) { return list_messages(tenant.id, filter); },
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
  auto& noun = add_noun(root, "message", "Single messages: of campaigns, replies and tests.",
                        "smscrm message list --campaign spring --status failed\n"
                        "smscrm message list --to +14155552671 -o json\n"
                        "smscrm message resolve --campaign spring --as resend");

  auto wanted = std::make_shared<ListFlags>();
  auto& list_verb =
      add_verb(noun, "list", "List messages, newest first.", [=, &context] { list(context, *wanted); });
  add_flag(list_verb, "--campaign", wanted->campaign, "CAMPAIGN", "Only of this campaign.");
  add_choice(list_verb, "--status", wanted->status, status_words(), "Only with this status.");
  add_flag(list_verb, "--to", wanted->to, "NUMBER", "Only to this number.");
  add_page(list_verb, wanted->page, "--before", "ID");

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
