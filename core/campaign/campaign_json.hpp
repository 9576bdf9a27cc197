// Templates and campaigns as JSON.
#pragma once

#include "core/base/json.hpp"
#include "core/campaign/campaign.hpp"
#include "core/campaign/launch.hpp"
#include "core/campaign/schedule.hpp"
#include "core/campaign/template.hpp"

namespace smscrm {

Json to_json(const StoredTemplate& stored);

Json to_json(const Campaign& campaign);
Json to_json(const Schedule& schedule);
// A time that is still to come. `campaign` is empty where none is meant.
Json next_run_to_json(const std::string& campaign, Timestamp due, const std::string& zone,
                      std::chrono::seconds grace);
// What a preflight says.
Json to_json(const Campaign& campaign, const Plan& plan);
// What a launch says: `status` is the campaign's once it was followed to its end, or else at its launch.
Json to_json(const Campaign& campaign, const Launch& launch, CampaignStatus status);
// What is left to say after a pause, a resume or a cancel.
Json status_to_json(const Campaign& campaign);

}  // namespace smscrm
