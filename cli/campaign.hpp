// The verbs of `smscrm campaign` that have files of their own, and what these share.
#pragma once

#include "cli/command.hpp"
#include "core/campaign/campaign.hpp"
#include "core/report/stage.hpp"
#include "core/sending/hold.hpp"

namespace smscrm {

void add_campaign_launch(CLI::App& noun, Context& context);  // preflight test launch pause resume cancel
void add_campaign_schedule(CLI::App& noun, Context& context);
void add_campaign_proof(CLI::App& noun, Context& context);  // verify explain

// Campaigns are read anew by each command; the tenant is the context's.
Campaign get_campaign(Context& context, const std::string& name);

// What was counted again, and whether it holds: else the command ends with 1.
void print_checks(Context& context, const std::vector<VerifyCheck>& checks);

// For people: bars with percentages.
std::string format_report(const Campaign& campaign, const CampaignReport& report, const Standing& standing,
                          const std::vector<Hold>& holds, bool color);
// "held: … until …; raise it with …".
std::string format_hold(const Hold& hold);

}  // namespace smscrm
