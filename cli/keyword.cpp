// smscrm keyword …: a tenant's own keywords, what is answered to them and the lists that they join.
#include "cli/page.hpp"
#include "cli/question.hpp"
#include "core/contact/list.hpp"
#include "core/inbox/inbox_json.hpp"

namespace smscrm {
namespace {

struct Flags {
  std::string word;
  std::optional<std::string> reply, list;
  bool stops = false;
  Page page;
};

std::optional<ListId> find_list_id(Tx& tx, TenantId tenant, const std::optional<std::string>& slug) {
  return slug && !slug->empty() ? std::optional{get_list(tx, tenant, *slug).id} : std::nullopt;
}

void show_change(Context& context, const KeywordReply& keyword, const char* what) {
  if (context.out().format() != Format::table) context.out().print_record(to_json(keyword));
  context.out().note(fmt::format("{} keyword {}", what, keyword.word));
}

void create(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  show_change(context, context.transaction([&](Tx& tx) {
    return add_keyword(tx, tenant, flags.word, flags.reply.value_or(""), find_list_id(tx, tenant, flags.list),
                       flags.stops);
  }),
              "created");
}

void list_all(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  std::vector<Json> rows;
  for (const auto& keyword : context.transaction([&](Tx& tx) { return list_keywords(tx, tenant); }))
    rows.push_back(to_json(keyword));
  print_page(context, {"keyword", "list", "stops", "reply"}, flags.page, rows, "keyword",
             "no keywords; STOP, START and HELP need none");
}

void update(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  show_change(context, context.transaction([&](Tx& tx) {
    std::optional<std::optional<ListId>> list;
    if (flags.list) list = find_list_id(tx, tenant, flags.list);
    return update_keyword(tx, tenant, flags.word, flags.reply, list, now());
  }),
              "updated");
}

void remove(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  ask_at_terminal(context.out(), fmt::format("delete keyword {}", keyword_form(flags.word)));
  context.transaction([&](Tx& tx) { delete_keyword(tx, tenant, flags.word); });
  context.out().note(fmt::format("deleted keyword {}", keyword_form(flags.word)));
}

}  // namespace

void add_keyword(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "keyword", "Words that people text, and what is answered to them.",
                        "smscrm keyword create JOIN --list spring --reply 'Welcome! Reply STOP to leave.'\n"
                        "smscrm keyword create HOURS --reply 'Hi {{first_name|there}}, we are open 9 to 5.'\n"
                        "smscrm keyword create BYE --stop\n"
                        "smscrm keyword list");
  const auto verb = [&](const char* name, const char* summary, auto run) -> std::pair<CLI::App&, Flags&> {
    auto flags = std::make_shared<Flags>();
    auto& added = add_verb(noun, name, summary, [=, &context] { run(context, *flags); });
    return {added, *flags};
  };
  auto [create_verb, created] = verb("create", "Create a keyword.", create);
  add_positional(create_verb, "word", created.word, "WORD", "The whole text, whatever its case and accents.");
  add_flag(create_verb, "--reply", created.reply, "TEXT",
           "What is answered, with {{fields}} of the contact.");
  add_flag(create_verb, "--list", created.list, "LIST",
           "Put whoever texts it on this list, consent recorded.");
  add_switch(create_verb, "--stop", created.stops, "Opt out whoever texts it, as STOP does.");

  auto [list_verb, listed] = verb("list", "List all keywords.", list_all);
  add_page(list_verb, listed.page, "--after", "WORD");

  auto updated = std::make_shared<Flags>();
  auto& update_verb = add_change(noun, "update", "Change a keyword; what is not named stays.",
                                 [=, &context] { update(context, *updated); });
  add_positional(update_verb, "word", updated->word, "WORD", "The keyword.");
  add_flag(update_verb, "--reply", updated->reply, "TEXT", "What is answered; empty: nothing.");
  add_flag(update_verb, "--list", updated->list, "LIST", "The list that it joins; empty: none.");

  auto [delete_verb, doomed] = verb("delete", "Delete a keyword.", remove);
  add_positional(delete_verb, "word", doomed.word, "WORD", "The keyword.");
}

}  // namespace smscrm
