// Launches that come again: a draft that stays one, and of which each run is a copy that is launched.
//
// The next run of a repetition is planned as a launch at a time is (core/campaign/schedule.hpp). A time has
// one run, whatever becomes of it. Of the times that pass while no daemon is there only the latest may still
// come; the others are noted as missed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/campaign/cron.hpp"
#include "core/db/db.hpp"

namespace smscrm {

using RepeatId = Id<struct RepeatTag>;

struct NewRepeat {
  std::string cron;                // core/campaign/cron.hpp
  std::string zone;                // IANA: by whose clocks
  std::optional<Timestamp> until;  // the last moment that a run is due; nullopt: it goes on
  std::chrono::seconds grace;      // how long after its time a run may still be launched
  bool operator==(const NewRepeat&) const = default;
};

struct Repeat : NewRepeat {
  RepeatId id;
  CampaignId campaign;
  Timestamp created_at;
};

// The first time behind `after`; nullopt: there is none, or none up to `until`.
// Throws RuleError for its expression, Error{invalid} for a zone that this machine does not know.
std::optional<Timestamp> next_run(const NewRepeat& repeat, Timestamp after);

// The times in (after, up_to], the latest `most` of them, and how many came before these.
struct PassedRuns {
  std::vector<Timestamp> times;
  std::int64_t earlier = 0;
};
PassedRuns list_passed_runs(const NewRepeat& repeat, Timestamp after, Timestamp up_to, std::size_t most);

// What may be set. Throws as next_run, and Error{invalid} for a grace that no schedule may have, and where no
// time is left.
void check_repeat(const NewRepeat& repeat, Timestamp at);

// One that goes on. These are for core/campaign/schedule.cpp, which holds the campaign.
std::optional<Repeat> find_repeat(Tx& tx, TenantId tenant, CampaignId campaign);
Repeat add_repeat(Tx& tx, TenantId tenant, CampaignId campaign, const NewRepeat& repeat, Timestamp at);
// Nothing happens where there is none.
void end_repeat(Tx& tx, TenantId tenant, CampaignId campaign, std::string_view reason, Timestamp at);

}  // namespace smscrm
