// A campaign that launches itself: the draft stays a draft until its time, and may be changed until then.
// What it sends and to whom is fixed at its launch, as with a launch by hand. One that repeats
// (core/campaign/repeat.hpp) stays a draft; each run launches a copy of it, as it is by then.
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
#include "core/campaign/repeat.hpp"
#include "core/db/each_row.hpp"

namespace smscrm {

using ScheduleId = Id<struct ScheduleTag>;

// overlapped: the run before was still going; skipped: its time had passed when it was asked for.
enum class ScheduleStatus { planned, launched, missed, failed, canceled, overlapped, skipped };
std::string_view to_string(ScheduleStatus status);
ScheduleStatus parse_schedule_status(std::string_view word);  // throws Error{invalid}

// How long after its time a launch may still come, where nobody said otherwise; and at least.
inline constexpr std::chrono::minutes schedule_grace{60}, least_schedule_grace{1};

// What is to be done where the time has passed already.
enum class IfPassed {
  refuse,
  skip,      // nothing is launched, and that is noted
  now,       // it is launched at once
  next_day,  // at that time of day, as soon as it comes again
};
IfPassed parse_if_passed(std::string_view word);  // throws Error{invalid}

struct NewSchedule {
  Timestamp due_at;
  std::optional<Timestamp> not_after;  // nullopt: due_at + schedule_grace
  IfPassed if_passed = IfPassed::refuse;
  std::string zone = {};  // IANA: whose days next_day counts
};

// What became of the run before.
struct LastRun {
  Timestamp due_at;
  ScheduleStatus status;
  std::string reason, campaign;  // campaign: the slug of what it launched; empty otherwise
};

struct Schedule {
  ScheduleId id;
  CampaignId campaign;
  std::string campaign_slug;
  Timestamp due_at, not_after;
  ScheduleStatus status = ScheduleStatus::planned;
  std::string reason;  // why it did not launch; empty otherwise
  Timestamp created_at;
  std::optional<Timestamp> ended_at;
  // Of a run of one that repeats:
  std::optional<RepeatId> repeat;
  std::string cron, zone;
  std::optional<Timestamp> until;
  std::string run;              // slug of the campaign that it launched
  std::optional<LastRun> last;  // while it is planned
};

// Takes the place of the campaign's plan, if it has one; the same times again change nothing.
// Throws Error{invalid} for a time that has passed, unless `if_passed` says what then, or lies beyond
// longest_duration, and for a `not_after`
// less than least_schedule_grace behind it; Error{conflict} unless the campaign is a draft; Error{refused}
// where it could not be launched now for want of an account, a sender or an address for its links.
Schedule schedule_campaign(Tx& tx, TenantId tenant, CampaignId id, const NewSchedule& planned,
                           bool has_public_url, Timestamp at);

// Likewise, again and again; returns its first run. Throws as schedule_campaign and check_repeat.
Schedule repeat_campaign(Tx& tx, TenantId tenant, CampaignId id, const NewRepeat& repeat, bool has_public_url,
                         Timestamp at);

// The campaign is a draft like any other then. Throws Error{not_found} when nothing is planned.
Schedule cancel_schedule(Tx& tx, TenantId tenant, CampaignId id, Timestamp at);

// When it launches: what is planned, and then the times that follow, `count` at most. Nothing is changed.
std::vector<Timestamp> list_next_runs(const Schedule& planned, int count);

// Of a run: what repeats.
NewRepeat repeat_of(const Schedule& run);

// For those who know that there is such a one.
Schedule get_schedule(Tx& tx, TenantId tenant, ScheduleId id);

// What is planned for the campaign.
std::optional<Schedule> find_schedule(Tx& tx, TenantId tenant, CampaignId id);

// Of one status: those planned by their time, others by when they ended, the newest first. Without a status
// all, the newest plan first.
std::vector<Schedule> list_schedules(Tx& tx, TenantId tenant, std::optional<ScheduleStatus> status);

// What somebody should look at, of all tenants: planned and overdue by a minute, so that no daemon launches;
// missed or failed within a day, while the campaign is a draft that has no other plan since; and runs that
// did not launch within a day, unless a later one did. The oldest first.
struct ScheduleTrouble {
  std::string tenant;  // slug
  Schedule schedule;
};
std::vector<ScheduleTrouble> list_schedule_troubles(Tx& tx, Timestamp at, LeftOut& left_out);

}  // namespace smscrm
