// smscrm campaign preflight test launch pause resume cancel: what makes messages leave, or stops them.
#include <csignal>
#include <map>
#include <set>

#include <poll.h>

#include "cli/campaign.hpp"
#include "core/campaign/campaign_json.hpp"
#include "core/phone/phone.hpp"
#include "core/sending/sending_json.hpp"

namespace smscrm {
namespace {

constexpr std::chrono::milliseconds wait_interval{500};
constexpr std::chrono::minutes longest_outage{5};  // of the database, while somebody waits

void print_plan(Output& out, const Campaign& campaign, const Plan& plan, Timestamp at) {
  std::string text = fmt::format("{:<12}{}\n", "audience", plan.audience);
  for (const auto& [reason, contacts] : plan.skipped)
    text += fmt::format("{:<12}{} {}\n", "  skipped", contacts, reason);
  text += fmt::format("{:<12}{}\n", "recipients", plan.recipients);
  for (const auto& [reason, contacts] : plan.held)
    text += fmt::format("{:<12}{} {}, were it launched now\n", "  held", contacts, reason);
  text += fmt::format("{:<12}{} ({} GSM-7, {} UCS-2 texts)\n", "parts", plan.parts, plan.gsm7, plan.ucs2);
  if (!plan.cost.empty()) text += fmt::format("{:<12}{} {}, at least\n", "cost", plan.cost, plan.currency);
  if (plan.finishes_at)
    text += fmt::format(
        "{:<12}{} after its launch: {} if that is now\n", "finished",
        format_duration(std::chrono::duration_cast<std::chrono::milliseconds>(*plan.finishes_at - at)),
        format_rfc3339(*plan.finishes_at));
  text += fmt::format("{:<12}{}\n", "plan hash", plan.plan_hash);
  for (const auto& warning : plan.warnings) {
    text += fmt::format("warning: {}", warning.message);
    if (warning.contact) text += fmt::format(" (first: contact {}", warning.contact->value);
    if (warning.offset) text += fmt::format(", at byte {}", *warning.offset);
    text += warning.contact ? ")\n" : "\n";
  }
  if (plan.can_launch())
    text +=
        fmt::format("launch it: smscrm campaign launch {} --plan-hash {}\n", campaign.slug, plan.plan_hash);
  out.print_text(text);
}

void preflight(Context& context, const std::string& name) {
  const auto& tenant = context.tenant();
  const auto at = now();
  const auto campaign = get_campaign(context, name);
  const auto plan = context.transaction([&](Tx& tx) {
    use_one_snapshot(tx);
    return plan_campaign(tx, tenant.id, campaign, context.config().http.public_url, at);
  });
  if (context.out().format() == Format::table) {
    print_plan(context.out(), campaign, plan, at);
  } else {
    context.out().print_record(to_json(campaign, plan));
  }
}

void test(Context& context, const std::string& name, const std::string& to) {
  const auto& tenant = context.tenant();
  const auto msisdn = get_msisdn(to, tenant.country);
  const auto message = context.transaction(
      [&](Tx& tx) { return queue_test(tx, tenant.id, get_campaign(tx, tenant.id, name), msisdn, now()); });
  context.wake_senders();
  if (context.out().format() != Format::table) context.out().print_record(queued_to_json(message, msisdn));
  context.out().note(
      fmt::format("queued a test to {}; see \"smscrm message show {}\"", msisdn, message.value));
}

volatile std::sig_atomic_t interrupted = 0;

// Ctrl-C ends the waiting, not the campaign: for as long as this lives it only leaves a mark.
class InterruptMark {
 public:
  InterruptMark() {
    struct sigaction mark {};
    mark.sa_handler = [](int) { interrupted = 1; };
    ::sigaction(SIGINT, &mark, &before_);
  }
  ~InterruptMark() { ::sigaction(SIGINT, &before_, nullptr); }
  InterruptMark(const InterruptMark&) = delete;

 private:
  struct sigaction before_ {};
};

bool is_over(CampaignStatus status) {
  return status == CampaignStatus::finished || status == CampaignStatus::canceled;
}

// Where nobody looks on, a line now and then keeps a pipeline's log alive.
class PlainProgress {
 public:
  PlainProgress(Output& out, bool shown) : out_(out), shown_(shown) {}

  void update(const Campaign& campaign, const CampaignReport& report) {
    const auto at = std::chrono::steady_clock::now();
    if (!shown_ || at < next_) return;
    next_ = at + std::chrono::seconds{10};
    const auto seconds = std::chrono::duration<double>(at - begin_).count();
    const auto rate = seconds > 1 ? static_cast<double>(report.done() - first_) / seconds : 0;
    if (first_ < 0) first_ = report.done();
    std::string line = fmt::format("{} {}: {} of {}", campaign.slug, to_string(campaign.status),
                                   report.done(), report.recipients());
    if (rate > 0)
      line += fmt::format(", {:.0f}/s, {} left", rate,
                          format_duration(std::chrono::milliseconds{static_cast<std::int64_t>(
                              1000.0 * static_cast<double>(report.recipients() - report.done()) / rate)}));
    out_.note(line);
  }

