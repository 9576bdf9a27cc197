// Ends the plan of a campaign that somebody launches or cancels by hand (core/campaign/schedule.hpp).
#pragma once

#include <string_view>

#include "core/db/db.hpp"

namespace smscrm {

// Nothing happens where nothing is planned.
void end_schedule(Tx& tx, TenantId tenant, CampaignId campaign, std::string_view reason, Timestamp at);

}  // namespace smscrm
