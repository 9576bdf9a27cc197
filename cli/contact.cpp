// smscrm contact …: people and what is known of them.
#include "core/contact/contact.hpp"

#include <algorithm>

#include "cli/command.hpp"
#include "cli/contact_privacy.hpp"
#include "cli/input.hpp"
#include "cli/page.hpp"
#include "cli/question.hpp"
#include "core/base/text.hpp"
#include "core/contact/contact_json.hpp"
#include "core/contact/renumber.hpp"
#include "core/inbox/conversation.hpp"
#include "core/phone/phone.hpp"
#include "core/segment/preview.hpp"

namespace smscrm {
namespace {

constexpr int exchanges_shown = 10;

struct Fields {
  std::string number;
  std::optional<std::string> other;  // number
  ContactChange change;
  std::vector<std::string> attributes, forget_attributes, tags, lists;
  std::string consent_source;
};

struct Selection {
  std::string tags;
  std::vector<std::string> numbers;
  std::string list, tag, search, where;
  bool all = false, dry_run = false;
  Page page;
};

void add(Context& context, const Fields& fields) {
  const auto tenant = context.tenant().id;
  NewContact wanted;
  wanted.msisdn = get_msisdn(fields.number, context.tenant().country);
  wanted.first_name = fields.change.first_name.value_or("");
  wanted.last_name = fields.change.last_name.value_or("");
  wanted.email = fields.change.email.value_or("");
  wanted.timezone = fields.change.timezone.value_or("");
  wanted.country = fields.change.country.value_or("");
  wanted.region = fields.change.region.value_or("");
  wanted.external_id = fields.change.external_id.value_or("");
  for (const auto& pair : fields.attributes) wanted.attributes.insert(split_pair(pair));
  wanted.tags = fields.tags;
  const auto contact = context.transaction([&](Tx& tx) {
    context.refuse_erased(tx, wanted.msisdn);
    auto added = add_contact(tx, tenant, wanted);
    for (const auto& name : fields.lists)
      add_list_members(tx, tenant, get_list(tx, tenant, name).id, {added.msisdn}, now());
    if (!fields.consent_source.empty())
      record_consent_of_added(tx, tenant, added.msisdn, fields.consent_source, now());
    return added;
  });
  if (context.out().format() != Format::table) context.out().print_record(to_json(contact));
  context.out().note(fmt::format("added contact {}", contact.msisdn));
  warn_of_odd(context, {contact.msisdn});
}

void show(Context& context, const Fields& fields) {
  const auto tenant = context.tenant().id;
  const auto msisdn = get_key(context, fields.number);
  auto record = Json{};
  std::vector<Json> rows;
  context.transaction([&](Tx& tx) {
    rows.clear();
    record = to_json(get_contact_view(tx, tenant, msisdn));
    for (const auto& exchange : list_conversation(tx, tenant, msisdn, exchanges_shown))
      rows.push_back(to_json(exchange));
  });
  if (context.out().format() != Format::table) {
    record["conversation"] = rows;
    return context.out().print_record(record);
  }
  context.out().print_record(record);
  if (rows.empty()) return;
  context.out().print_raw("\n");
  context.out().print_list({"at", "direction", "status", "body"}, rows);
  if (static_cast<int>(rows.size()) == exchanges_shown)
    context.out().note(fmt::format("more with \"smscrm inbox thread {}\"", msisdn));
}

void update(Context& context, const Fields& fields) {
  const auto tenant = context.tenant().id;
  const auto msisdn = get_key(context, fields.number);
  auto change = fields.change;
  for (const auto& pair : fields.attributes) change.attributes.insert(split_pair(pair));
  change.forget_attributes = fields.forget_attributes;
  const auto to = fields.other ? get_msisdn(*fields.other, context.tenant().country) : msisdn;
  bool carried = false;
  const auto contact = context.transaction([&](Tx& tx) {
    if (to != msisdn) {
      context.refuse_erased(tx, to);
      carried = change_number(tx, tenant, msisdn, to, now()).carried;
    }
    return update_contact(tx, tenant, to, change, now());
  });
  if (context.out().format() != Format::table) context.out().print_record(to_json(contact));
  context.out().note(fmt::format("updated contact {}", contact.msisdn));
  if (to == msisdn) return;
  context.out().note(carried
                         ? fmt::format("who said no with {} is not texted at {} either", msisdn, to)
                         : fmt::format("a consent that was given for {} does not hold for {}", msisdn, to));
  warn_of_odd(context, {to});
}

void merge(Context& context, const Fields& fields) {
  const auto tenant = context.tenant().id;
  const auto msisdn = get_key(context, fields.number), into = get_key(context, *fields.other);
  const auto find = [&](const std::string& number) {
    if (!context.transaction([&](Tx& tx) { return find_contact(tx, tenant, number); }))
      throw Error(Errc::not_found, "there is no contact {}", number)
          .with_hint("\"smscrm contact list --search\" finds by a part of name or number");
  };
  find(msisdn), find(into);
  context.out().confirm(
      fmt::format("make {} and {} one contact, {}, and delete the other", msisdn, into, into));
  const auto merged =
      context.transaction([&](Tx& tx) { return merge_contacts(tx, tenant, msisdn, into, now()); });
  if (context.out().format() != Format::table) context.out().print_record(to_json(merged.contact));
  context.out().note(fmt::format("merged contact {} into {}{}", msisdn, into,
                                 merged.carried ? ", which is not texted, as it was not" : ""));
}

void remove(Context& context, const Fields& fields) {
  const auto tenant = context.tenant().id;
  const auto msisdn = get_key(context, fields.number);
  if (!context.transaction([&](Tx& tx) { return find_contact(tx, tenant, msisdn); }))
    throw Error(Errc::not_found, "there is no contact {}", msisdn);
  context.out().confirm(fmt::format("delete contact {}; its consent ledger and messages are kept", msisdn));
  context.transaction([&](Tx& tx) { delete_contact(tx, tenant, msisdn); });
  context.out().note(fmt::format("deleted contact {}; its consent ledger is kept", msisdn));
}

ContactFilter make_filter(Context& context, const Selection& selection) {
  ContactFilter filter;
  if (!selection.tag.empty()) filter.tag = normalize_tags({selection.tag}).front();
  if (!selection.list.empty()) {
    const auto tenant = context.tenant().id;
    filter.list = context.transaction([&](Tx& tx) { return get_list(tx, tenant, selection.list).id; });
  }
  filter.search = trim(selection.search);
  return filter;
}

// Within the transaction that uses it.
ContactFilter with_rule(Context& context, Tx& tx, const ContactFilter& filter, const std::string& where) {
  if (where.empty()) return filter;
  const auto& tenant = context.tenant();
  return filter_by_rule(tx, tenant.id, filter, get_wanted_rule(tx, tenant.id, where).rule,
                        {now(), tenant.timezone});
}

std::string nothing_found(const Selection& selection) {
  std::vector<std::string> wanted;
  if (!selection.search.empty()) wanted.push_back(fmt::format("matches \"{}\"", selection.search));
  if (!selection.tag.empty()) wanted.push_back(fmt::format("has the tag {}", selection.tag));
  if (!selection.list.empty()) wanted.push_back(fmt::format("is on list {}", selection.list));
  if (!selection.where.empty()) wanted.push_back(fmt::format("is held by the rule {}", selection.where));
  if (!selection.page.begin.empty()) wanted.push_back(fmt::format("comes after {}", selection.page.begin));
  if (!wanted.empty()) return "no contact " + fmt::format("{}", fmt::join(wanted, " and "));
  return "no contacts; add one with \"smscrm contact add NUMBER\" or \"smscrm import run FILE\"";
}

void list(Context& context, const Selection& selection) {
  const auto tenant = context.tenant().id;
  const auto filter = make_filter(context, selection);
  ContactId after{};
  if (!selection.page.begin.empty()) {
    const auto msisdn = get_key(context, selection.page.begin);
    const auto contact = context.transaction([&](Tx& tx) { return find_contact(tx, tenant, msisdn); });
    if (!contact) throw Error(Errc::not_found, "--after: there is no contact {}", msisdn);
    after = contact->id;
  }
  print_listing(
      context, {"phone", "first_name", "last_name", "email", "country", "tags"}, selection.page,
      [&](Tx& tx) { return list_contacts(tenant, with_rule(context, tx, filter, selection.where), after); },
      [&](const Contact& contact) {
        auto row = to_json(contact);
        // As an import reads them.
        if (context.out().format() == Format::csv) row["tags"] = join(contact.tags, ";");
        return row;
      },
      "phone", nothing_found(selection));
}

// Takes a transaction back whose work was only to be looked at.
struct LookedAt {};

void tag(Context& context, const Selection& chosen, bool adds) {
  const bool filtered =
      !chosen.list.empty() || !chosen.tag.empty() || !chosen.search.empty() || !chosen.where.empty();
  if (int{filtered} + int{chosen.all} + int{!chosen.numbers.empty()} != 1)
    throw Error(Errc::usage,
                "whose tags? name contacts, or filter with --list, --tag, --search or --where, or say --all");
  const auto tenant = context.tenant().id;
  ContactSelection selection;
  selection.filter = make_filter(context, chosen);
  if (!chosen.numbers.empty()) selection.msisdns = get_keys(context, chosen.numbers);
  const auto tags = split(chosen.tags, ',');
  const std::vector<std::string> none;
  const auto* word = adds ? "tag" : "untag";
  Tagged done;
  const auto filter = selection.filter;
  const auto change = [&](Tx& tx) {
    selection.filter = with_rule(context, tx, filter, chosen.where);
    done = tag_contacts(tx, tenant, selection, adds ? tags : none, adds ? none : tags, now());
  };
  // What it would do is what it does, taken back.
  if (chosen.dry_run || (chosen.numbers.empty() && can_ask(context.flags.yes))) try {
      context.transaction([&](Tx& tx) {
        change(tx);
        throw LookedAt{};
      });
    } catch (const LookedAt&) {
    }
  if (!chosen.dry_run) {
    if (chosen.numbers.empty() && done.changed > 0)
      ask_at_terminal(context.out(),
                      fmt::format("{} {} of {} contacts: {}", word, done.changed, done.matched, chosen.tags));
    context.transaction(change);
  }
  if (context.out().format() != Format::table) context.out().print_record(to_json(done));
  context.out().note(fmt::format("{}{}{} {} of {} contacts", chosen.dry_run ? "would " : "", word,
                                 chosen.dry_run ? "" : "ged", done.changed, done.matched));
  report_unknown(context, done.unknown);
}

void add_fields(CLI::App& verb, Fields& fields) {
  add_flag(verb, "--first-name", fields.change.first_name, "TEXT", "First name.");
  add_flag(verb, "--last-name", fields.change.last_name, "TEXT", "Last name.");
  add_flag(verb, "--email", fields.change.email, "ADDRESS", "Email address.");
  add_flag(verb, "--timezone", fields.change.timezone, "ZONE", "IANA zone; empty: by the number.");
  add_flag(verb, "--country", fields.change.country, "CC", "ISO 3166-1 country.");
  add_flag(verb, "--region", fields.change.region, "REGION",
           "US-FL, where it is not the number's: hours go by it.");
  add_flag(verb, "--external-id", fields.change.external_id, "TEXT", "What another system calls the person.");
  add_repeated(verb, "--attribute", fields.attributes, "NAME=VALUE", "An attribute for templates.");
}

void add_filters(CLI::App& verb, Selection& selection) {
  add_flag(verb, "--list", selection.list, "LIST", "Only contacts on this list.");
  add_flag(verb, "--tag", selection.tag, "TAG", "Only contacts with this tag.");
  add_flag(verb, "--search", selection.search, "TEXT", "Part of a name, email, external id or number.");
  add_flag(verb, "--where", selection.where, "RULE", "Only whom this rule or segment holds: smscrm segment.");
}

}  // namespace

void add_contact(CLI::App& root, Context& context) {
  auto& noun =
      add_noun(root, "contact", "People and what is known of them.",
               "smscrm contact add '(415) 555-2671' --first-name Anna --tag vip --consent-source 'web form'\n"
               "smscrm contact show +14155552671\n"
               "smscrm contact list --tag vip -o csv\n"
               "smscrm contact tag vip --list spring");

  auto added = std::make_shared<Fields>();
  auto& add_it = add_verb(noun, "add", "Add a contact.", [=, &context] { add(context, *added); });
  add_positional(add_it, "number", added->number, "NUMBER", "The person's number.");
  add_fields(add_it, *added);
  add_repeated(add_it, "--tag", added->tags, "TAG", "A tag.");
  add_repeated(add_it, "--list", added->lists, "LIST", "A list to put the contact on.");
  add_flag(add_it, "--consent-source", added->consent_source, "TEXT",
           "Record an opt-in too: where and how the person agreed.");

  auto listed = std::make_shared<Selection>();
  auto& list_verb = add_verb(noun, "list", "List contacts.", [=, &context] { list(context, *listed); });
  add_filters(list_verb, *listed);
  add_page(list_verb, listed->page, "--after", "CONTACT");

  auto shown = std::make_shared<Fields>();
  auto& show_verb = add_verb(noun, "show", "Show all that is known of one contact.",
                             [=, &context] { show(context, *shown); });
  add_positional(show_verb, "contact", shown->number, "CONTACT", "The contact's number.");

  auto changed = std::make_shared<Fields>();
  auto& update_verb = add_change(noun, "update", "Change a contact; what is not named stays.",
                                 [=, &context] { update(context, *changed); });
  add_positional(update_verb, "contact", changed->number, "CONTACT", "The contact's number.");
  add_fields(update_verb, *changed);
  add_repeated(update_verb, "--forget", changed->forget_attributes, "NAME", "Remove an attribute.");

  add_flag(update_verb, "--phone", changed->other, "NUMBER", "Another number; opt-outs go along with it.");

  auto merged = std::make_shared<Fields>();
  auto& merge_verb =
      add_verb(noun, "merge", "Make two contacts one person's.", [=, &context] { merge(context, *merged); });
  add_positional(merge_verb, "contact", merged->number, "CONTACT", "The contact that goes; opt-outs stay.");
  add_flag(merge_verb, "--into", merged->other, "CONTACT", "The contact that stays.")->required();

  auto doomed = std::make_shared<Fields>();
  auto& delete_verb = add_verb(noun, "delete", "Delete a contact; its consent ledger is kept.",
                               [=, &context] { remove(context, *doomed); });
  add_positional(delete_verb, "contact", doomed->number, "CONTACT", "The contact's number.");

  const auto add_tagging = [&](const char* name, const char* summary, bool adds) {
    auto flags = std::make_shared<Selection>();
    auto& verb = add_verb(noun, name, summary, [=, &context] { tag(context, *flags, adds); });
    add_positional(verb, "tags", flags->tags, "TAG", "The tag, or several with commas between.");
    add_switch(verb, "--dry-run", flags->dry_run, "Say what it would do, and do nothing.");
    add_positional(verb, "contacts", flags->numbers, "CONTACT", "Numbers of contacts.")->required(false);
    add_filters(verb, *flags);
    add_switch(verb, "--all", flags->all, "All contacts of the tenant.");
  };
  add_tagging("tag", "Put tags on contacts.", true);
  add_tagging("untag", "Take tags off contacts.", false);
  add_contact_privacy(noun, context);
}

}  // namespace smscrm
