// smscrm list …: named sets of contacts.
#include "core/contact/list.hpp"

#include "cli/command.hpp"
#include "cli/input.hpp"
#include "cli/page.hpp"
#include "core/contact/contact_json.hpp"
#include "core/contact/list_change.hpp"

namespace smscrm {
namespace {

struct Flags {
  std::string list, name;
  std::vector<std::string> contacts;
  ListChange change;
  bool if_missing = false;
  Page page;
};

void create(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  if (flags.if_missing)
    if (const auto known = context.transaction([&](Tx& tx) { return find_list(tx, tenant, flags.list); });
        known && known->slug == flags.list) {
      if (context.out().format() != Format::table)
        context.out().print_record(to_json(
            *known, context.transaction([&](Tx& tx) { return count_list_members(tx, tenant, known->id); })));
      return context.out().note(fmt::format("list {} is there already", known->slug));
    }
  const auto list = context.transaction([&](Tx& tx) { return add_list(tx, tenant, flags.list, flags.name); });
  if (context.out().format() != Format::table) context.out().print_record(to_json(list, 0));
  context.out().note(fmt::format("created list {}", list.slug));
}

void list_all(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  std::vector<Json> rows;
  for (const auto& list : context.transaction([&](Tx& tx) { return list_lists(tx, tenant); }))
    rows.push_back(to_json(list, list.contacts));
  print_page(context, {"slug", "name", "contacts", "created_at"}, flags.page, rows, "slug",
             "no lists yet; create one with \"smscrm list create SLUG\"");
}

void show(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  context.out().print_record(context.transaction([&](Tx& tx) {
    const auto list = get_list(tx, tenant, flags.list);
    return to_json(list, count_list_members(tx, tenant, list.id));
  }));
}

void update(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  const auto [list, contacts] = context.transaction([&](Tx& tx) {
    auto changed = update_list(tx, tenant, get_list(tx, tenant, flags.list), flags.change);
    return std::pair{changed, count_list_members(tx, tenant, changed.id)};
  });
  if (context.out().format() != Format::table) context.out().print_record(to_json(list, contacts));
  context.out().note(fmt::format("updated list {}", list.slug));
}

void change(Context& context, const Flags& flags, bool adds) {
  const auto tenant = context.tenant().id;
  const auto msisdns = get_keys(context, flags.contacts);
  const auto changed = context.transaction([&](Tx& tx) {
    const auto list = get_list(tx, tenant, flags.list);
    return adds ? add_list_members(tx, tenant, list.id, msisdns, now())
                : remove_list_members(tx, tenant, list.id, msisdns);
  });
  if (context.out().format() != Format::table)
    context.out().print_record(adds ? added_to_json(changed) : removed_to_json(changed));
  context.out().note(fmt::format("{} {} contact{} {} list {}", adds ? "added" : "removed", changed.changed,
                                 changed.changed == 1 ? "" : "s", adds ? "to" : "from", flags.list));
  report_unknown(context, changed.unknown);
}

void remove(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  const auto list = context.transaction([&](Tx& tx) { return get_list(tx, tenant, flags.list); });
  context.out().confirm(fmt::format("delete list {}; its contacts stay", list.slug));
  context.transaction([&](Tx& tx) { delete_list(tx, tenant, list); });
  context.out().note(fmt::format("deleted list {}", list.slug));
}

}  // namespace

void add_list(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "list", "Named sets of contacts.",
                        "smscrm list create spring --name 'Spring sale'\n"
                        "smscrm list add spring +14155552671 +14155552672\n"
                        "smscrm contact list --list spring");
  const auto verb = [&](const char* name, const char* summary, auto run) -> std::pair<CLI::App&, Flags&> {
    auto flags = std::make_shared<Flags>();
    auto& added = add_verb(noun, name, summary, [=, &context] { run(context, *flags); });
    return {added, *flags};
  };

  auto [create_verb, created] = verb("create", "Create a list.", create);
  add_positional(create_verb, "slug", created.list, "SLUG", "Its name on command lines: a-z, 0-9, - and _.");
  add_flag(create_verb, "--name", created.name, "TEXT", "The name people read.");
  add_switch(create_verb, "--if-missing", created.if_missing, "Leave one that is there as it is; status 0.");

  auto changes = std::make_shared<Flags>();
  auto& update_verb = add_change(noun, "update", "Change the name or the slug; its contacts stay.",
                                 [=, &context] { update(context, *changes); });
  add_positional(update_verb, "list", changes->list, "LIST", "Slug or id.");
  add_flag(update_verb, "--slug", changes->change.slug, "SLUG",
           "A new slug; drafts that are meant for it follow.");
  add_flag(update_verb, "--name", changes->change.name, "TEXT", "The name people read.");

  auto [list_verb, listed] = verb("list", "List all lists with their sizes.", list_all);
  add_page(list_verb, listed.page, "--after", "LIST");

  auto [show_verb, shown] = verb("show", "Show one list.", show);
  add_positional(show_verb, "list", shown.list, "LIST", "Slug or id.");

  auto [add_it, added] =
      verb("add", "Put contacts on a list.", [](Context& c, const Flags& f) { change(c, f, true); });
  add_positional(add_it, "list", added.list, "LIST", "Slug or id.");
  add_positional(add_it, "contacts", added.contacts, "CONTACT", "Their numbers.");

  auto [remove_it, removed] =
      verb("remove", "Take contacts off a list.", [](Context& c, const Flags& f) { change(c, f, false); });
  add_positional(remove_it, "list", removed.list, "LIST", "Slug or id.");
  add_positional(remove_it, "contacts", removed.contacts, "CONTACT", "Their numbers.");

  auto [delete_verb, doomed] = verb("delete", "Delete a list; its contacts stay.", remove);
  add_positional(delete_verb, "list", doomed.list, "LIST", "Slug or id.");
}

}  // namespace smscrm
