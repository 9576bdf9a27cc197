// smscrm consent …: what people agreed to, and the proof of it.
#include "core/consent/consent.hpp"

#include <algorithm>

#include "cli/command.hpp"
#include "cli/input.hpp"
#include "cli/page.hpp"
#include "core/base/text.hpp"
#include "core/consent/consent_json.hpp"
#include "core/consent/opt_out_many.hpp"
#include "core/consent/opt_out_scope.hpp"
#include "core/contact/list.hpp"
#include "core/import/import_json.hpp"
#include "core/import/number_list.hpp"
#include "core/import/numbers.hpp"

namespace smscrm {
namespace {

struct Flags {
  std::string number, source, at, as_of, sender, pool;
  std::string list, import, file;  // of opt-out: whose numbers, instead of one
  bool dry_run = false;
  Page page;
};

constexpr std::size_t numbers_at_once = 5'000;  // in a transaction, so that nobody waits long for one

void show_status(Context& context, const std::string& msisdn, const ConsentStatus& status) {
  auto record = to_json(status, msisdn);
  if (context.out().format() == Format::table) {
    record.erase("reason"), record.erase("because");
    record["may_be_texted"] =
        fmt::format("{}, because: {}", refusal(status).empty() ? "yes" : "no", explain(status));
  }
  context.out().print_record(record);
}

bool has_opted_out_of(const ConsentStatus& status, const std::string& scope) {
  if (scope.empty()) return status.state == ConsentState::opted_out;
  return std::find(status.opted_out_of.begin(), status.opted_out_of.end(), scope) !=
         status.opted_out_of.end();
}

// After an opt-in: what it revives, and what it does not.
void warn_of_opt_outs(Context& context, const Flags& flags, const std::string& msisdn,
                      const std::string& scope, bool was_out, const ConsentStatus& after) {
  const bool is_out = has_opted_out_of(after, scope);
  if (was_out)
    context.out().warn(is_out ? fmt::format("{} opted out later than that, and stays opted out", msisdn)
                              : fmt::format("{} had opted out: \"{}\" must prove that the person agreed anew",
                                            msisdn, flags.source));
  std::vector<std::string> others;
  if (after.state == ConsentState::opted_out && !scope.empty()) others.push_back(describe_scope(""));
  for (const auto& other : after.opted_out_of)
    if (other != scope) others.push_back(describe_scope(other));
  if (!others.empty())
    context.out().warn(fmt::format("{} stays opted out of {}", msisdn, fmt::join(others, ", ")));
}

void record(Context& context, const Flags& flags, ConsentAction action) {
  const auto tenant = context.tenant().id;
  const auto msisdn = get_key(context, flags.number);
  const auto moment = now();
  const auto at = flags.at.empty() ? moment : context.read_time("--at", flags.at, TimeSense::past);
  if (at > moment) throw Error(Errc::usage, "--at {} lies in the future", flags.at);
  std::string scope;
  bool was_out = false;
  const auto after = context.transaction([&](Tx& tx) {
    if (action == ConsentAction::opt_in) context.refuse_erased(tx, msisdn);
    scope = find_scope(tx, tenant, flags.sender, flags.pool);
    was_out = has_opted_out_of(get_consent_status(tx, tenant, msisdn), scope);
    record_consent(tx, tenant,
                   {{.msisdn = msisdn,
                     .action = action,
                     .method = ConsentMethod::operator_,
                     .source = flags.source,
                     .occurred_at = at,
                     .scope = scope}});
    return get_consent_status(tx, tenant, msisdn);
  });
  if (context.out().format() != Format::table) context.out().print_record(to_json(after, msisdn));
  context.out().note(fmt::format("recorded the {} of {}{}",
                                 action == ConsentAction::opt_in ? "opt-in" : "opt-out", msisdn,
                                 scope.empty() ? "" : ", " + describe_scope(scope)));
  warn_of_odd(context, {msisdn});
  if (action == ConsentAction::opt_in) warn_of_opt_outs(context, flags, msisdn, scope, was_out, after);
}

// Whose numbers they are, in words, and the numbers.
struct Chosen {
  std::string of;
  std::vector<std::string> numbers;
  Json rejects = Json::array();  // of a file: the lines that are no number
};

Chosen choose(Context& context, const Flags& flags) {
  const auto& tenant = context.tenant();
  Chosen chosen;
  if (!flags.list.empty()) {
    chosen.of = "list " + flags.list;
    chosen.numbers = context.transaction(
        [&](Tx& tx) { return list_numbers_on_list(tx, tenant.id, get_list(tx, tenant.id, flags.list).id); });
  } else if (!flags.import.empty()) {
    const auto id = parse_integer(flags.import);
    if (!id)
      throw Error(Errc::usage, "\"{}\" is no import; they go by their number", flags.import)
          .with_hint("\"smscrm import list\" shows all");
    chosen.of = "import " + flags.import;
    chosen.numbers = context.transaction([&](Tx& tx) {
      return list_numbers_of_import(tx, tenant.id, *get_import(tx, tenant.id, ImportId{*id}).id);
    });
  } else {
    chosen.of = flags.file == "-" ? "standard input" : flags.file;
    const auto text = read_input(flags.file);
    read_number_list(read_from(text), tenant, {}, [&](const ListedNumber& number) {
      if (!number.key.empty()) return chosen.numbers.push_back(number.key);
      context.out().warn(fmt::format("line {}: \"{}\" is not a phone number", number.line, number.text));
      chosen.rejects.push_back(to_json(number));
    });
    std::sort(chosen.numbers.begin(), chosen.numbers.end());
    chosen.numbers.erase(std::unique(chosen.numbers.begin(), chosen.numbers.end()), chosen.numbers.end());
  }
  return chosen;
}

// Calls `use(tx, numbers)` for some at a time, and adds up what it returns.
template <class Use>
std::int64_t sum_of(Context& context, const std::vector<std::string>& numbers, const std::string& doing,
                    Use&& use) {
  Progress progress{context.out(), doing, numbers.size()};
  std::int64_t sum = 0;
  for (std::size_t begin = 0; begin < numbers.size(); begin += numbers_at_once) {
    const auto end = std::min(begin + numbers_at_once, numbers.size());
    const std::vector<std::string> some{numbers.begin() + static_cast<std::ptrdiff_t>(begin),
                                        numbers.begin() + static_cast<std::ptrdiff_t>(end)};
    sum += context.transaction([&](Tx& tx) { return use(tx, some); });
    progress.update(end);
  }
  return sum;
}

void opt_out(Context& context, const Flags& flags) {
  const auto chosen_by = int{!flags.number.empty()} + int{!flags.list.empty()} + int{!flags.import.empty()} +
                         int{!flags.file.empty()};
  if (chosen_by != 1)
    throw Error(Errc::usage, "who wants no more texts? name one number, or --list, --import or --file");
  if (!flags.number.empty()) {
    if (flags.dry_run) throw Error(Errc::usage, "--dry-run goes with --list, --import or --file");
    return record(context, flags, ConsentAction::opt_out);
  }
  auto& out = context.out();
  const auto tenant = context.tenant().id;
  const auto moment = now();
  const auto at = flags.at.empty() ? moment : context.read_time("--at", flags.at, TimeSense::past);
  if (at > moment) throw Error(Errc::usage, "--at {} lies in the future", flags.at);
  const auto scope =
      context.transaction([&](Tx& tx) { return find_scope(tx, tenant, flags.sender, flags.pool); });
  const auto chosen = choose(context, flags);
  const auto count = static_cast<std::int64_t>(chosen.numbers.size());
  auto changed = sum_of(context, chosen.numbers, "reading", [&](Tx& tx, const auto& some) {
    return count_not_opted_out(tx, tenant, some, scope);
  });
  const auto words = [&] {
    return fmt::format("{} of {} numbers of {}{}", changed, count, chosen.of,
                       scope.empty() ? "" : ", " + describe_scope(scope));
  };
  if (!flags.dry_run && changed > 0) {
    out.confirm("opt out " + words());
    changed = sum_of(context, chosen.numbers, "opting out", [&](Tx& tx, const auto& some) {
      return opt_out_many(tx, tenant, some, flags.source, at, scope);
    });
  }
  if (out.format() != Format::table)
    out.print_record({{"numbers", count},
                      {"opted_out", changed},
                      {"unchanged", count - changed},
                      {"rejected", chosen.rejects.size()},
                      {"rejects", chosen.rejects},
                      {"dry_run", flags.dry_run}});
  out.note(flags.dry_run ? fmt::format("would opt out {}; nothing was changed", words())
                         : fmt::format("opted out {}; the others were opted out before", words()));
  if (!chosen.rejects.empty()) context.set_status(ExitStatus::partly);
}

void show(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  const auto msisdn = get_key(context, flags.number);
  show_status(context, msisdn,
              context.transaction([&](Tx& tx) { return get_consent_status(tx, tenant, msisdn); }));
}

void history(Context& context, const Flags& flags) {
  const auto tenant = context.tenant().id;
  const auto msisdn = get_key(context, flags.number);
  std::optional<Timestamp> as_of;
  if (!flags.as_of.empty()) as_of = context.read_time("--as-of", flags.as_of, TimeSense::past);
  const auto events =
      context.transaction([&](Tx& tx) { return list_consent_events(tx, tenant, msisdn, as_of); });
  std::vector<Json> rows;
  for (const auto& event : events) rows.push_back(to_json(event, msisdn));
  print_page(context, {"recorded_at", Column{"occurred_at"}.spare(), "action", "method", "source", "scope"},
             flags.page, rows, "recorded_at", "the ledger knows nothing of " + msisdn);
  std::vector<std::string> scopes;
  for (const auto& scope : fold_opted_out_scopes(events)) scopes.push_back(describe_scope(scope));
  context.out().note(fmt::format("consent{}: {}{}{}", as_of ? " as of " + context.out().time(*as_of) : "",
                                 to_string(fold_consent(events)), scopes.empty() ? "" : ", opted out of ",
                                 fmt::join(scopes, ", ")));
}

void add_scope_flags(CLI::App& verb, Flags& flags) {
  auto* sender = add_flag(verb, "--sender", flags.sender, "SENDER", "Only for what leaves from this sender.");
  add_flag(verb, "--pool", flags.pool, "NAME", "Only for what leaves from the senders of this pool.")
      ->excludes(sender);
}

}  // namespace

void add_consent(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "consent", "What people agreed to, and the proof of it.",
                        "smscrm consent opt-in +14155552671 --source 'signed form 17' --at 2026-05-01\n"
                        "smscrm consent opt-out +14155552671 --source 'phone call'\n"
                        "smscrm consent opt-out +14155552671 --sender +15005550006\n"
                        "smscrm consent opt-out --import 7 --source 'the wrong file' --dry-run\n"
                        "smscrm consent show +14155552671\n"
                        "smscrm consent history +14155552671 --as-of 2026-05-01T12:00:00Z");
  const auto verb = [&](const char* name, const char* summary, auto run) -> std::pair<CLI::App&, Flags&> {
    auto flags = std::make_shared<Flags>();
    auto& added = add_verb(noun, name, summary, [=, &context] { run(context, *flags); });
    add_positional(added, "number", flags->number, "NUMBER", "The person's number.");
    return {added, *flags};
  };

