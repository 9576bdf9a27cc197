// When marketing may reach a person: by the law of where they may be, and by the tenant's own hours, in every
// zone that they may be in.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/time.hpp"
#include "core/hours/law.hpp"
#include "core/tenant/tenant.hpp"

namespace date {
class time_zone;
}

namespace smscrm {

// What is known of where somebody is.
struct Whereabouts {
  std::string_view msisdn;
  std::string_view zone = {};    // the contact's own, IANA; empty: none
  std::string_view region = {};  // the contact's own, ISO 3166; empty: none
};

// Where that may be.
struct Reach {
  // The zones of the number's area and the contact's own; where the digits tell only a country, the contact's
  // own alone, or else all of the country. Empty: nobody knows.
  std::vector<std::string> zones;
  std::vector<std::string> regions;  // those of the number and the contact's own
};
Reach find_reach(const Whereabouts& who);

struct HoursPolicy {
  std::optional<Certainty> law;   // rules that are as sure, and not of calls only; nullopt: none
  std::optional<QuietHours> own;  // the tenant's
};
HoursPolicy hours_policy_of(const NewTenant& tenant);

// Of those who may be in the same places. For any thread.
class OpenHours {
 public:
  static constexpr auto horizon = std::chrono::hours{24 * 20};  // what opens later is never

  // Throws Error{invalid} for a zone that this machine does not know, or none at all.
  OpenHours(std::shared_ptr<const HoursLaw> law, const HoursPolicy& policy, const Reach& reach);

  const std::vector<std::string>& zones() const { return zone_names_; }
  std::vector<std::string> rules() const;  // that count, in force or not yet; sorted
  const std::string& version() const { return law_->version; }

  // What forbids it then, sorted: names of rules, "tenant", "suspended US-LA". Empty: nothing.
  std::vector<std::string> held_by(Timestamp at) const;

  // How often marketing may reach them by law, each with its jurisdiction, on the day in UTC.
  using CapByLaw = std::pair<std::string, FrequencyCap>;
  std::vector<CapByLaw> caps(Timestamp at) const;

  // `at` itself when it is open; nullopt: not within the horizon.
  std::optional<Timestamp> next_open(Timestamp at) const;
  // Later than `at`; nullopt: open throughout the horizon.
  std::optional<Timestamp> next_closed(Timestamp at) const;

 private:
  // Whether it is open, from each instant on to the next.
  struct Stretch {
    Timestamp begin, end;
    std::vector<std::pair<Timestamp, bool>> changes;
  };

  // Tells who forbids it then, one by one, until that returns false.
  template <class F>
  void each_holder(Timestamp at, F&& tell) const;
  bool is_open(Timestamp at) const;
  bool is_quiet_by_tenant(std::chrono::minutes clock) const;
  std::set<Timestamp> find_boundaries(Timestamp begin, Timestamp end) const;
  Stretch survey(Timestamp begin, std::chrono::hours length) const;
  std::optional<Timestamp> find(Timestamp at, bool open) const;

  std::shared_ptr<const HoursLaw> law_;
  std::vector<const HoursRule*> rules_;
  std::vector<const HoursSuspension*> suspensions_;
  std::vector<const LawCap*> caps_;
  std::optional<std::pair<std::chrono::minutes, std::chrono::minutes>> own_;
  std::vector<std::string> zone_names_;
  std::vector<const date::time_zone*> zones_;
  std::set<std::chrono::minutes> clocks_;  // at which something may change
  mutable std::mutex mutex_;
  mutable Stretch near_, far_;
};

}  // namespace smscrm
