// What the rules of the gate look at. Whoever asks them gathers these, in sets; the rules read nothing
// themselves.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/tenant/tenant.hpp"

namespace smscrm {

// What all messages of a tenant share at one instant. One thread's.
class Moment {
 public:
  // `of` must outlive it.
  Moment(const Tenant& of, Timestamp when) : tenant(of), at(when) {}

  struct Hours {
    std::optional<Timestamp> quiet_end;  // of the quiet hours that it lies in; nullopt: in none
    Timestamp quiet_start;               // of the next ones
    Timestamp next_end;                  // of these
  };
  // By the clocks of a zone; empty: the tenant's. nullptr when this machine does not know the zone. Only
  // where the tenant has quiet hours. Worked out once a zone.
  const Hours* hours(std::string_view zone) const;

  const Tenant& tenant;
  const Timestamp at;

 private:
  mutable std::map<std::string, std::optional<Hours>, std::less<>> hours_;
};

struct Facts {
  static constexpr std::int64_t any = std::numeric_limits<std::int64_t>::max();

  const Moment& moment;
  bool of_campaign = true;                   // false: a reply or a test
  bool marketing = false;                    // of a campaign's kind
  std::string_view zone = {};                // the contact's; empty: none of its own
  std::optional<Timestamp> expires_at = {};  // nullopt: never
  int parts = 1;                             // of its text; 1 while it is not known
  std::int64_t cap_room = any;               // parts: what the daily caps of one of its senders leave
  std::optional<Timestamp> day_end = {};     // when these begin anew; nullopt: there is no cap
  std::chrono::seconds backlog{0};           // of one of its senders, at the provider (core/lane/backlog.hpp)
  bool no_sender_left = false;               // of those that the asker may use: see Asker::senders
  std::uint32_t answers = 0;                 // to the questions of the rules (core/gate/rule.hpp), as bits
};

}  // namespace smscrm
