#include "core/hours/open_hours.hpp"

#include <algorithm>
#include <map>

#include <date/tz.h>

#include "core/base/text.hpp"
#include "core/base/zones.hpp"
#include "core/phone/place.hpp"

namespace smscrm {
namespace {

using std::chrono::minutes;

constexpr auto near_length = std::chrono::hours{24 * 5};  // a long week's end; more is rarely asked for

minutes parse_clock(const std::string& clock) {
  return std::chrono::hours{*parse_integer(clock.substr(0, 2))} + minutes{*parse_integer(clock.substr(3))};
}

// As this machine has it now: those of the library stay as they were when the process began. What was read
// stays, a few zones for each upgrade of them, for the library lets nobody give one back.
const date::time_zone* read_zone(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, std::string>, const date::time_zone*> zones;
  try {
    const auto* known = date::locate_zone(name);
    const std::scoped_lock lock{mutex};
    auto& zone = zones[{time_zone_stamp(), known->name()}];
    if (zone == nullptr) zone = new date::time_zone(known->name(), date::detail::undocumented{});
    zone->get_info(date::sys_seconds{});
    return zone;
  } catch (const std::runtime_error&) {
    throw Error(Errc::invalid, "\"{}\" is not a time zone", name);
  }
}

}  // namespace

Reach find_reach(const Whereabouts& who) {
  Reach reach;
  const auto* place = find_place(who.msisdn);
  if (!who.zone.empty()) reach.zones.emplace_back(who.zone);
  if (place != nullptr && (place->is_area || who.zone.empty()))
    for (const auto& zone : place->zones)
      if (zone != who.zone) reach.zones.push_back(zone);
  // The digits of +1 that tell nothing are the United States', whose law is the strictest there.
  if (place != nullptr)
    reach.regions = place->regions.empty() ? std::vector<std::string>{"US"} : place->regions;
  if (!who.region.empty()) reach.regions.emplace_back(who.region);
  return reach;
}

HoursPolicy hours_policy_of(const NewTenant& tenant) { return {tenant.law_hours, tenant.quiet_hours}; }

OpenHours::OpenHours(std::shared_ptr<const HoursLaw> law, const HoursPolicy& policy, const Reach& reach)
    : law_(std::move(law)), zone_names_(reach.zones), clocks_{minutes{0}} {
  if (reach.zones.empty()) throw Error(Errc::invalid, "nobody knows the time zone");
  for (const auto& zone : reach.zones) zones_.push_back(read_zone(zone));
  if (policy.own) {
    own_ = {parse_clock(policy.own->from), parse_clock(policy.own->until)};
    clocks_.insert({own_->first, own_->second});
  }
  if (!policy.law) return;
  const auto places = law_->jurisdictions(reach.regions);
  for (const auto& rule : law_->rules)
    if (places.contains(rule.jurisdiction) && rule.certainty >= *policy.law && rule.texts != "calls only") {
      rules_.push_back(&rule);
      for (const auto& row : rule.rows) clocks_.insert({row.from, row.to});
    }
  for (const auto& suspension : law_->suspensions)
    if (places.contains(suspension.jurisdiction)) suspensions_.push_back(&suspension);
  for (const auto& cap : law_->caps)
    if (places.contains(cap.jurisdiction) && cap.certainty >= *policy.law) caps_.push_back(&cap);
}

std::vector<OpenHours::CapByLaw> OpenHours::caps(Timestamp at) const {
  const date::local_days day{date::floor<date::days>(at).time_since_epoch()};
  std::vector<CapByLaw> in_force;
  for (const auto* cap : caps_)
    if ((!cap->since || *cap->since <= day) && (!cap->until || day <= *cap->until))
      in_force.emplace_back(cap->jurisdiction, cap->cap);
  return in_force;
}

std::vector<std::string> OpenHours::rules() const {
  std::vector<std::string> names;
  for (const auto* rule : rules_) names.push_back(rule->name);
  std::ranges::sort(names);
  return names;
}

bool OpenHours::is_quiet_by_tenant(minutes clock) const {
  if (!own_) return false;
  const auto [from, until] = *own_;
  return until <= from ? clock >= from || clock < until : clock >= from && clock < until;
}

template <class F>
void OpenHours::each_holder(Timestamp at, F&& tell) const {
  for (const auto* suspension : suspensions_)
    if (at >= suspension->from && at < suspension->to && !tell("suspended " + suspension->jurisdiction))
      return;
  for (const auto* zone : zones_) {
    const auto local = zone->to_local(at);
    const auto day = date::floor<date::days>(local);
    const auto clock = date::floor<minutes>(local - day);
    if (is_quiet_by_tenant(clock) && !tell("tenant")) return;
    for (const auto* rule : rules_)
      if (!rule->allows(day, clock, law_->calendars) && !tell(rule->name)) return;
  }
}

std::vector<std::string> OpenHours::held_by(Timestamp at) const {
  std::set<std::string> holders;
  each_holder(at, [&](std::string holder) { return holders.insert(std::move(holder)), true; });
  return {holders.begin(), holders.end()};
}

bool OpenHours::is_open(Timestamp at) const {
  bool open = true;
  each_holder(at, [&](const auto&) { return open = false; });
  return open;
}

// In the hour that a clock strikes twice both count, in one that it skips the moment of the skip.
std::set<Timestamp> OpenHours::find_boundaries(Timestamp begin, Timestamp end) const {
  std::set<Timestamp> found;
  const auto add = [&](Timestamp at) {
    if (at > begin && at < end) found.insert(at);
  };
  for (const auto* suspension : suspensions_) {
    add(suspension->from);
    add(suspension->to);
  }
  for (const auto* zone : zones_) {
    for (auto at = std::chrono::floor<std::chrono::seconds>(begin); at < end;) {
      at = zone->get_info(at).end;
      add(at);
    }
    const auto last = date::floor<date::days>(zone->to_local(end)) + date::days{1};
    for (auto day = date::floor<date::days>(zone->to_local(begin)); day <= last; day += date::days{1})
      for (const auto clock : clocks_) {
        const auto local = day + std::chrono::seconds{clock};
        add(zone->to_sys(local, date::choose::earliest));
        add(zone->to_sys(local, date::choose::latest));
      }
  }
  return found;
}

OpenHours::Stretch OpenHours::survey(Timestamp begin, std::chrono::hours length) const {
  Stretch stretch{begin, begin + length, {{begin, is_open(begin)}}};
  for (const auto at : find_boundaries(begin, stretch.end))
    if (const bool open = is_open(at); open != stretch.changes.back().second)
      stretch.changes.emplace_back(at, open);
  return stretch;
}

// From when on it is open, or is not; nullopt: not within the horizon.
std::optional<Timestamp> OpenHours::find(Timestamp at, bool open) const {
  const auto look = [&](const Stretch& stretch) -> std::optional<Timestamp> {
    auto change = std::ranges::upper_bound(stretch.changes, at, {}, &std::pair<Timestamp, bool>::first);
    --change;  // there is one at its begin
    if (change->second == open) return at;
    ++change;
    if (change == stretch.changes.end()) return std::nullopt;
    return change->first;
  };
  const auto covers = [&](const Stretch& stretch) { return stretch.begin <= at && at < stretch.end; };
  const std::scoped_lock lock{mutex_};
  if (!covers(near_)) near_ = survey(std::chrono::floor<std::chrono::hours>(at), near_length);
  if (const auto found = look(near_)) return found;
  if (!covers(far_) || far_.end < at + horizon)
    far_ = survey(std::chrono::floor<std::chrono::hours>(at), horizon + std::chrono::hours{48});
  const auto found = look(far_);
  return found && *found - at <= horizon ? found : std::nullopt;
}

std::optional<Timestamp> OpenHours::next_open(Timestamp at) const { return find(at, true); }
std::optional<Timestamp> OpenHours::next_closed(Timestamp at) const { return find(at, false); }

}  // namespace smscrm
