// smscrm hours show check update suspend resume: when marketing may leave, by law and by the tenant.
#include "cli/input.hpp"
#include "core/base/text.hpp"
#include "core/contact/contact.hpp"
#include "core/hours/hours_json.hpp"
#include "core/phone/phone.hpp"
#include "core/phone/place.hpp"

namespace smscrm {
namespace {

const std::vector<std::string> kinds{"marketing", "transactional"};
const std::vector<std::string> certainties{"low", "medium", "high"};

struct CheckFlags {
  std::string number, kind = "marketing";
  std::optional<std::string> at, zone, region, tenant_hours;
  std::string certainty;
};

// Of somebody: what the command line says, else what their contact does.
struct Known {
  std::string msisdn, zone, region;
};

Known find_known(Context& context, const std::optional<Tenant>& tenant, const CheckFlags& flags) {
  Known known{get_msisdn(flags.number, tenant ? tenant->country : ""), "", ""};
  if (tenant)
    if (const auto contact =
            context.transaction([&](Tx& tx) { return find_contact(tx, tenant->id, known.msisdn); })) {
      known.zone = contact->timezone;
      known.region = contact->region;
    }
  if (flags.zone) {
    if (!is_timezone(*flags.zone))
      throw Error(Errc::usage, "--zone: \"{}\" is no time zone; one is named as America/New_York",
                  *flags.zone);
    known.zone = *flags.zone;
  }
  if (flags.region) known.region = parse_region(*flags.region);
  return known;
}

void check(Context& context, const CheckFlags& flags) {
  auto& out = context.out();
  // Without one the law alone.
  const auto tenant = context.has_tenant() ? std::optional{context.tenant()} : std::nullopt;
  const auto at = flags.at ? context.read_time("--at", *flags.at, TimeSense::future) : now();
  const auto known = find_known(context, tenant, flags);
  const Whereabouts who{known.msisdn, known.zone, known.region};
  HoursPolicy policy = tenant ? hours_policy_of(*tenant) : HoursPolicy{};
  const bool keeps_law = policy.law.has_value();
  if (!keeps_law) policy.law = Certainty::medium;
  if (!flags.certainty.empty()) policy.law = parse_certainty(flags.certainty);
  if (flags.tenant_hours) policy.own = parse_quiet_hours(*flags.tenant_hours);
  const auto book = context.transaction([](Tx& tx) { return read_hours_book(tx); });
  const auto answer = ask_hours(*book, policy, who, at, flags.kind == "marketing");
  out.print_record(to_json(answer));
  if (answer.zones.empty())
    out.note("nobody knows the time zone of this number; give --zone");
  else if (!answer.next)
    out.note("no hour is open within 20 days: such a message is skipped");
  if (tenant && !keeps_law && flags.certainty.empty())
    out.warn(fmt::format("tenant {0} does not keep them: \"smscrm tenant update {0} --law-hours medium\"",
                         tenant->slug));
}

void show(Context& context, const std::string& typed) {
  const auto jurisdiction = typed.empty() ? typed : parse_region(typed);
  const auto book = context.transaction([](Tx& tx) { return read_hours_book(tx); });
  const auto& law = book->law();
  const auto places = law.jurisdictions({jurisdiction});
  Json rules = Json::array(), suspensions = Json::array(), caps = Json::array();
  for (const auto& rule : law.rules)
    if (jurisdiction.empty() || places.contains(rule.jurisdiction)) rules.push_back(to_json(rule));
  for (const auto& one : law.suspensions)
    if (jurisdiction.empty() || places.contains(one.jurisdiction)) suspensions.push_back(to_json(one));
  for (const auto& cap : law.caps)
    if (jurisdiction.empty() || places.contains(cap.jurisdiction)) caps.push_back(to_json(cap));
  auto& out = context.out();
  if (out.format() != Format::table)
    return out.print_record({{"as_of", law.as_of},
                             {"data", law.version},
                             {"rules", rules},
                             {"suspensions", suspensions},
                             {"caps", caps}});
  ListPrinter table{
      out,
      {"rule", "jurisdiction", "days", "from", "to", "holidays", "certainty", Column{"texts"}.spare(),
       Column{"kind"}.spare(), Column{"since"}.spare(), Column{"until"}.spare()}};
  for (const auto& rule : rules)
    for (const auto& row : rule["rows"]) {
      auto line = row;
      line["rule"] = rule["rule"];
      line["jurisdiction"] = rule["jurisdiction"];
      line["certainty"] = rule["certainty"];
      line["texts"] = rule["texts"];
      line["kind"] = rule["kind"];
      std::vector<std::string> days = row["days"];
      line["days"] = days.size() == 7 ? "all" : join(days, " ");
      table.add(line);
    }
  table.finish("no rule is known for " + jurisdiction);
  for (const auto& one : suspensions)
    out.note(fmt::format("suspended ({}): {} from {} to {}: {}", one["id"].get<std::int64_t>(),
                         one["jurisdiction"].get<std::string>(), one["from"].get<std::string>(),
                         one["to"].get<std::string>(), one["reason"].get<std::string>()));
  for (const auto& one : caps)
    out.note(fmt::format("{}: at most {} of marketing to a number ({} certainty)",
                         one["jurisdiction"].get<std::string>(), one["cap"].get<std::string>(),
                         one["certainty"].get<std::string>()));
  out.note(fmt::format("data {}; a tenant keeps those as sure as its --law-hours, none \"calls only\"",
                       law.version));
}

// From the next message on, and what is held is looked at again.
void touch_all(Context& context) {
  for (const auto tenant : context.transaction([](Tx& tx) { return list_law_abiding(tx); }))
    context.transaction([&](Tx& tx) { touch_hours(tx, tenant, now()); });
  context.wake_senders();
}

struct UpdateFlags {
  std::string file;
  bool older = false, dry_run = false;
};

void update(Context& context, const UpdateFlags& flags) {
  const auto text = read_input(flags.file);
  const auto before = context.transaction([](Tx& tx) { return read_hours_book(tx); });
  HoursLaw law;
  try {
    law = parse_hours_law(text);
  } catch (const Error& error) {
    throw Error(error.code(), "{}: {}", flags.file, error.what());
  }
  std::vector<std::string> added, removed, changed, calendars;
  const auto find = [](const HoursLaw& in, const std::string& name) -> const HoursRule* {
    const auto found = std::ranges::find(in.rules, name, &HoursRule::name);
    return found == in.rules.end() ? nullptr : &*found;
  };
  for (const auto& rule : law.rules) {
    const auto* was = find(before->law(), rule.name);
    if (was == nullptr)
      added.push_back(rule.name);
    else if (to_json(*was) != to_json(rule))
      changed.push_back(rule.name);
  }
  for (const auto& rule : before->law().rules)
    if (find(law, rule.name) == nullptr) removed.push_back(rule.name);
  for (const auto& [name, calendar] : law.calendars)
    if (const auto was = before->law().calendars.find(name);
        was == before->law().calendars.end() || was->second.days != calendar.days)
      calendars.push_back(name);
  if (!flags.dry_run) {
    context.transaction([&](Tx& tx) { load_hours(tx, text, flags.older); });
    touch_all(context);
  }
  auto& out = context.out();
  if (out.format() != Format::table)
    out.print_record({{"before", before->law().version},
                      {"data", law.version},
                      {"added", added},
                      {"changed", changed},
                      {"holidays", calendars},
                      {"removed", removed},
                      {"dry_run", flags.dry_run}});
  const auto tell = [&](const char* what, const std::vector<std::string>& names) {
    if (!names.empty()) out.note(fmt::format("{}: {}", what, join(names, ", ")));
  };
  tell("new", added);
  tell("changed", changed);
  tell("gone", removed);
  tell("holidays changed", calendars);
  out.note(flags.dry_run ? fmt::format("nothing was changed; it would be {}", law.version)
                         : fmt::format("hours go by {} from now on; before, by {}", law.version,
                                       before->law().version));
}

struct SuspendFlags {
  std::string jurisdiction, reason, source;
  std::optional<std::string> from, to;
};

void suspend(Context& context, const SuspendFlags& flags) {
  HoursSuspension wanted{0, parse_region(flags.jurisdiction), now(), {}, flags.reason, flags.source};
  if (flags.from) wanted.from = context.read_time("--from", *flags.from, TimeSense::future);
  wanted.to = context.read_time("--to", *flags.to, TimeSense::future);
  if (wanted.to - std::max(wanted.from, now()) > OpenHours::horizon)
    context.out().confirm(
        "suspend for more than 20 days: messages are not held for so long, but skipped for good");
  const auto made = context.transaction([&](Tx& tx) { return add_suspension(tx, wanted); });
  touch_all(context);
  auto& out = context.out();
  if (out.format() != Format::table) out.print_record(to_json(made));
  out.note(
      fmt::format("no marketing leaves for {} from {} to {}; take it back with \"smscrm hours resume {}\"",
                  made.jurisdiction, format_rfc3339(made.from), format_rfc3339(made.to), made.id));
}

void resume(Context& context, std::int64_t id) {
  context.transaction([&](Tx& tx) { end_suspension(tx, id, now()); });
  touch_all(context);
  if (context.out().format() != Format::table) context.out().print_record({{"id", id}});
  context.out().note("it is suspended no more");
}

}  // namespace

void add_hours(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "hours", "When marketing may leave, by law and by the tenant.",
                        "smscrm hours check +13055550123 --at '2027-01-12 20:30'\n"
                        "smscrm hours show US-TX\n"
                        "smscrm hours suspend US-LA --to '2027-01-15 08:00' --reason 'state of emergency'\n"
                        "smscrm hours update quiet_hours.json --dry-run");
  // The data are one for all tenants.
  noun.preparse_callback([&context](std::size_t) { context.act_for_installation(); });

