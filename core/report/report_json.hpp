// Reports as JSON.
#pragma once

#include <vector>

#include "core/base/json.hpp"
#include "core/campaign/launch.hpp"
#include "core/report/breakdown.hpp"
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

// A row of a report; `key` names what it is told apart by: "sender", "country", "campaign" or "at".
// What belongs to the topic.
Json to_json(const FiguresOf& row, const std::string& key, Topic topic = Topic::all);
// All figures of a period.
Json to_json(const Period& period, const FiguresOf& all);
Json to_json(const LinkFigures& link);
// Texts by keyword, opt-outs by way: an object each, most first.
std::vector<Json> to_rows(const std::map<std::string, std::int64_t>& counts, const std::string& name_key,
                          const std::string& count_key);
// Opt-outs of each thousand that were delivered; null where none were.
Json opt_outs_per_1000(const Figures& figures);
Json to_json(const Comparison& comparison);

}  // namespace smscrm
