// smscrm schedule list cancel, and smscrm campaign schedule: launches at a time.
#include "cli/campaign.hpp"
#include "cli/page.hpp"
#include "core/base/local_time.hpp"
#include "core/campaign/campaign_json.hpp"

namespace smscrm {
namespace {

struct ScheduleFlags {
  std::string campaign, at;
  std::optional<std::string> zone, not_after;
};

// By the clocks of --zone, or else as other times are.
Timestamp read_time_in(Context& context, const ScheduleFlags& flags, const char* flag,
                       const std::string& text) {
  if (!flags.zone) return context.read_time(flag, text, TimeSense::future);
  if (!is_timezone(*flags.zone))
    throw Error(Errc::usage, "--zone: \"{}\" is no time zone; one is named as America/New_York", *flags.zone);
  try {
    return parse_time(text, {now(), *flags.zone}, TimeSense::future);
  } catch (const Error& error) {
    if (error.code() != Errc::invalid) throw;
    throw Error(Errc::usage, "{}: {}", flag, error.what());
  }
}

void schedule(Context& context, const ScheduleFlags& flags) {
  const auto tenant = context.tenant().id;
  NewSchedule planned;
  planned.due_at = read_time_in(context, flags, "--at", flags.at);
  if (flags.not_after) planned.not_after = read_time_in(context, flags, "--not-after", *flags.not_after);
  const auto [made, before] = context.transaction([&](Tx& tx) {
    const auto id = get_campaign(tx, tenant, flags.campaign).id;
    const auto earlier = find_schedule(tx, tenant, id);
    return std::pair{
        schedule_campaign(tx, tenant, id, planned, !context.config().http.public_url.empty(), now()),
        earlier};
  });
  auto& out = context.out();
  if (out.format() != Format::table) out.print_record(to_json(made));
  out.note(fmt::format("campaign {} launches at {}, and not after {}{}", made.campaign_slug,
                       format_rfc3339(made.due_at), format_rfc3339(made.not_after),
                       before ? fmt::format("; before, it was {}", format_rfc3339(before->due_at)) : ""));
  out.note(
      fmt::format("a daemon must run then; its audience is that of the launch. Take it back with"
                  " \"smscrm schedule cancel {}\"",
                  made.campaign_slug));
}

struct ScheduleListFlags {
  std::string status = "planned";
  bool all = false;
  Page page;
};

void list_planned(Context& context, const ScheduleListFlags& flags) {
  const auto tenant = context.tenant().id;
  const auto status = flags.all ? std::nullopt : std::optional{parse_schedule_status(flags.status)};
  std::vector<Json> rows;
  for (const auto& one : context.transaction([&](Tx& tx) { return list_schedules(tx, tenant, status); }))
    rows.push_back(to_json(one));
  const auto empty = !status                              ? std::string{"nothing was ever scheduled"}
                     : *status == ScheduleStatus::planned ? "nothing is scheduled; see also --all"
                                                          : "no schedule is " + flags.status;
  print_page(context, {"id", "campaign", "status", "due_at", "not_after", "ended_at", "reason"}, flags.page,
             rows, "id", empty);
}

void cancel_planned(Context& context, const std::string& name) {
  const auto tenant = context.tenant().id;
  const auto ended = context.transaction(
      [&](Tx& tx) { return cancel_schedule(tx, tenant, get_campaign(tx, tenant, name).id, now()); });
  if (context.out().format() != Format::table) context.out().print_record(to_json(ended));
  context.out().note(
      fmt::format("campaign {} is a draft and launches no more by itself", ended.campaign_slug));
}

}  // namespace

void add_campaign_schedule(CLI::App& noun, Context& context) {
  auto flags = std::make_shared<ScheduleFlags>();
  auto& verb = add_verb(noun, "schedule", "Launch it at a time, once, by the daemon.",
                        [=, &context] { schedule(context, *flags); });
  add_positional(verb, "campaign", flags->campaign, "CAMPAIGN", "Slug or id of a draft.");
  add_flag(verb, "--at", flags->at, "TIME", "When, as \"tomorrow 9:00\" or 2026-12-24T18:00:00Z.")
      ->required();
  add_flag(verb, "--zone", flags->zone, "ZONE", "By whose clocks; else the tenant's.");
  add_flag(verb, "--not-after", flags->not_after, "TIME",
           "Launch no later, if no daemon was there; else an hour after --at. A length counts from now.");
}

void add_schedule(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "schedule", "Campaigns that launch themselves, and when.",
                        "smscrm campaign schedule spring --at 'tomorrow 9:00'\n"
                        "smscrm schedule list\n"
                        "smscrm schedule cancel spring");
  auto listed = std::make_shared<ScheduleListFlags>();
  auto& list_verb = add_verb(noun, "list", "List what is planned, the next first.",
                             [=, &context] { list_planned(context, *listed); });
  auto* status = add_choice(list_verb, "--status", listed->status,
                            {"planned", "launched", "missed", "failed", "canceled"}, "Only these.");
  add_switch(list_verb, "--all", listed->all, "What has ended, too; the newest first.")->excludes(status);
  add_page(list_verb, listed->page, "--after", "ID");

  auto canceled = std::make_shared<std::string>();
  auto& cancel_verb = add_verb(noun, "cancel", "Launch it no more; it stays a draft.",
                               [=, &context] { cancel_planned(context, *canceled); });
  add_positional(cancel_verb, "campaign", *canceled, "CAMPAIGN", "Slug or id.");
}

}  // namespace smscrm
