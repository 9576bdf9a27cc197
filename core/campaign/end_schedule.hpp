// Ends plans (core/campaign/schedule.hpp).
#pragma once

#include <string_view>

#include "core/campaign/schedule.hpp"

namespace smscrm {

// Of a campaign that somebody launches, cancels or plans otherwise by hand; also what repeats. Nothing
// happens where nothing is planned.
void end_schedule(Tx& tx, TenantId tenant, CampaignId campaign, std::string_view reason, Timestamp at);

// One plan, and not what repeats.
void end_plan(Tx& tx, TenantId tenant, ScheduleId id, ScheduleStatus status, const std::string& reason,
              Timestamp at);

}  // namespace smscrm
