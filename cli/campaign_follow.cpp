// smscrm campaign status wait: how far a campaign is, once, again and again, or until it is there.
#include "cli/campaign_follow.hpp"

#include <algorithm>
#include <memory>

#include <poll.h>

#include "cli/campaign.hpp"
#include "cli/campaign_view.hpp"
#include "core/report/report_json.hpp"
#include "core/sending/sending_json.hpp"

namespace smscrm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds look_interval{500};
constexpr std::chrono::minutes longest_outage{5};  // of the database, while somebody waits

volatile std::sig_atomic_t was_interrupted = 0;

bool is_over(CampaignStatus status) {
  return status == CampaignStatus::finished || status == CampaignStatus::canceled;
}

enum class End { reached, canceled, late, interrupted };

// A database that is away is waited for; nullopt: it is.
class Patient {
 public:
  Patient(Context& context, std::string name) : context_(context), name_(std::move(name)) {}

  std::optional<Look> look(View& view) try {
    auto seen = look_at(context_, name_);
    lost_at_.reset();
    return seen;
  } catch (const Error& error) {
    const auto at = Clock::now();
    if (error.code() != Errc::unavailable || at - lost_at_.value_or(at) > longest_outage) throw;
    if (!lost_at_) view.say(fmt::format("{}; waiting for it", error.what()));
    lost_at_ = lost_at_.value_or(at);
    context_.reconnect();
    return std::nullopt;
  }

 private:
  Context& context_;
  const std::string name_;
  std::optional<Clock::time_point> lost_at_;
};

std::pair<Look, End> follow(Context& context, const std::string& name, const Patience& patience, View& view) {
  Patient patient{context, name};
  Look last;
  const auto begin = Clock::now();
  for (bool seen = false;;) {
    if (auto look = patient.look(view)) {
      seen = true;
      last = *std::move(look);
      view.show(last);
      if (last.campaign.status == CampaignStatus::canceled) return {last, End::canceled};
      if (last.standing.stage >= patience.until) return {last, End::reached};
    }
    if (was_interrupted != 0) return {last, End::interrupted};
    if (seen && patience.timeout && Clock::now() - begin >= *patience.timeout) return {last, End::late};
    auto pause = look_interval;
    if (patience.timeout)
      pause = std::min(
          pause, std::chrono::ceil<std::chrono::milliseconds>(*patience.timeout - (Clock::now() - begin)));
    ::poll(nullptr, 0, static_cast<int>(std::max(pause, std::chrono::milliseconds{1}).count()));
    if (was_interrupted != 0) return {last, End::interrupted};
  }
}

void tell_end(Context& context, const Look& look, const Patience& patience, End end) {
  auto& out = context.out();
  const auto& slug = look.campaign.slug;
  const auto to_come = describe(look.standing.to_come);
  switch (end) {
    case End::reached:
      if (!to_come.empty())
        out.note(fmt::format(
            "campaign {} is {}; {}", slug,
            is_over(look.campaign.status) ? to_string(look.campaign.status) : to_string(look.standing.stage),
            to_come));
      return;
    case End::canceled:
      out.warn(fmt::format("campaign {} was canceled", slug));
      return context.set_status(ExitStatus::failed);
    case End::late:
      out.warn(fmt::format(
          "campaign {} is not {} within {}: {} of {} are done, {} wait, {} are in flight, {} unknown{}{}",
          slug, to_string(patience.until), format_duration(*patience.timeout), look.report.done(),
          look.report.recipients(), look.report.waiting, look.report.in_flight, look.report.unknown,
          to_come.empty() ? "" : "; ", to_come));
      out.warn(
          fmt::format("it goes on; wait again with \"smscrm campaign wait {0}\", stop it with"
                      " \"smscrm campaign cancel {0}\"",
                      slug));
      return context.set_status(ExitStatus::unavailable);
    case End::interrupted:
      out.warn(is_over(look.campaign.status)
                   ? fmt::format("campaign {} is {}", slug, to_string(look.campaign.status))
                   : fmt::format("campaign {0} goes on; wait again with \"smscrm campaign wait {0}\", stop it"
                                 " with \"smscrm campaign cancel {0}\"",
                                 slug));
      return context.set_status(ExitStatus::interrupted);
  }
}

void check_launched(Context& context, const std::string& name) {
  const auto campaign = get_campaign(context, name);
  if (campaign.status == CampaignStatus::draft)
    throw Error(Errc::conflict, "campaign \"{}\" was never launched; there is nothing to wait for",
                campaign.slug)
        .with_hint(fmt::format("launch it with \"smscrm campaign launch {}\"", campaign.slug));
}

