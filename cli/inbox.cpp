// smscrm inbox …: what people wrote to us.
#include "core/inbox/inbox.hpp"

#include "cli/command.hpp"
#include "cli/input.hpp"
#include "cli/page.hpp"
#include "core/campaign/campaign.hpp"
#include "core/inbox/conversation.hpp"
#include "core/inbox/inbox_json.hpp"
#include "core/phone/address.hpp"

namespace smscrm {
namespace {

struct ListFlags {
  InboxFilter filter;
  std::string from;
  bool no_keywords = false;
  Page page;
};

void list(Context& context, ListFlags flags) {
  const auto tenant = context.tenant().id;
  if (!flags.from.empty()) flags.filter.msisdn = get_address_key(flags.from, context.tenant().country);
  flags.filter.keywords = !flags.no_keywords;
  if (const auto before = page_id(flags.page)) flags.filter.before = InboundId{*before};
  print_listing(
      context,
      {"id", "received_at", Column{"answered_at"}.spare(3), "phone", Column{"name"}.spare(),
       Column{"campaign"}.spare(4), Column{"keyword"}.spare(2), "body"},
      flags.page,
      [&](Tx& tx) {
        auto& campaign = flags.filter.campaign;
        if (!campaign.empty()) campaign = get_campaign(tx, tenant, campaign).slug;
        return list_inbound(tenant, flags.filter);
      },
      [](const Inbound& inbound) { return to_json(inbound); }, "id", "nothing in the inbox");
}

void show(Context& context, std::int64_t id) {
  const auto tenant = context.tenant().id;
  context.out().print_record(to_json(context.transaction([&](Tx& tx) {
    const auto inbound = get_inbound(tx, tenant, InboundId{id});
    mark_read(tx, tenant, inbound.id, now());
    return inbound;
  })));
}

struct ThreadFlags {
  std::string number;
  int limit = 50;
};

void thread(Context& context, const ThreadFlags& flags) {
  const auto& tenant = context.tenant();
  const auto msisdn = get_address_key(flags.number, tenant.country);
  std::vector<Json> rows;
  for (const auto& exchange :
       context.transaction([&](Tx& tx) { return list_conversation(tx, tenant.id, msisdn, flags.limit); }))
    rows.push_back(to_json(exchange));
  context.out().print_list({"at", "direction", "status", "sender", "campaign", "body"}, rows,
                           fmt::format("nothing was written to {}, and nothing came from it", msisdn));
  if (static_cast<int>(rows.size()) == flags.limit)
    context.out().note(fmt::format("these are the last {}; --limit shows more", flags.limit));
}

struct ReplyFlags {
  std::int64_t id = 0;
  BodyFlags body;
};

void reply(Context& context, const ReplyFlags& flags) {
  const auto tenant = context.tenant().id;
  const auto body = read_body(flags.body);
  if (!body)
    throw Error(Errc::usage, "an answer needs a body").with_hint("add --body TEXT or --body-file FILE");
  const auto answer = context.transaction(
      [&](Tx& tx) { return answer_inbound(tx, tenant, InboundId{flags.id}, *body, now()); });
  context.wake_senders();
  if (context.out().format() != Format::table) context.out().print_record(to_json(answer));
  context.out().note(fmt::format("queued reply to {}; \"smscrm message show {}\" tells what becomes of it",
                                 answer.msisdn, answer.message.value));
}

void review(Context& context, const Page& page) {
  const auto tenant = context.tenant().id;
  std::optional<InboundId> after;
  if (const auto id = page_id(page)) after = InboundId{*id};
  print_listing(
      context, {"id", "due_at", "phone", "campaign", "body"}, page,
      [&](Tx&) { return list_reviews(tenant, after); },
      [](const OptOutReview& text) { return to_json(text); }, "id", "nothing to review");
}

void decide(Context& context, std::int64_t id, bool is_opt_out) {
  const auto tenant = context.tenant().id;
  const auto text = context.transaction([&](Tx& tx) {
    (is_opt_out ? accept_review : dismiss_review)(tx, tenant, InboundId{id}, now());
    mark_read(tx, tenant, InboundId{id}, now());
    return get_inbound(tx, tenant, InboundId{id});
  });
  context.wake_senders();
  if (context.out().format() != Format::table) context.out().print_record(to_json(text));
  context.out().note(is_opt_out ? fmt::format("opted out {}", text.msisdn)
                                : fmt::format("{} stays as it was", text.msisdn));
}

}  // namespace

void add_inbox(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "inbox", "Texts that people wrote to us.",
                        "smscrm inbox list --unread\n"
                        "smscrm inbox list --campaign spring --no-keywords -o json\n"
                        "smscrm inbox thread +14155552671\n"
                        "smscrm inbox reply 17 --body 'Thank you, see you then!'\n"
                        "smscrm inbox review\n"
                        "smscrm inbox accept 18");

  auto listed = std::make_shared<ListFlags>();
  auto& list_verb =
      add_verb(noun, "list", "List texts, newest first.", [=, &context] { list(context, *listed); });
  add_switch(list_verb, "--unread", listed->filter.unread_only, "Only those nobody has opened.");
  add_switch(list_verb, "--no-keywords", listed->no_keywords, "Leave STOP, START, HELP and keywords out.");
  add_flag(list_verb, "--campaign", listed->filter.campaign, "CAMPAIGN", "Only answers to this campaign.");
  add_flag(list_verb, "--from", listed->from, "NUMBER", "Only from this number.");
  add_page(list_verb, listed->page, "--before", "ID");

  auto shown = std::make_shared<std::int64_t>();
  auto& show_verb =
      add_verb(noun, "show", "Show one text and mark it read.", [=, &context] { show(context, *shown); });
  add_positional(show_verb, "id", *shown, "ID", "As inbox list shows it.");

  auto threaded = std::make_shared<ThreadFlags>();
  auto& thread_verb = add_verb(noun, "thread", "Show what was written to a number and what came back.",
                               [=, &context] { thread(context, *threaded); });
  add_positional(thread_verb, "number", threaded->number, "NUMBER", "The person's number.");
  add_flag(thread_verb, "--limit", threaded->limit, "N", "The last so many.")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();

  auto replied = std::make_shared<ReplyFlags>();
  auto& reply_verb =
      add_verb(noun, "reply", "Answer a text and mark it read.", [=, &context] { reply(context, *replied); });
  add_positional(reply_verb, "id", replied->id, "ID", "As inbox list shows it.");
  add_body_flags(reply_verb, replied->body, "What to answer.");

  auto reviewed = std::make_shared<Page>();
  auto& review_verb = add_verb(noun, "review", "List texts that may be opt-outs, the most urgent first.",
                               [=, &context] { review(context, *reviewed); });
  add_page(review_verb, *reviewed, "--after", "ID");

  auto accepted = std::make_shared<std::int64_t>();
  auto& accept_verb = add_verb(noun, "accept", "It was an opt-out: record it as one.",
                               [=, &context] { decide(context, *accepted, true); });
  add_positional(accept_verb, "id", *accepted, "ID", "As inbox review shows it.");

  auto dismissed = std::make_shared<std::int64_t>();
  auto& dismiss_verb =
      add_verb(noun, "dismiss", "It was no opt-out.", [=, &context] { decide(context, *dismissed, false); });
  add_positional(dismiss_verb, "id", *dismissed, "ID", "As inbox review shows it.");
}

}  // namespace smscrm
