// smscrm backup status fence resume: what a database that was restored may have forgotten, and the way back.
// The other verbs are in cli/backup_work.cpp.
#include "cli/backup_work.hpp"
#include "cli/command.hpp"
#include "core/sending/restore.hpp"

namespace smscrm {
namespace {

Json to_json(const Restored& restored) {
  const auto time = [](const std::optional<Timestamp>& at) {
    return at ? Json(format_rfc3339(*at)) : Json(nullptr);
  };
  Json campaigns = Json::array();
  for (const auto& one : restored.campaigns)
    campaigns.push_back({{"tenant", one.tenant}, {"campaign", one.campaign}, {"waiting", one.waiting}});
  return {{"fenced", restored.fence.is_raised()}, {"fenced_at", time(restored.fence.raised_at)},
          {"reason", restored.fence.reason},      {"forgot_after", time(restored.fence.forgot_after)},
          {"campaigns", std::move(campaigns)},    {"single_messages", restored.singles},
          {"schedules", restored.schedules}};
}

std::string count(std::int64_t number, const char* one, const char* many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

void tell(Output& out, const Restored& restored, bool is_over) {
  const auto& fence = restored.fence;
  if (out.format() != Format::table) return out.print_record(to_json(restored));
  if (!fence.is_raised()) return out.note("not fenced: the database is the one that it was");
  if (!is_over) {
    out.note(fmt::format("fenced since {}: {}", format_rfc3339(*fence.raised_at), fence.reason));
    if (fence.forgot_after)
      out.note(
          fmt::format("it may have forgotten what happened after {}: texts that were sent, STOPs, consent,"
                      " replies, launches",
                      format_rfc3339(*fence.forgot_after)));
  }
  const char* has = is_over ? "" : "will be ";
  if (!restored.campaigns.empty())
    out.note(fmt::format("{} {}paused, for their texts may have been sent already:",
                         count(static_cast<std::int64_t>(restored.campaigns.size()), "campaign", "campaigns"),
                         has));
  for (const auto& one : restored.campaigns)
    out.note(fmt::format("  {} of {}: {} waiting", one.campaign, one.tenant, one.waiting));
  if (restored.campaigns.empty() && restored.singles == 0 && restored.schedules == 0)
    out.note("nothing waits to be sent");
  if (restored.singles > 0)
    out.note(fmt::format("{} {}canceled", count(restored.singles, "single message", "single messages"), has));
  if (restored.schedules > 0)
    out.note(fmt::format("{} {}not launched",
                         count(restored.schedules, "scheduled campaign", "scheduled campaigns"), has));
}

void show_status(Context& context) {
  tell(context.out(), context.transaction([](Tx& tx) { return look_at_restored(tx, now()); }), false);
}

void raise(Context& context, const std::string& reason) {
  const auto restored = context.transaction([&](Tx& tx) {
    raise_fence(tx, reason, now());
    return look_at_restored(tx, now());
  });
  if (context.out().format() != Format::table) context.out().print_record(to_json(restored));
  context.out().note("fenced: from the next batch on nothing is sent, in no tenant");
  context.out().note("lift it with \"smscrm backup resume\"");
}

void resume(Context& context) {
  auto& out = context.out();
  const auto restored = context.transaction([](Tx& tx) { return look_at_restored(tx, now()); });
  if (!restored.fence.is_raised())
    throw Error(Errc::conflict, "this database is not fenced: there is nothing to lift");
  if (out.format() == Format::table) tell(out, restored, false);
  out.note(
      "before you go on: opt-outs of that time must be brought in again (\"smscrm consent opt-out\","
      " \"smscrm dnc add\"); no other smscrmd may be running on the old database");
  out.confirm("lift the fence");
  const auto lifted = context.transaction([](Tx& tx) { return lift_fence(tx, now()); });
  if (out.format() != Format::table) out.print_record(to_json(lifted));
  out.note("the fence is lifted");
  if (!lifted.campaigns.empty())
    out.note("what is paused was perhaps sent: look at the provider's log before \"smscrm campaign resume\"");
}

}  // namespace

void add_backup(CLI::App& root, Context& context) {
  auto& noun =
      add_noun(root, "backup", "Backups: made, proven, brought back; and what a restored database forgot.",
               "smscrm backup create\n"
               "smscrm backup verify\n"
               "smscrm backup restore --to /var/lib/postgresql/15/restored --target-time '2026-12-01 14:30'\n"
               "smscrm backup status\n"
               "smscrm backup fence --reason 'before the move to the new machine'\n"
               "smscrm backup resume");
  add_backup_work(noun, context);
  add_verb(noun, "status", "Whether it is fenced, why, and what waits.",
           [&context] { show_status(context); });
  auto reason = std::make_shared<std::string>("by hand");
  auto& fence = add_verb(noun, "fence", "Send nothing more, in no tenant, until \"resume\".",
                         [=, &context] { raise(context, *reason); });
  add_flag(fence, "--reason", *reason, "TEXT", "Why, for whoever finds it so.");
  add_verb(noun, "resume", "Lift the fence: what may have been sent already stays behind.",
           [&context] { resume(context); });
}

}  // namespace smscrm