  auto [in_verb, in] = verb("opt-in", "Record that somebody agreed to be texted.",
                            [](Context& c, const Flags& f) { record(c, f, ConsentAction::opt_in); });
  add_flag(in_verb, "--source", in.source, "TEXT", "The proof: where and how the person agreed.")->required();
  add_flag(in_verb, "--at", in.at, "TIME",
           "When the person did, as 2026-11-29, \"2h ago\"; without it, now.");
  add_scope_flags(in_verb, in);

  auto [out_verb, out] = verb("opt-out", "Record that somebody wants no more texts.",
                              [](Context& c, const Flags& f) { opt_out(c, f); });
  out_verb.get_option("number")->required(false);
  add_flag(out_verb, "--list", out.list, "LIST", "Everybody on this list.");
  add_flag(out_verb, "--import", out.import, "IMPORT", "Everybody that this import brought, or spoke for.");
  add_flag(out_verb, "--file", out.file, "FILE",
           "The numbers of a file: one a line, or any that \"import run\" reads.");
  add_switch(out_verb, "--dry-run", out.dry_run, "Say how many they are, and change nothing.");
  out.source = "operator";
  add_flag(out_verb, "--source", out.source, "TEXT", "How you know.")->capture_default_str();
  add_flag(out_verb, "--at", out.at, "TIME",
           "When the person did, as 2026-11-29, \"2h ago\"; without it, now.");
  add_scope_flags(out_verb, out);

  verb("show", "Say whether a number may be texted, and why.", show);

  auto [history_verb, past] = verb("history", "Print the ledger of a number, oldest first.", history);
  add_flag(history_verb, "--as-of", past.as_of, "TIME", "Only what was recorded until then.");
  add_page(history_verb, past.page, "--after", "TIME");
}

}  // namespace smscrm