  auto shown = std::make_shared<std::string>();
  auto& show_verb = add_verb(noun, "show", "Show the rules in force, and what is suspended.",
                             [=, &context] { show(context, *shown); });
  add_positional(show_verb, "region", *shown, "REGION", "FR or US-TX; all by default.")->required(false);

  auto checked = std::make_shared<CheckFlags>();
  auto& check_verb = add_verb(noun, "check", "Say whether a number may be texted at a time, and when next.",
                              [=, &context] { check(context, *checked); });
  add_positional(check_verb, "number", checked->number, "NUMBER", "Whose; its contact is looked at, too.");
  add_flag(check_verb, "--at", checked->at, "TIME", "When; now by default.");
  add_flag(check_verb, "--zone", checked->zone, "ZONE", "IANA zone of the person; else the contact's own.");
  add_flag(check_verb, "--region", checked->region, "REGION",
           "US-FL, of the person; else the contact's own.");
  add_choice(check_verb, "--kind", checked->kind, kinds, "Transactional is held by nothing.");
  add_flag(check_verb, "--tenant-hours", checked->tenant_hours, "HH:MM-HH:MM|off",
           "Quiet hours beside the law's; else the tenant's own.");
  add_choice(check_verb, "--certainty", checked->certainty, certainties,
             "The least that a rule has to be; else the tenant's --law-hours.");

