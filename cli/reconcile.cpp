// smscrm reconcile: asks the provider about messages whose outcome or receipt is missing.
#include "core/sending/reconcile.hpp"

#include "cli/campaign.hpp"
#include "core/sending/sending_json.hpp"
#include "core/tenant/account.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

struct Flags {
  std::string campaign, older_than = "10m";
  bool prices = false, dry_run = false;
};

void ask(Context& context, const Account& account, std::vector<Overdue> overdue, Reconciled& totals,
         Progress& progress) {
  const auto tenant = account.tenant;
  ReceiptInquiry inquiry{get_provider(account.provider), access_of(account, context.config().twilio),
                         std::move(overdue)};
  while (!inquiry.done()) {
    const auto learned = inquiry.step(200ms);
    if (learned.empty()) continue;
    const auto summary = context.transaction([&](Tx& tx) {
      return record_receipts(tx, tenant, launch_slot, learned, ReceiptSource::reconcile, now());
    });
    totals.raised += summary.raised;
    totals.unchanged += summary.repeated;
    totals.priced += summary.priced;
    progress.update(static_cast<std::uint64_t>(totals.raised + totals.unchanged));
  }
  totals.requests += inquiry.requests();
  totals.missing += inquiry.missing();
  totals.unanswered += static_cast<std::int64_t>(inquiry.unanswered());
  totals.failure = inquiry.failure();
}

void reconcile(Context& context, const Flags& flags) {
  const auto& tenant = context.tenant();
  const auto& key = context.secret_key();
  const auto account = context.transaction([&](Tx& tx) { return get_account(tx, key, tenant.id); });
  OverdueFilter filter;
  if (!flags.campaign.empty()) filter.campaign = get_campaign(context, flags.campaign).id;
  filter.until = now() - parse_duration(flags.older_than);
  filter.unpriced = flags.prices;
  Reconciled totals;
  {
    Progress progress{context.out(), "answered", 0};
    for (bool more = true; more && totals.failure.empty();) {
      auto overdue = context.transaction([&](Tx& tx) { return list_overdue(tx, tenant.id, filter); });
      more = overdue.size() >= filter.limit;
      totals.overdue += static_cast<std::int64_t>(overdue.size());
      if (!overdue.empty()) filter.after = overdue.back().claimed_at;
      if (!overdue.empty() && !flags.dry_run) ask(context, account, std::move(overdue), totals, progress);
    }
    totals.unknown = context.transaction(
        [&](Tx& tx) { return ask_unknown_again(tx, tenant.id, filter.campaign, flags.dry_run, now()); });
  }
  if (totals.unknown > 0 && !flags.dry_run) context.wake_senders();
  context.out().print_record(to_json(totals, flags.dry_run));
  if (flags.dry_run) context.out().note("nobody was asked: this was a dry run");
  if (totals.unknown > 0 && !flags.dry_run)
    context.out().note("messages with an unknown outcome are the daemon's to ask about; it does so next");
  if (totals.missing > 0)
    context.out().warn(fmt::format("the provider does not know {} messages that it took", totals.missing));
  if (totals.failure.empty()) return;
  context.out().warn(fmt::format("the provider stopped answering: {}", totals.failure));
  context.set_status(totals.raised + totals.unchanged > 0 ? ExitStatus::partly : ExitStatus::unavailable);
}

}  // namespace

void add_reconcile(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "reconcile", "Ask Twilio about messages whose outcome or receipt is missing.",
                        "smscrm reconcile\n"
                        "smscrm reconcile --campaign spring --older-than 1h --prices -o json\n"
                        "smscrm reconcile --dry-run");
  noun.require_subcommand(0);
  auto flags = std::make_shared<Flags>();
  add_flag(noun, "--campaign", flags->campaign, "CAMPAIGN", "Only messages of this campaign.");
  add_flag(noun, "--older-than", flags->older_than, "DURATION",
           "Only what was sent that long ago, or longer.")
      ->capture_default_str();
  add_switch(noun, "--prices", flags->prices, "Ask too about messages whose price is not known.");
  add_switch(noun, "--dry-run", flags->dry_run, "Only count what would be asked for.");
  noun.callback([=, &context] { reconcile(context, *flags); });
}

}  // namespace smscrm
