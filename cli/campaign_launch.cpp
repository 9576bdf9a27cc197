// smscrm campaign preflight test launch pause resume cancel: what makes messages leave, or stops them.
#include <algorithm>

#include "cli/campaign.hpp"
#include "cli/campaign_follow.hpp"
#include "cli/question.hpp"
#include "core/base/text.hpp"
#include "core/campaign/campaign_json.hpp"
#include "core/campaign/plan.hpp"
#include "core/lane/sender.hpp"
#include "core/link/link.hpp"
#include "core/phone/phone.hpp"
#include "core/report/report_json.hpp"
#include "core/sending/sending_json.hpp"

namespace smscrm {
namespace {

void print_plan(Output& out, const Campaign& campaign, const Plan& plan, const std::vector<Hold>& holds,
                Timestamp at) {
  std::string text = fmt::format("{:<12}{}\n", "audience", plan.audience);
  for (const auto& [reason, contacts] : plan.skipped)
    text += fmt::format("{:<12}{} {}\n", "  skipped", contacts, words_for(reason));
  text += fmt::format("{:<12}{}\n", "recipients", plan.recipients);
  for (const auto& [reason, contacts] : plan.held)
    text += fmt::format("{:<12}{} {}, were it launched now\n", "  held", contacts, words_for(reason));
  text += fmt::format("{:<12}{} ({} GSM-7, {} UCS-2 texts)\n", "parts", plan.parts, plan.gsm7, plan.ucs2);
  if (!plan.cost.empty())
    text += fmt::format("{:<12}{}, at least\n", "cost", format_money(plan.cost, plan.currency));
  if (plan.finishes_at)
    text += fmt::format(
        "{:<12}{} after its launch{}: {} if that is now\n", "finished",
        format_duration(std::chrono::duration_cast<std::chrono::milliseconds>(*plan.finishes_at - at)),
        plan.held.contains("quiet_hours") ? ", for quiet hours" : "", format_rfc3339(*plan.finishes_at));
  text += fmt::format("{:<12}{}\n", "plan hash", plan.plan_hash);
  for (const auto& warning : plan.warnings) {
    text += fmt::format("warning: {}", warning.message);
    text += warning.msisdn.empty() ? "\n" : fmt::format(" (first: {})\n", warning.msisdn);
  }
  for (const auto& hold : holds)
    text += fmt::format("now {}{}{}\n", hold.message, hold.hint.empty() ? "" : "; ", hold.hint);
  const auto add_sample = [&](const char* name, const std::optional<PlanSample>& sample) {
    if (!sample) return;
    text += fmt::format("\n{}, {}, {} part{}:\n", name, sample->msisdn, sample->size.parts,
                        sample->size.parts == 1 ? "" : "s");
    for (const auto& line : split(sample->text, '\n')) text += "  " + line + "\n";
  };
  add_sample("longest text", plan.longest);
  if (plan.first_ucs2 && plan.first_ucs2->msisdn != plan.longest->msisdn)
    add_sample("first UCS-2 text", plan.first_ucs2);
  text += "\n";
  if (plan.can_launch())
    text +=
        fmt::format("launch it: smscrm campaign launch {} --plan-hash {}\n", campaign.slug, plan.plan_hash);
  out.print_text(text);
}

Plan make_plan(Context& context, const Campaign& campaign, Timestamp at) {
  const auto tenant = context.tenant().id;
  Progress progress{context.out(), "looked at", 0};
  return context.transaction([&](Tx& tx) {
    use_one_snapshot(tx);
    return plan_campaign(tx, tenant, campaign, context.config().http.public_url, at,
                         [&](std::int64_t done) { progress.update(static_cast<std::uint64_t>(done)); });
  });
}

void preflight(Context& context, const std::string& name) {
  const auto at = now();
  const auto campaign = get_campaign(context, name);
  const auto plan = make_plan(context, campaign, at);
  // What holds up all that the tenant sends; a pause is among the plan's warnings.
  auto holds = context.transaction([&](Tx& tx) { return list_holds(tx, context.tenant().id, at); });
  std::erase_if(holds, [](const Hold& hold) { return hold.code == "lane_paused"; });
  if (context.out().format() == Format::table) {
    print_plan(context.out(), campaign, plan, holds, at);
  } else {
    auto record = to_json(campaign, plan);
    record["waits_for"] = Json::array();
    for (const auto& hold : holds) record["waits_for"].push_back(to_json(hold));
    context.out().print_record(record);
  }
}

void test(Context& context, const std::string& name, const std::string& to) {
  const auto& tenant = context.tenant();
  const auto msisdn = get_msisdn(to, tenant.country);
  const auto& link_url = link_url_of(tenant, context.config().http.public_url);
  const auto message = context.transaction([&](Tx& tx) {
    const auto campaign = get_campaign(tx, tenant.id, name);
    const auto shorten = [&](const std::string& target) {
      if (link_url.empty()) refuse_links(campaign);
      return shorten_by_hand(tx, tenant.id, "test of " + campaign.slug, link_url,
                             get_link_key(tx, context.secret_key()), target);
    };
    return queue_test(tx, tenant.id, campaign, msisdn, shorten, now());
  });
  context.wake_senders();
  if (context.out().format() != Format::table) context.out().print_record(queued_to_json(message, msisdn));
  context.out().note(
      fmt::format("queued a test to {}; see \"smscrm message show {}\"", msisdn, message.value));
}

struct LaunchFlags {
  std::string name;
  std::optional<std::string> key, not_after, plan_hash, timeout;
  std::string wait;  // until what; empty: not at all
};

LaunchOptions read_options(Context& context, const LaunchFlags& flags) {
  LaunchOptions options;
  // A script's variable that was never set must not launch without the guard that it stands for.
  if (flags.key && flags.key->empty()) throw Error(Errc::usage, "--key is empty");
  options.key = flags.key.value_or("");
  options.plan_hash = flags.plan_hash;
  options.has_public_url = !context.config().http.public_url.empty();
  if (flags.not_after)
    options.not_after = context.read_time("--not-after", *flags.not_after, TimeSense::future);
  return options;
}

std::string name_senders(Context& context, const Campaign& campaign) {
  const auto tenant = context.tenant().id;
  auto addresses = campaign.sender_addresses;
  if (addresses.empty())
    for (const auto& sender : context.transaction([&](Tx& tx) { return list_senders(tx, tenant); }))
      addresses.push_back(sender.address);
  if (addresses.empty()) return "the messaging service";
  const auto more = addresses.size() > 3 ? fmt::format(" and {} more", addresses.size() - 3) : "";
  if (addresses.size() > 3) addresses.resize(3);
  return join(addresses, ", ") + more;
}

// The one thing that cannot be taken back: at a terminal it is asked, with what it does and costs. Returns
// the hash of the plan that was agreed to; nullopt: nobody is asked, or the launch itself will say why not.
std::optional<std::string> ask_to_launch(Context& context, const Campaign& campaign) {
  const auto at = now();
  if (campaign.status != CampaignStatus::draft) return std::nullopt;
  const auto plan = make_plan(context, campaign, at);
  if (!plan.can_launch()) return std::nullopt;
  auto question =
      fmt::format("text {} {} ({} part{}", plan.recipients, plan.recipients == 1 ? "person" : "people",
                  plan.parts, plan.parts == 1 ? "" : "s");
  if (!plan.cost.empty()) question += ", at least " + format_money(plan.cost, plan.currency);
  question += fmt::format(") from {}, now {}", name_senders(context, campaign), context.out().time(at));
  for (const auto& [reason, contacts] : plan.held)
    question += fmt::format("; {} wait at first: {}", contacts, reason);
  context.out().confirm(question);
  return plan.plan_hash;
}

void launch(Context& context, const LaunchFlags& flags) {
  const auto& tenant = context.tenant();
  auto options = read_options(context, flags);
  Patience patience;
  patience.until = parse_wait(flags.wait);
  if (flags.timeout) {
    if (flags.wait.empty()) throw Error(Errc::usage, "--timeout says how long to --wait; add that");
    patience.timeout = parse_duration(*flags.timeout);
  }
  const auto chosen = get_campaign(context, flags.name);
  const auto name = fmt::format("{}", chosen.id.value);
  if (!flags.key && !flags.plan_hash && can_ask(context.flags.yes))
    options.plan_hash = ask_to_launch(context, chosen);
  std::optional<InterruptMark> mark;
  if (!flags.wait.empty()) mark.emplace();
  const auto launched = context.transaction([&](Tx& tx) {
    return launch_campaign(tx, tenant.id, get_campaign(tx, tenant.id, name).id, options, now());
  });
  context.wake_senders();
  const auto campaign = get_campaign(context, name);
  auto& out = context.out();
  out.note(launched.replayed
               ? fmt::format("campaign {} was launched before with this key", campaign.slug)
               : fmt::format("launched campaign {} to an audience of {}", campaign.slug, launched.audience));
  if (flags.wait.empty()) {
    if (out.format() != Format::table) out.print_record(to_json(campaign, launched, nullptr, {}));
    return;
  }
  const auto look = wait_for(context, name, patience);
  if (out.format() != Format::table) {
    out.print_record(to_json(look.campaign, launched, &look.report, look.standing));
  } else if (!out.quiet()) {
    out.print_raw(with_local_times(
        format_report(look.campaign, look.report, look.standing, look.holds, out.color()), out.zone()));
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
  if (campaign.status == CampaignStatus::paused)
    return fmt::format("campaign {} is paused already", campaign.slug);
  pause_campaign(tx, tenant, campaign.id, now());
  return fmt::format("paused campaign {}", campaign.slug);
}

std::string resume(Tx& tx, TenantId tenant, const Campaign& campaign) {
  if (campaign.status == CampaignStatus::running)
    return fmt::format("campaign {} is running already", campaign.slug);
  resume_campaign(tx, tenant, campaign.id, now());
  return fmt::format("campaign {} is running", campaign.slug);
}

struct SteerFlags {
  std::string name;
  bool all = false;
};

// All of the tenant that are `from` become `to`; there are never many at once.
void steer_all(Context& context, CampaignStatus from, CampaignStatus to) {
  const auto tenant = context.tenant().id;
  const auto count = context.transaction([&](Tx& tx) { return list_campaigns(tx, tenant, from).size(); });
  if (to == CampaignStatus::running && count > 0)
    ask_at_terminal(context.out(),
                    fmt::format("go on sending {} paused campaign{}", count, count == 1 ? "" : "s"));
  const auto changed = context.transaction([&](Tx& tx) {
    auto found = list_campaigns(tx, tenant, from);
    std::ranges::sort(found, {}, &Campaign::id);
    for (auto& campaign : found) {
      to == CampaignStatus::paused ? pause_campaign(tx, tenant, campaign.id, now())
                                   : resume_campaign(tx, tenant, campaign.id, now());
      campaign.status = to;
    }
    return found;
  });
  context.wake_senders();
  std::vector<Json> rows;
  std::vector<std::string> slugs;
  for (const auto& campaign : changed) {
    rows.push_back(status_to_json(campaign));
    slugs.push_back(campaign.slug);
  }
  if (context.out().format() != Format::table) context.out().print_list({"campaign", "status"}, rows);
  const auto* done = to == CampaignStatus::paused ? "paused" : "resumed";
  context.out().note(slugs.empty() ? fmt::format("no campaign is {}; nothing changed", to_string(from))
                                   : fmt::format("{} {} campaign{}: {}", done, slugs.size(),
                                                 slugs.size() == 1 ? "" : "s", join(slugs, ", ")));
}

// Exactly one of a name and --all.
template <class Change>
void steer_or_all(Context& context, const SteerFlags& flags, const Change& change, CampaignStatus from,
                  CampaignStatus to) {
  if (flags.all == !flags.name.empty()) throw Error(Errc::usage, "name one campaign, or say --all");
  flags.all ? steer_all(context, from, to) : steer(context, flags.name, change);
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
  add_flag(launch_verb, "--not-after", start->not_after, "TIME",
           "Refuse to launch later than this, as 20:00.");
  add_flag(launch_verb, "--plan-hash", start->plan_hash, "HASH", "Launch only what that preflight saw.");
  launch_verb
      .add_flag("--wait{sent}", start->wait,
                "Wait until nothing is left but later attempts and receipts; --wait=settled: for these too.")
      ->check(CLI::IsMember(wait_words()).description(""));
  add_flag(launch_verb, "--timeout", start->timeout, "DURATION", "Wait no longer than this; then status 7.");

  auto paused = std::make_shared<SteerFlags>();
  auto& pause_verb = add_verb(noun, "pause", "Stop sending for now.", [=, &context] {
    steer_or_all(context, *paused, pause, CampaignStatus::running, CampaignStatus::paused);
  });
  pause_verb.add_option("campaign", paused->name, "Slug or id.")->type_name("CAMPAIGN");
  add_switch(pause_verb, "--all", paused->all, "All that are running.");

  auto resumed = std::make_shared<SteerFlags>();
  auto& resume_verb = add_verb(noun, "resume", "Go on sending after a pause.", [=, &context] {
    steer_or_all(context, *resumed, resume, CampaignStatus::paused, CampaignStatus::running);
  });
  resume_verb.add_option("campaign", resumed->name, "Slug or id.")->type_name("CAMPAIGN");
  add_switch(resume_verb, "--all", resumed->all, "All that are paused.");

  auto canceled = std::make_shared<std::string>();
  auto& cancel_verb = add_verb(noun, "cancel", "Send no more of it, for good.", [=, &context] {
    const auto campaign = get_campaign(context, *canceled);
    context.out().confirm(fmt::format("cancel campaign {}", campaign.slug));
    steer(context, fmt::format("{}", campaign.id.value), cancel);
  });
  add_positional(cancel_verb, "campaign", *canceled, "CAMPAIGN", "Slug or id.");
}

}  // namespace smscrm
