// smscrm schedule list cancel, and smscrm campaign schedule: launches at a time.
#include "cli/campaign.hpp"
#include "cli/page.hpp"
#include "core/base/local_time.hpp"
#include "core/campaign/campaign_json.hpp"

namespace smscrm {
namespace {

struct ScheduleFlags {
  std::string campaign;
  std::optional<std::string> at, cron, zone, until, not_after;
  std::string if_passed = "refuse";
};

std::string zone_of(Context& context, const std::optional<std::string>& zone) {
  if (!zone) return context.tenant().timezone;
  if (!is_timezone(*zone))
    throw Error(Errc::usage, "--zone: \"{}\" is no time zone; one is named as America/New_York", *zone);
  return *zone;
}

// By the clocks of --zone, or else as other times are.
Timestamp read_time_in(Context& context, const ScheduleFlags& flags, const char* flag,
                       const std::string& text) {
  if (!flags.zone) return context.read_time(flag, text, TimeSense::future);
  try {
    return parse_time(text, {now(), zone_of(context, flags.zone)}, TimeSense::future);
  } catch (const Error& error) {
    if (error.code() != Errc::invalid) throw;
    throw Error(Errc::usage, "{}: {}", flag, error.what());
  }
}

NewRepeat read_repeat(Context& context, const ScheduleFlags& flags) {
  NewRepeat repeat{*flags.cron, zone_of(context, flags.zone), {}, schedule_grace};
  if (flags.until) repeat.until = read_time_in(context, flags, "--until", *flags.until);
  if (!flags.not_after) return repeat;
  try {
    repeat.grace = parse_duration(*flags.not_after);
  } catch (const Error&) {
    throw Error(Errc::usage,
                "--not-after: \"{}\" is no length; with --cron it counts from the time of each run",
                *flags.not_after)
        .with_hint("such as --not-after 30m");
  }
  return repeat;
}

std::string describe(const Schedule& made) {
  if (made.status == ScheduleStatus::skipped)
    return fmt::format("{} has passed: campaign {} is not launched", format_rfc3339(made.due_at),
                       made.campaign_slug);
  if (made.repeat)
    return fmt::format(
        "campaign {} launches at \"{}\" by the clocks of {}, at {} next{}; each run is a campaign of"
        " its own",
        made.campaign_slug, made.cron, made.zone, format_rfc3339(made.due_at),
        made.until ? fmt::format(" and not after {}", format_rfc3339(*made.until)) : "");
  return fmt::format("campaign {} launches at {}, and not after {}", made.campaign_slug,
                     format_rfc3339(made.due_at), format_rfc3339(made.not_after));
}

Schedule plan(Context& context, Tx& tx, CampaignId id, const ScheduleFlags& flags) {
  const auto tenant = context.tenant().id;
  const bool has_public_url = !context.config().http.public_url.empty();
  if (flags.cron) return repeat_campaign(tx, tenant, id, read_repeat(context, flags), has_public_url, now());
  NewSchedule planned;
  planned.due_at = read_time_in(context, flags, "--at", *flags.at);
  if (flags.not_after) planned.not_after = read_time_in(context, flags, "--not-after", *flags.not_after);
  planned.if_passed = parse_if_passed(flags.if_passed);
  planned.zone = zone_of(context, flags.zone);
  return schedule_campaign(tx, tenant, id, planned, has_public_url, now());
}

void schedule(Context& context, const ScheduleFlags& flags) {
  const auto tenant = context.tenant().id;
  if (!flags.at && !flags.cron)
    throw Error(Errc::usage, "when? give --at, or --cron for one that launches again and again");
  const auto [made, before] = context.transaction([&](Tx& tx) {
    const auto id = get_campaign(tx, tenant, flags.campaign).id;
    const auto earlier = find_schedule(tx, tenant, id);
    return std::pair{plan(context, tx, id, flags), earlier};
  });
  auto& out = context.out();
  if (out.format() != Format::table) out.print_record(to_json(made));
  out.note(describe(made) +
           (before ? fmt::format("; before, it was {}", format_rfc3339(before->due_at)) : ""));
  if (made.status == ScheduleStatus::planned)
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
  print_page(
      context,
      {"id", "campaign", "status", "due_at", Column{"not_after"}.spare(2), "cron", Column{"zone"}.spare(3),
       Column{"last_due_at"}.spare(1), "last_status", "ended_at", "run", "reason"},
      flags.page, rows, "id", empty);
}

struct NextFlags {
  std::optional<std::string> campaign, cron, zone;
  int count = 5;
};

// The times of a campaign, or of an expression that is tried.
std::vector<Json> list_next(Context& context, const NextFlags& flags) {
  std::vector<Json> rows;
  if (flags.cron) {
    const auto zone = zone_of(context, flags.zone);
    const NewRepeat repeat{*flags.cron, zone, {}, schedule_grace};
    auto next = next_run(repeat, now());
    for (int i = 0; i < flags.count && next; ++i, next = next_run(repeat, *next))
      rows.push_back(next_run_to_json("", *next, zone, repeat.grace));
    return rows;
  }
  const auto tenant = context.tenant().id;
  const auto planned = context.transaction([&](Tx& tx) {
    const auto campaign = get_campaign(tx, tenant, *flags.campaign);
    auto found = find_schedule(tx, tenant, campaign.id);
    if (!found) throw Error(Errc::not_found, "nothing is scheduled for campaign \"{}\"", campaign.slug);
    return *std::move(found);
  });
  const auto zone = planned.repeat ? planned.zone : context.tenant().timezone;
  for (const auto due : list_next_runs(planned, flags.count))
    rows.push_back(next_run_to_json(planned.campaign_slug, due, zone, repeat_of(planned).grace));
  return rows;
}

void next(Context& context, const NextFlags& flags) {
  if (!flags.campaign && !flags.cron)
    throw Error(Errc::usage, "of what? name a campaign, or give --cron to try an expression");
  auto rows = list_next(context, flags);
  // As it stands in the other forms; a table shows all times by the tenant's clocks.
  if (context.out().format() == Format::table)
    for (auto& row : rows)
      row["utc"] = format_local(parse_rfc3339(row["due_at"].get<std::string>()), "UTC") + " UTC";
  context.out().print_list({"local", "utc", "zone", "not_after"}, rows, "it has no time within ten years");
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
  auto& verb = add_verb(noun, "schedule", "Launch it at a time, or again and again, by the daemon.",
                        [=, &context] { schedule(context, *flags); });
  add_positional(verb, "campaign", flags->campaign, "CAMPAIGN", "Slug or id of a draft.");
  auto* at =
      add_flag(verb, "--at", flags->at, "TIME", "When, as \"tomorrow 9:00\" or 2026-12-24T18:00:00Z; once.");
  auto* cron =
      add_flag(verb, "--cron", flags->cron, "EXPR",
               "Again and again, as \"0 9 * * mon\": minute, hour, day of the month, month, day of the"
               " week.")
          ->excludes(at);
  add_flag(verb, "--zone", flags->zone, "ZONE", "By whose clocks; else the tenant's.");
  add_flag(verb, "--until", flags->until, "TIME", "Of --cron: the last moment that a run is due.")
      ->needs(cron);
  add_flag(
      verb, "--not-after", flags->not_after, "TIME",
      "Launch no later, if no daemon was there; else an hour after its time. A length counts from now, with"
      " --cron from the time of each run.");
  add_choice(verb, "--if-passed", flags->if_passed, {"skip", "now", "next-day"},
             "Where --at has passed already; else that is an error.")
      ->needs(at);
}

void add_schedule(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "schedule", "Campaigns that launch themselves, and when.",
                        "smscrm campaign schedule spring --at 'tomorrow 9:00'\n"
                        "smscrm campaign schedule weekly --cron '0 9 * * mon' --zone America/New_York\n"
                        "smscrm schedule next weekly --count 3\n"
                        "smscrm schedule list\n"
                        "smscrm schedule cancel spring");
  auto listed = std::make_shared<ScheduleListFlags>();
  auto& list_verb = add_verb(noun, "list", "List what is planned, the next first.",
                             [=, &context] { list_planned(context, *listed); });
  auto* status = add_choice(list_verb, "--status", listed->status,
                            {"planned", "launched", "missed", "failed", "canceled", "overlapped", "skipped"},
                            "Only these.");
  add_switch(list_verb, "--all", listed->all, "What has ended, too; the newest first.")->excludes(status);
  add_page(list_verb, listed->page, "--after", "ID");

  auto asked = std::make_shared<NextFlags>();
  auto& next_verb = add_verb(noun, "next", "Show when it launches next; nothing is changed.",
                             [=, &context] { next(context, *asked); });
  auto* campaign = add_positional(next_verb, "campaign", asked->campaign, "CAMPAIGN", "Slug or id.");
  campaign->required(false);
  auto* cron = add_flag(next_verb, "--cron", asked->cron, "EXPR", "Of this expression instead, to try it.")
                   ->excludes(campaign);
  add_flag(next_verb, "--zone", asked->zone, "ZONE", "Of --cron: by whose clocks; else the tenant's.")
      ->needs(cron);
  add_flag(next_verb, "--count", asked->count, "N", "So many, at most 1000.")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000).description(""));

  auto canceled = std::make_shared<std::string>();
  auto& cancel_verb = add_verb(noun, "cancel", "Launch it no more; it stays a draft.",
                               [=, &context] { cancel_planned(context, *canceled); });
  add_positional(cancel_verb, "campaign", *canceled, "CAMPAIGN", "Slug or id.");
}

}  // namespace smscrm
