// smscrm audit …: who changed what, and the proof that nobody changed that.
#include <fstream>

#include "cli/export.hpp"
#include "cli/page.hpp"
#include "core/access/access_json.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

struct AuditFlags {
  bool installation = false;
  std::string entry, doer, action, object, since, until, anchor;
  Page page;
};

AuditOwner audit_owner(Context& context, const AuditFlags& flags) {
  if (!flags.installation) return context.tenant().id;
  context.act_for_installation();
  return std::nullopt;
}

void list_entries(Context& context, const AuditFlags& flags) {
  const auto owner = audit_owner(context, flags);
  AuditFilter filter{flags.doer, flags.action, flags.object};
  if (!flags.since.empty()) filter.since = context.read_time("--since", flags.since, TimeSense::past);
  if (!flags.until.empty()) filter.until = context.read_time("--until", flags.until, TimeSense::past);
  if (const auto before = page_id(flags.page)) filter.before = AuditEventId{*before};
  print_listing(
      context, {"entry", "at", "doer", "action", "object", Column{"name"}.spare(), Column{"rows"}.spare(2)},
      flags.page, [&](Tx&) { return list_audit(owner, filter); },
      [](const AuditEvent& event) { return to_json(event); }, "entry",
      "nothing in the audit; every change from now on is");
}

void show_entry(Context& context, const AuditFlags& flags) {
  const auto owner = audit_owner(context, flags);
  const auto id = parse_integer(flags.entry);
  if (!id) throw Error(Errc::usage, "\"{}\" is not the number of an entry", flags.entry);
  context.out().print_record(
      to_json(context.transaction([&](Tx& tx) { return get_audit_event(tx, owner, AuditEventId{*id}); })));
}

void export_entries(Context& context, const AuditFlags& flags) { export_audit(context, flags.installation); }

// What was kept: a checkpoint's line, alone or somewhere in a log, where others' stand, too; the last counts.
AuditCheckpoint read_anchor(const std::string& file, AuditOwner owner) {
  std::ifstream in{file};
  if (!in) throw Error(Errc::usage, "{} cannot be read", file);
  std::optional<AuditCheckpoint> last;
  for (std::string line; std::getline(in, line);) {
    const auto begin = line.find("smscrm-audit-1 ");
    if (begin == std::string::npos) continue;
    auto text = line.substr(begin);
    text = text.substr(0, text.find_first_of("\"'\\"));
    auto found = parse_checkpoint(text);
    if (found.owner == owner || !last || last->owner != owner) last = std::move(found);
  }
  if (!last) throw Error(Errc::usage, "{} has no checkpoint of the audit", file);
  return *last;
}

void verify(Context& context, const AuditFlags& flags) {
  const auto owner = audit_owner(context, flags);
  std::optional<AuditCheckpoint> anchor;
  if (!flags.anchor.empty()) anchor = read_anchor(flags.anchor, owner);
  const auto& key = context.secret_key();
  const auto proof = context.transaction([&](Tx& tx) {
    use_one_snapshot(tx);
    return verify_audit(tx, owner, key, anchor);
  });
  context.out().print_record(to_json(proof));
  if (proof.holds()) return;
  context.out().warn(
      fmt::format("the audit does not hold, from position {}: {}", proof.fault_at, proof.fault));
  context.set_status(ExitStatus::failed);
}

void checkpoint(Context& context, const AuditFlags& flags) {
  const auto owner = audit_owner(context, flags);
  const auto found = context.transaction([&](Tx& tx) { return find_checkpoint(tx, owner); });
  if (!found)
    throw Error(Errc::not_found, "nothing of the audit is sealed yet")
        .with_hint("smscrmd seals it, within a second of each change");
  if (context.out().format() == Format::table)
    return context.out().print_raw(format_checkpoint(*found) + "\n");
  context.out().print_record(to_json(*found));
}

}  // namespace

void add_audit(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "audit", "Who changed what, and the proof that nobody changed that.",
                        "smscrm audit list --since 24h\n"
                        "smscrm audit list --action campaign --doer 'shell anna'\n"
                        "smscrm audit show 4711\n"
                        "smscrm audit verify --anchor checkpoints.txt");
  const auto verb = [&](const char* name, const char* summary,
                        auto run) -> std::pair<CLI::App&, AuditFlags&> {
    auto flags = std::make_shared<AuditFlags>();
    auto& made = add_verb(noun, name, summary, [=, &context] { run(context, *flags); });
    made.add_flag("--installation", flags->installation,
                  "What belongs to no tenant: users and their sign-ins.");
    return {made, *flags};
  };
  auto [list_verb, listed] = verb("list", "List changes, the newest first.", list_entries);
  add_flag(list_verb, "--since", listed.since, "TIME", "Only since then, as 24h or 9:00.");
  add_flag(list_verb, "--until", listed.until, "TIME", "Only before then.");
  add_flag(list_verb, "--doer", listed.doer, "WHO", "Only by them, as the list names them.");
  add_flag(list_verb, "--action", listed.action, "WHAT",
           "As campaign.update, or campaign for all of that kind.");
  add_flag(list_verb, "--object", listed.object, "ID", "Only of the thing with this id.");
  add_page(list_verb, listed.page, "--before", "ENTRY");

  auto [show_verb, shown] = verb("show", "Show a change: what was before, and what after.", show_entry);
  add_positional(show_verb, "entry", shown.entry, "ENTRY", "Its number.");

  auto [verify_verb, verified] =
      verb("verify", "Read the whole audit and prove that nothing in it was changed.", verify);
  add_flag(verify_verb, "--anchor", verified.anchor, "FILE",
           "With a checkpoint that was kept elsewhere: its file, or the daemon's log.");

  verb("checkpoint", "Print the signed head of the audit, to be kept elsewhere.", checkpoint);

  verb("export", "Write the whole audit, in the order of its chain.", export_entries);
}

}  // namespace smscrm
