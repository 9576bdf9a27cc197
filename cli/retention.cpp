// smscrm retention …: how long what is personal is kept, and what may not go meanwhile.
#include "core/privacy/retention.hpp"

#include "cli/command.hpp"
#include "cli/input.hpp"
#include "cli/page.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const auto& kind : retention_kinds()) names.emplace_back(kind.name);
  return names;
}

void show(Context& context) {
  const auto tenant = context.tenant().id;
  std::vector<Json> rows;
  bool is_any_set = false;
  for (const auto& one : context.transaction([&](Tx& tx) { return list_retention(tx, tenant, now()); })) {
    auto& row = rows.emplace_back(to_json(one));
    is_any_set = is_any_set || one.days;
    for (const auto& kind : retention_kinds())
      if (kind.name == one.kind) row["what"] = kind.about;
  }
  context.out().print_list({"kind", "days", {"rows", "rows gone"}, {"lag_seconds", "lag s"}, "what"}, rows);
  if (!is_any_set)
    context.out().note("everything is kept for ever; set a time with \"smscrm retention set texts 90d\"");
}

// "90d", or "90".
int read_days(const std::string& text) {
  if (const auto days = parse_integer(text); days && *days >= 1 && *days <= 36'500)
    return static_cast<int>(*days);
  const auto length = parse_duration(text);
  if (length < std::chrono::days{1} || length % std::chrono::days{1} != std::chrono::seconds{0})
    throw Error(Errc::usage, "\"{}\" is no number of days; write 90d", text);
  return static_cast<int>(std::min<std::int64_t>(length / std::chrono::days{1}, 36'501));
}

struct SetFlags {
  std::string kind, days;
};

void change(Context& context, const std::string& kind, std::optional<int> days) {
  const auto tenant = context.tenant().id;
  const auto all = context.transaction([&](Tx& tx) {
    set_retention(tx, tenant, kind, days);
    return list_retention(tx, tenant, now());
  });
  if (context.out().format() == Format::table) return;
  for (const auto& one : all)
    if (one.kind == kind) context.out().print_record(to_json(one));
}

void set(Context& context, const SetFlags& flags) {
  const auto days = read_days(flags.days);
  context.out().confirm(
      fmt::format("erase {} for good that are older than {} days, from now on", flags.kind, days));
  change(context, flags.kind, days);
  context.out().note(fmt::format("{} are kept for {} days; a daemon erases what is older", flags.kind, days));
}

void keep(Context& context, const SetFlags& flags) {
  change(context, flags.kind, std::nullopt);
  context.out().note(fmt::format("{} are kept for ever from now on", flags.kind));
}

struct HoldFlags {
  std::string number, reason, id;
  Page page;
};

void tell(Context& context, const LegalHold& hold, const std::string& note) {
  if (context.out().format() != Format::table) context.out().print_record(to_json(hold));
  context.out().note(note);
}

void begin_hold(Context& context, const HoldFlags& flags) {
  const auto tenant = context.tenant().id;
  const auto msisdn = flags.number.empty() ? std::nullopt : std::optional{get_key(context, flags.number)};
  const auto hold =
      context.transaction([&](Tx& tx) { return add_hold(tx, tenant, msisdn, flags.reason, now()); });
  tell(context, hold,
       fmt::format("legal hold {}: nothing of {} is erased until \"smscrm retention release {}\"",
                   hold.id.value, msisdn.value_or("this tenant"), hold.id.value));
}

LegalHoldId parse_hold_id(const std::string& text) {
  const auto id = parse_integer(text);
  if (!id || *id < 1) throw Error(Errc::usage, "\"{}\" is no number of a legal hold", text);
  return LegalHoldId{*id};
}

void end_hold(Context& context, const HoldFlags& flags) {
  const auto tenant = context.tenant().id;
  const auto id = parse_hold_id(flags.id);
  context.out().confirm(fmt::format("release legal hold {}: what is too old is erased then", id.value));
  const auto hold = context.transaction([&](Tx& tx) { return release_hold(tx, tenant, id, now()); });
  tell(context, hold, fmt::format("released legal hold {}", id.value));
}

void list_all_holds(Context& context, const HoldFlags& flags) {
  const auto tenant = context.tenant().id;
  const auto before =
      flags.page.begin.empty() ? std::nullopt : std::optional{parse_hold_id(flags.page.begin)};
  print_listing(
      context, {"id", "phone", "reason", "began_at", "released_at"}, flags.page,
      [&](Tx&) { return list_legal_holds(tenant, before); },
      [](const LegalHold& hold) { return to_json(hold); }, "id", "no legal holds");
}

}  // namespace

void add_retention(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "retention", "How long what is personal is kept.",
                        "smscrm retention show\n"
                        "smscrm retention set texts 90d\n"
                        "smscrm retention hold +14155552671 --reason 'case 12/2026'");

  add_verb(noun, "show", "Show how long each kind is kept, and how far that is done.",
           [&context] { show(context); });

  auto set_flags = std::make_shared<SetFlags>();
  auto& set_verb =
      add_verb(noun, "set", "Erase what is older, from now on.", [=, &context] { set(context, *set_flags); });
  add_positional(set_verb, "kind", set_flags->kind, "KIND", "texts, agents, rejects or changes.")
      ->check(CLI::IsMember(kind_names()));
  add_positional(set_verb, "days", set_flags->days, "DAYS", "How long, as 90d.");

  auto kept = std::make_shared<SetFlags>();
  auto& keep_verb =
      add_verb(noun, "keep", "Keep a kind for ever again.", [=, &context] { keep(context, *kept); });
  add_positional(keep_verb, "kind", kept->kind, "KIND", "texts, agents, rejects or changes.")
      ->check(CLI::IsMember(kind_names()));

  auto held = std::make_shared<HoldFlags>();
  auto& hold_verb = add_verb(noun, "hold", "Begin a legal hold: nothing is erased.",
                             [=, &context] { begin_hold(context, *held); });
  add_positional(hold_verb, "contact", held->number, "CONTACT", "Of this number alone; else of the tenant.")
      ->required(false);
  add_flag(hold_verb, "--reason", held->reason, "TEXT", "Why, for whoever is refused by it.")->required();

  auto released = std::make_shared<HoldFlags>();
  auto& release_verb =
      add_verb(noun, "release", "End a legal hold.", [=, &context] { end_hold(context, *released); });
  add_positional(release_verb, "id", released->id, "ID", "Number of the hold.");

  auto listed = std::make_shared<HoldFlags>();
  auto& holds_verb = add_verb(noun, "holds", "List legal holds, newest first.",
                              [=, &context] { list_all_holds(context, *listed); });
  add_page(holds_verb, listed->page, "--before", "ID");
}

}  // namespace smscrm
