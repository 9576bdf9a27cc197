// A campaign that launches itself: the draft stays a draft until its time, and may be changed until then.
// What it sends and to whom is fixed at its launch, as with a launch by hand.
//
// A plan is carried out by whichever daemon finds it first, in one transaction with the launch: it happens
// once or not at all, whatever dies. A daemon that was away launches it later, up to `not_after`; from then
// on it is missed, and nobody is texted. A launch or a cancel by hand ends the plan.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/campaign/campaign.hpp"
#include "core/db/each_row.hpp"

namespace smscrm {

using ScheduleId = Id<struct ScheduleTag>;

enum class ScheduleStatus { planned, launched, missed, failed, canceled };
std::string_view to_string(ScheduleStatus status);
ScheduleStatus parse_schedule_status(std::string_view word);  // throws Error{invalid}

// How long after its time a launch may still come, where nobody said otherwise; and at least.
inline constexpr std::chrono::minutes schedule_grace{60}, least_schedule_grace{1};

struct NewSchedule {
  Timestamp due_at;
  std::optional<Timestamp> not_after;  // nullopt: due_at + schedule_grace
};

struct Schedule {
  ScheduleId id;
  CampaignId campaign;
  std::string campaign_slug;
  Timestamp due_at, not_after;
  ScheduleStatus status = ScheduleStatus::planned;
  std::string reason;  // why it was missed, failed or canceled; empty otherwise
  Timestamp created_at;
  std::optional<Timestamp> ended_at;
};

// Takes the place of the campaign's plan, if it has one; the same times again change nothing.
// Throws Error{invalid} for a time that has passed or lies beyond longest_duration, and for a `not_after`
// less than least_schedule_grace behind it; Error{conflict} unless the campaign is a draft; Error{refused}
// where it could not be launched now for want of an account, a sender or an address for its links.
Schedule schedule_campaign(Tx& tx, TenantId tenant, CampaignId id, const NewSchedule& planned,
                           bool has_public_url, Timestamp at);

// The campaign is a draft like any other then. Throws Error{not_found} when nothing is planned.
Schedule cancel_schedule(Tx& tx, TenantId tenant, CampaignId id, Timestamp at);

// What is planned for the campaign.
std::optional<Schedule> find_schedule(Tx& tx, TenantId tenant, CampaignId id);

// Of one status: those planned by their time, others by when they ended, the newest first. Without a status
// all, the newest plan first.
std::vector<Schedule> list_schedules(Tx& tx, TenantId tenant, std::optional<ScheduleStatus> status);

// What somebody should look at, of all tenants: planned and overdue by a minute, so that no daemon launches;
// missed or failed within a day, while the campaign is a draft that has no other plan since. The oldest
// first.
struct ScheduleTrouble {
  std::string tenant;  // slug
  Schedule schedule;
};
std::vector<ScheduleTrouble> list_schedule_troubles(Tx& tx, Timestamp at, LeftOut& left_out);

// For the daemon, of all tenants: launches one campaign whose time has come, or notes why not. nullopt:
// nothing is due that nobody else has in hand. Its launch_key is "schedule ID at TIME".
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

}  // namespace smscrm