 private:
  using Clock = std::chrono::steady_clock;
  Output& out_;
  bool shown_;
  std::int64_t first_ = -1;
  Clock::time_point begin_ = Clock::now(), next_{};
};

// What somebody who waits for a campaign is shown, again and again.
class Follower {
 public:
  Follower(Context& context, std::string name)
      : context_(context), tenant_(context.tenant().id), name_(std::move(name)) {}

  // One more look; true when the campaign is over. A database that is away for a while is waited for.
  bool look() try {
    const auto [campaign, report, holds] = context_.transaction([&](Tx& tx) {
      auto current = get_campaign(tx, tenant_, name_);
      auto numbers = read_report(tx, tenant_, current);
      auto held = list_holds(tx, tenant_, current, now());
      return std::tuple{std::move(current), std::move(numbers), std::move(held)};
    });
    lost_at_.reset();
    if (!bar_) {
      bar_.emplace(context_.out(), campaign.slug, static_cast<std::uint64_t>(report.recipients()));
      lines_.emplace(context_.out(), !bar_->shown());
    }
    if (campaign.status == CampaignStatus::paused)
      tell("paused",
           fmt::format("held: campaign {0} is paused; run \"smscrm campaign resume {0}\"", campaign.slug));
    for (const auto& hold : holds) {
      const bool counts = hold.code != "daily_cap" && hold.code != "lane_paused";
      tell(counts ? hold.code : hold.message, format_hold(hold));
    }
    bar_->update(static_cast<std::uint64_t>(report.done()));
    lines_->update(campaign, report);
    return is_over(campaign.status);
  } catch (const Error& error) {
    const auto at = std::chrono::steady_clock::now();
    if (error.code() != Errc::unavailable || at - lost_at_.value_or(at) > longest_outage) throw;
    if (!lost_at_) warn(fmt::format("{}; waiting for it", error.what()));
    lost_at_ = lost_at_.value_or(at);
    context_.reconnect();
    return false;
  }

 private:
  // Once for each `mark`: what counts messages, or has the last error, has other words at each look.
  void tell(const std::string& mark, const std::string& hold) {
    if (told_.insert(mark).second) warn(hold);
  }
  void warn(const std::string& text) {
    if (bar_) bar_->erase();
    context_.out().warn(text);
  }

