// Reports as JSON.
#pragma once

#include <vector>

#include "core/base/json.hpp"
#include "core/campaign/launch.hpp"
#include "core/report/failures.hpp"
#include "core/report/stage.hpp"
#include "core/sending/hold.hpp"

namespace smscrm {

// What "campaign status", "campaign wait" and "report campaign" say.
Json to_json(const Campaign& campaign, const CampaignReport& report, const Standing& standing,
             const std::vector<Hold>& holds);
// What "campaign launch" says: with --wait how far it came, too.
Json to_json(const Campaign& campaign, const Launch& launch, const CampaignReport* report,
             const Standing& standing);
Json to_json(const VerifyCheck& check);
Json to_json(const Failures& failures);

}  // namespace smscrm
