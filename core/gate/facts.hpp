// What the rules of the gate look at. Whoever asks them gathers these, in sets; the rules read nothing
// themselves.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "core/hours/book.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

// What all messages of a tenant share at one instant. One thread's.
class Moment {
 public:
  // `of` must outlive it. `book`: the hours in force; nullptr where none are asked for.
  Moment(const Tenant& of, Timestamp when, std::shared_ptr<const HoursBook> book)
      : tenant(of), at(when), book_(std::move(book)) {}

  // When marketing may reach people who may be in the same places. nullopt in `opens` and `opens_again`: not
  // within OpenHours::horizon.
  struct Hours {
    std::shared_ptr<const OpenHours> of;
    std::optional<Timestamp> opens;         // the moment itself when it is open
    std::optional<Timestamp> closes;        // where it is open; nullopt: not within the horizon
    std::optional<Timestamp> opens_again;   // after that
    std::vector<OpenHours::CapByLaw> caps;  // on how often marketing may reach them
    std::string held_by;                    // what closes it, now or then: {"rules", "zones", "data"} as JSON
    bool is_open(Timestamp moment) const { return opens == moment; }
  };
  // nullptr when nobody knows where they are, or this machine does not know the zone. Only where the tenant
  // keeps hours. Worked out once for people of one place.
  const Hours* hours(const Whereabouts& who) const;

  const Tenant& tenant;
  const Timestamp at;

 private:
  using PlaceKey = std::tuple<const Place*, std::string, std::string>;  // with the contact's zone, region

  std::shared_ptr<const HoursBook> book_;
  mutable std::map<PlaceKey, std::optional<Hours>> hours_;
};

struct Facts {
  static constexpr std::int64_t any = std::numeric_limits<std::int64_t>::max();

  const Moment& moment;
  bool of_campaign = true;                   // false: a reply or a test
  bool marketing = false;                    // of a campaign's kind
  Whereabouts who = {};                      // of the person
  std::optional<Timestamp> expires_at = {};  // nullopt: never
  int parts = 1;                             // of its text; 1 while it is not known
  std::int64_t cap_room = any;               // parts: what the daily caps of one of its senders leave
  std::optional<Timestamp> day_end = {};     // when these begin anew; nullopt: there is no cap
  std::chrono::seconds backlog{0};           // of one of its senders, at the provider (core/lane/backlog.hpp)
  std::optional<Timestamp> capped_until =
      {};                       // a frequency cap has no room before (core/gate/frequency.hpp)
  bool no_sender_left = false;  // of those that the asker may use: see Asker::senders
  std::uint32_t answers = 0;    // to the questions of the rules (core/gate/rule.hpp), as bits
};

}  // namespace smscrm