  Context& context_;
  const TenantId tenant_;
  const std::string name_;
  std::optional<Progress> bar_;
  std::optional<PlainProgress> lines_;
  std::set<std::string> told_;
  std::optional<std::chrono::steady_clock::time_point> lost_at_;  // the database
};

// Returns false when interrupted; needs an InterruptMark.
bool wait_for_end(Context& context, const std::string& name) {
  for (Follower follower{context, name};;) {
    if (follower.look()) return true;
    ::poll(nullptr, 0, static_cast<int>(wait_interval.count()));
    if (interrupted != 0) return false;
  }
}

struct LaunchFlags {
  std::string name;
  std::optional<std::string> key, not_after, plan_hash;
  bool wait = false;
};

void launch(Context& context, const LaunchFlags& flags) {
  const auto& tenant = context.tenant();
  LaunchOptions options;
  // A script's variable that was never set must not launch without the guard that it stands for.
  if (flags.key && flags.key->empty()) throw Error(Errc::usage, "--key is empty");
  options.key = flags.key.value_or("");
  options.plan_hash = flags.plan_hash;
  options.has_public_url = !context.config().http.public_url.empty();
  if (flags.not_after) options.not_after = parse_rfc3339(*flags.not_after);
  const auto name = fmt::format("{}", get_campaign(context, flags.name).id.value);
  std::optional<InterruptMark> mark;
  if (flags.wait) mark.emplace();
  const auto launched = context.transaction([&](Tx& tx) {
    return launch_campaign(tx, tenant.id, get_campaign(tx, tenant.id, name).id, options, now());
  });
  context.wake_senders();
  auto campaign = get_campaign(context, name);
  context.out().note(
      launched.replayed
          ? fmt::format("campaign {} was launched before with this key", campaign.slug)
          : fmt::format("launched campaign {} to an audience of {}", campaign.slug, launched.audience));
  const bool followed = !flags.wait || wait_for_end(context, name);
  if (flags.wait) campaign = get_campaign(context, name);
  if (context.out().format() != Format::table) {
    context.out().print_record(to_json(campaign, launched, flags.wait ? campaign.status : launched.status));
  } else if (flags.wait) {
    const auto report = context.transaction([&](Tx& tx) { return read_report(tx, tenant.id, campaign); });
    context.out().print_raw(format_report(campaign, report, {}, context.out().color()));
  }
  if (!followed) {
    context.out().warn(
        fmt::format("campaign {0} goes on; stop it with \"smscrm campaign cancel {0}\"", campaign.slug));
    context.set_status(ExitStatus::interrupted);
  } else if (flags.wait && campaign.status == CampaignStatus::canceled) {
    context.set_status(ExitStatus::failed);
  }
}

// pause, resume and cancel: `change` does it and returns what to say.
template <class Change>
void steer(Context& context, const std::string& name, const Change& change) {
  const auto& tenant = context.tenant();
  const auto [campaign, said] = context.transaction([&](Tx& tx) {
    const auto found = get_campaign(tx, tenant.id, name);
    auto words = change(tx, tenant.id, found);
    return std::pair{get_campaign(tx, tenant.id, fmt::format("{}", found.id.value)), std::move(words)};
  });
  context.wake_senders();
  if (context.out().format() != Format::table) context.out().print_record(status_to_json(campaign));
  context.out().note(said);
}

std::string pause(Tx& tx, TenantId tenant, const Campaign& campaign) {
  pause_campaign(tx, tenant, campaign.id, now());
  return fmt::format("paused campaign {}", campaign.slug);
}

std::string resume(Tx& tx, TenantId tenant, const Campaign& campaign) {
  resume_campaign(tx, tenant, campaign.id, now());
  return fmt::format("campaign {} is running", campaign.slug);
}

std::string cancel(Tx& tx, TenantId tenant, const Campaign& campaign) {
  const auto messages = cancel_campaign(tx, tenant, campaign.id, now());
  return fmt::format("canceled campaign {}; {} messages do not leave", campaign.slug, messages);
}

}  // namespace

void add_campaign_launch(CLI::App& noun, Context& context) {
  auto planned = std::make_shared<std::string>();
  auto& preflight_verb = add_verb(noun, "preflight", "Show what a launch would send, and what it would cost.",
                                  [=, &context] { preflight(context, *planned); });
  add_positional(preflight_verb, "campaign", *planned, "CAMPAIGN", "Slug or id.");

  auto tested = std::make_shared<std::pair<std::string, std::string>>();
  auto& test_verb = add_verb(noun, "test", "Send the text to one number now, outside the campaign.",
                             [=, &context] { test(context, tested->first, tested->second); });
  add_positional(test_verb, "campaign", tested->first, "CAMPAIGN", "Slug or id.");
  add_flag(test_verb, "--to", tested->second, "NUMBER", "Your own phone, for example.")->required();

  auto start = std::make_shared<LaunchFlags>();
  auto& launch_verb =
      add_verb(noun, "launch", "Send the campaign.", [=, &context] { launch(context, *start); });
  add_positional(launch_verb, "campaign", start->name, "CAMPAIGN", "Slug or id.");
  add_flag(launch_verb, "--key", start->key, "KEY", "Launching again with the same key changes nothing.");
  add_flag(launch_verb, "--not-after", start->not_after, "TIME", "Refuse to launch later than this.");
  add_flag(launch_verb, "--plan-hash", start->plan_hash, "HASH", "Launch only what that preflight saw.");
  add_switch(launch_verb, "--wait", start->wait, "Follow the campaign to its end; 1 when it was canceled.");

  auto paused = std::make_shared<std::string>();
  auto& pause_verb =
      add_verb(noun, "pause", "Stop sending for now.", [=, &context] { steer(context, *paused, pause); });
  add_positional(pause_verb, "campaign", *paused, "CAMPAIGN", "Slug or id.");

  auto resumed = std::make_shared<std::string>();
  auto& resume_verb = add_verb(noun, "resume", "Go on sending after a pause.",
                               [=, &context] { steer(context, *resumed, resume); });
  add_positional(resume_verb, "campaign", *resumed, "CAMPAIGN", "Slug or id.");

  auto canceled = std::make_shared<std::string>();
  auto& cancel_verb = add_verb(noun, "cancel", "Send no more of it, for good.", [=, &context] {
    const auto campaign = get_campaign(context, *canceled);
    context.out().confirm(fmt::format("cancel campaign {}", campaign.slug));
    steer(context, fmt::format("{}", campaign.id.value), cancel);
  });
  add_positional(cancel_verb, "campaign", *canceled, "CAMPAIGN", "Slug or id.");
}

}  // namespace smscrm
