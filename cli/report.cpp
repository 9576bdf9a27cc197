// smscrm report …: what became of what was sent.
#include "cli/campaign.hpp"
#include "cli/campaign_follow.hpp"
#include "core/report/failures.hpp"
#include "core/report/report_json.hpp"

namespace smscrm {
namespace {

struct FailureFlags {
  std::string campaign, since;
};

void failures(Context& context, const FailureFlags& flags) {
  const auto tenant = context.tenant().id;
  FailureFilter filter;
  if (!flags.campaign.empty()) filter.campaign = get_campaign(context, flags.campaign);
  if (!flags.since.empty()) filter.since = context.read_time("--since", flags.since, TimeSense::past);
  std::vector<Json> rows;
  for (const auto& one : context.transaction([&](Tx& tx) { return count_failures(tx, tenant, filter); }))
    rows.push_back(to_json(one));
  context.out().print_list({"status",
                            {"error_code", "error"},
                            {"error_meaning", "meaning"},
                            "messages",
                            Column{"campaigns"}.spare(),
                            Column{"last_at"}.spare(2),
                            Column{"error_remedy", "remedy"}.below()},
                           rows, "nothing failed");
}

}  // namespace

void add_report(CLI::App& root, Context& context) {
  auto& noun = add_noun(root, "report", "What became of what was sent.",
                        "smscrm report campaign spring\n"
                        "smscrm report campaign spring -o json\n"
                        "smscrm report failures --since 7d");
  auto reported = std::make_shared<std::string>();
  auto& campaign_verb = add_verb(noun, "campaign", "The numbers of one campaign.",
                                 [=, &context] { show_report(context, *reported); });
  add_positional(campaign_verb, "campaign", *reported, "CAMPAIGN", "Slug or id.");

  auto failed = std::make_shared<FailureFlags>();
  auto& failures_verb = add_verb(noun, "failures", "Why messages did not arrive, and what helps.",
                                 [=, &context] { failures(context, *failed); });
  add_flag(failures_verb, "--campaign", failed->campaign, "CAMPAIGN", "Only of this campaign.");
  add_flag(failures_verb, "--since", failed->since, "TIME",
           "Only those that ended so since, as 24h or 9:00.");
}

}  // namespace smscrm
