// The hours that are in force on this installation.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

#include "core/db/db.hpp"
#include "core/hours/open_hours.hpp"

namespace smscrm {

struct Place;

// One version of law and suspensions, and what was worked out of it. For any thread.
class HoursBook {
 public:
  explicit HoursBook(HoursLaw law) : law_(std::make_shared<const HoursLaw>(std::move(law))) {}

  const HoursLaw& law() const { return *law_; }

  // nullptr: nobody knows where they are, or this machine does not know the zone.
  std::shared_ptr<const OpenHours> find(const HoursPolicy& policy, const Whereabouts& who) const;

 private:
  // Policy, place by the number, own zone, own region.
  using Key = std::tuple<std::string, const Place*, std::string, std::string>;

  std::shared_ptr<const HoursLaw> law_;
  mutable std::mutex mutex_;
  mutable std::map<Key, std::shared_ptr<const OpenHours>> known_;
};

// What smscrm came with, nothing suspended.
std::shared_ptr<const HoursBook> built_in_hours_book();

// What is in force: the data that were loaded, or those that smscrm came with where these are newer; less of
// what is suspended. Read anew when it was changed.
std::shared_ptr<const HoursBook> read_hours_book(Tx& tx);

// Loads newer data for all tenants. Throws Error{invalid} that names the place in them, Error{conflict} when
// those in force are newer, unless `older` is wanted. The caller touches the tenants: touch_hours.
HoursLaw load_hours(Tx& tx, std::string_view json, bool older);

// Marketing stops for a jurisdiction from one instant to another. Throws Error{invalid} for a jurisdiction
// that no number or rule has, or an end that is past or not later than the begin.
HoursSuspension add_suspension(Tx& tx, HoursSuspension suspension);
std::vector<HoursSuspension> list_suspensions(Tx& tx);  // that are not over, by their begin
// Ends it now, or takes it back when it has not begun. Throws Error{not_found}.
void end_suspension(Tx& tx, std::int64_t id, Timestamp at);

// Tenants that keep the law's hours; each is to be touched in a transaction of its own after a change.
std::vector<TenantId> list_law_abiding(Tx& tx);
// Once it returns and is committed nothing is claimed by the old hours, and what they hold is looked at
// again.
void touch_hours(Tx& tx, TenantId tenant, Timestamp at);

}  // namespace smscrm
