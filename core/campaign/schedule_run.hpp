// Carrying out what is planned (core/campaign/schedule.hpp), for the daemon.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/campaign/schedule.hpp"

namespace smscrm {

// For the daemon, of all tenants: launches one campaign whose time has come, or notes why not. nullopt:
// nothing is due that nobody else has in hand. Its launch_key is "schedule ID at TIME", of a run
// "CAMPAIGN@TIME".
//
// What is wrong with the campaign ends its plan as failed. What the database failed with may pass: the plan
// stays planned, with that as its reason here, and may be tried again up to its not_after.
struct ScheduleRun {
  TenantId tenant;
  std::string tenant_slug;
  Schedule schedule;          // of one that stays planned: its id, campaign and reason
  std::int64_t audience = 0;  // when it was launched
};
struct ScheduleTurn {
  std::vector<ScheduleId> not_now;    // to be left alone in this turn
  std::optional<ScheduleId> at_hand;  // set before it is tried, for when that throws
};
std::optional<ScheduleRun> run_due_schedule(Tx& tx, ScheduleTurn& turn, bool has_public_url, Timestamp at);

// For the daemon, likewise: plans the next run of each repetition that has none planned, which is so from the
// end of one run on. Of the times that have passed since, the latest may still run, and the others are
// missed. Returns where there is something to tell.
struct PassedOver {
  std::string tenant_slug, campaign_slug;
  std::int64_t missed = 0;
  std::string error;  // why it can be read no more, and has ended; empty otherwise
};
std::vector<PassedOver> plan_next_runs(Tx& tx, Timestamp at);

// Of one, whose campaign is held and has nothing planned. Its last time behind it, it ends. Returns how many
// were missed.
std::int64_t plan_next_run(Tx& tx, TenantId tenant, const Repeat& repeat, Timestamp at);

// For a database that was restored: what is due by now is missed, in all tenants, and every repetition goes
// on with its next time. Returns how many were planned.
std::int64_t miss_due_schedules(Tx& tx, std::string_view reason, Timestamp at);

}  // namespace smscrm
