// A campaign that launches itself: the draft stays a draft until its time, and may be changed until then. What
// it sends and to whom is fixed at its launch, as with a launch by hand.
//
// A plan is carried out by whichever daemon finds it first, in one transaction with the launch: it happens once
// or not at all, whatever dies. A daemon that was away launches it later, up to `not_after`; from then on it is
// missed, and nobody is texted. A launch or a cancel by hand ends the plan.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/campaign/campaign.hpp"

namespace smscrm {

using ScheduleId = Id<struct ScheduleTag>;

enum class ScheduleStatus { planned, launched, missed, failed, canceled };
std::string_view to_string(ScheduleStatus status);
ScheduleStatus parse_schedule_status(std::string_view word);  // throws Error{invalid}

// How long after its time a launch may still come, where nobody said otherwise.
inline constexpr std::chrono::hours schedule_grace{1};

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

// Takes the place of the campaign's plan, if it has one.
// Throws Error{invalid} for a time that has passed or lies beyond longest_duration, and for a `not_after` before
// it; Error{conflict} unless the campaign is a draft; Error{refused} where it could not be launched now for
// want of an account, a sender or an address for its links.
Schedule schedule_campaign(Tx& tx, TenantId tenant, CampaignId id, const NewSchedule& planned,
                           bool has_public_url, Timestamp at);

// The campaign is a draft like any other then. Throws Error{not_found} when nothing is planned.
Schedule cancel_schedule(Tx& tx, TenantId tenant, CampaignId id, Timestamp at);

// What is planned for the campaign.
std::optional<Schedule> find_schedule(Tx& tx, TenantId tenant, CampaignId id);

// Of one status: those planned by their time, others by when they ended, the newest first. Without a status all,
// the newest plan first.
std::vector<Schedule> list_schedules(Tx& tx, TenantId tenant, std::optional<ScheduleStatus> status);

// What somebody should look at, of all tenants: planned and overdue by a minute, so that no daemon launches; missed
// or failed within a day. The oldest first.
struct ScheduleTrouble {
  std::string tenant;  // slug
  Schedule schedule;
};
std::vector<ScheduleTrouble> list_schedule_troubles(Tx& tx, Timestamp at);

// For the daemon, of all tenants: launches one campaign whose time has come, or notes why not. nullopt: nothing
// is due that no other daemon has in hand. Its launch_key is "schedule ID at TIME". Throws only what the whole
// transaction failed with; what concerns the campaign ends its plan as failed.
struct ScheduleRun {
  TenantId tenant;
  std::string tenant_slug;
  Schedule schedule;
  std::int64_t audience = 0;  // when it was launched
};
std::optional<ScheduleRun> run_due_schedule(Tx& tx, bool has_public_url, Timestamp at);

}  // namespace smscrm