void wait(Context& context, const std::string& name, const std::string& until,
          const std::optional<std::string>& timeout) {
  Patience patience;
  patience.until = parse_wait(until);
  if (timeout) patience.timeout = parse_duration(*timeout);
  check_launched(context, name);
  const InterruptMark mark;
  const auto look = wait_for(context, name, patience);
  auto& out = context.out();
  if (out.format() != Format::table || !out.quiet()) print_report(out, look);
}

void watch(Context& context, const std::string& name, const std::string& until) {
  Patience patience;
  patience.until = parse_wait(until);
  check_launched(context, name);
  auto& out = context.out();
  auto view = make_watch_view(out);
  const InterruptMark mark;
  const auto [look, end] = follow(context, name, patience, *view);
  view.reset();
  if (out.format() == Format::json || out.format() == Format::csv) print_report(out, look);
  if (end == End::interrupted) tell_end(context, look, patience, end);
  if (end == End::canceled) context.set_status(ExitStatus::failed);
}

}  // namespace

InterruptMark::InterruptMark() {
  struct sigaction mark {};
  mark.sa_handler = [](int) { was_interrupted = 1; };
  ::sigaction(SIGINT, &mark, &before_);
}

bool InterruptMark::is_left() { return was_interrupted != 0; }
InterruptMark::~InterruptMark() { ::sigaction(SIGINT, &before_, nullptr); }

const std::vector<std::string>& wait_words() {
  static const std::vector<std::string> words{"sent", "settled"};
  return words;
}

Stage parse_wait(const std::string& word) { return word == "settled" ? Stage::settled : Stage::sent; }

void print_report(Output& out, const Look& look) {
  if (out.format() == Format::table)
    out.print_raw(with_local_times(
        format_report(look.campaign, look.report, look.standing, look.holds, out.color()), out.zone()));
  else
    out.print_record(to_json(look.campaign, look.report, look.standing, look.holds));
}

void show_report(Context& context, const std::string& name) {
  print_report(context.out(), look_at(context, name));
}

Look look_at(Context& context, const std::string& name) {
  const auto& tenant = context.tenant();
  const auto at = now();
  return context.transaction([&](Tx& tx) {
    use_one_snapshot(tx);
    Look look;
    look.campaign = get_campaign(tx, tenant.id, name);
    look.report = read_report(tx, tenant.id, look.campaign);
    look.standing = read_standing(tx, tenant.id, look.campaign, look.report,
                                  context.config().scheduler.receipt_overdue, at);
    look.holds = list_holds(tx, tenant.id, look.campaign, at);
    return look;
  });
}

Look wait_for(Context& context, const std::string& name, const Patience& patience) {
  auto& out = context.out();
  auto view = make_wait_view(out);
  auto [look, end] = follow(context, name, patience, *view);
  view.reset();
  tell_end(context, look, patience, end);
  return look;
}

void add_campaign_follow(CLI::App& noun, Context& context) {
  struct StatusFlags {
    std::string name, until = "sent";
    bool watch = false;
  };
  auto asked = std::make_shared<StatusFlags>();
  auto& status_verb =
      add_verb(noun, "status", "Show how far it is; the numbers of its report.", [=, &context] {
        asked->watch ? watch(context, asked->name, asked->until) : show_report(context, asked->name);
      });
  add_positional(status_verb, "campaign", asked->name, "CAMPAIGN", "Slug or id.");
  add_switch(status_verb, "--watch", asked->watch, "Show it again and again, until it is there.");
  add_choice(status_verb, "--for", asked->until, wait_words(), "What --watch looks on for; default: sent.");

  struct WaitFlags {
    std::string name, until = "sent";
    std::optional<std::string> timeout;
  };
  auto awaited = std::make_shared<WaitFlags>();
  auto& wait_verb =
      add_verb(noun, "wait", "Wait until a launched campaign is sent, or settled.",
               [=, &context] { wait(context, awaited->name, awaited->until, awaited->timeout); });
  add_positional(wait_verb, "campaign", awaited->name, "CAMPAIGN", "Slug or id.");
  add_choice(wait_verb, "--for", awaited->until, wait_words(),
             "sent: nothing is left but later attempts and receipts (default); settled: these too.");
  add_flag(wait_verb, "--timeout", awaited->timeout, "DURATION", "Give up after so long, with status 7.");
}

}  // namespace smscrm