  auto updated = std::make_shared<UpdateFlags>();
  auto& update_verb = add_verb(noun, "update", "Load newer data, for all tenants.",
                               [=, &context] { update(context, *updated); });
  add_positional(update_verb, "file", updated->file, "FILE",
                 "JSON as quiet_hours.json; - is standard input.");
  add_switch(update_verb, "--dry-run", updated->dry_run, "Check it and say what would change.");
  add_switch(update_verb, "--older", updated->older, "Also data that are older than those in force.");

  auto suspended = std::make_shared<SuspendFlags>();
  auto& suspend_verb = add_verb(noun, "suspend", "Let no marketing leave for a country or state for a while.",
                                [=, &context] { suspend(context, *suspended); });
  add_positional(suspend_verb, "region", suspended->jurisdiction, "REGION", "FR or US-LA.");
  add_flag(suspend_verb, "--from", suspended->from, "TIME", "From when; now by default.");
  add_flag(suspend_verb, "--to", suspended->to, "TIME", "Until when.")->required();
  add_flag(suspend_verb, "--reason", suspended->reason, "TEXT", "Why: it is kept and shown.")->required();
  add_flag(suspend_verb, "--source", suspended->source, "TEXT", "Who says so.");

  auto resumed = std::make_shared<std::int64_t>(0);
  auto& resume_verb = add_verb(noun, "resume", "End a suspension, or take it back.",
                               [=, &context] { resume(context, *resumed); });
  add_positional(resume_verb, "id", *resumed, "ID", "As \"smscrm hours show\" names it.");
}

}  // namespace smscrm
