// Reports as JSON.
#pragma once

#include <vector>

#include "core/base/json.hpp"
#include "core/report/report.hpp"
#include "core/sending/hold.hpp"

namespace smscrm {

// What "campaign status" and "report campaign" say.
Json to_json(const Campaign& campaign, const CampaignReport& report, const std::vector<Hold>& holds);
Json to_json(const VerifyCheck& check);

}  // namespace smscrm
