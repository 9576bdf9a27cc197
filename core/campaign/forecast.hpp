// When a campaign that is launched now would have sent everything, if nothing else is sent meanwhile.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.hpp"
#include "core/hours/open_hours.hpp"

namespace smscrm {

struct Forecast {
  static constexpr std::int64_t any = std::numeric_limits<std::int64_t>::max();
  struct Capacity {
    double rate = 0;                     // parts per second
    std::int64_t cap = any, left = any;  // parts a day, and of today
  };

  Timestamp begin;
  std::string timezone;           // of the tenant, by which days are counted
  Capacity tenant;                // rate: what account and campaign allow
  int max_in_flight = 0;          // requests at once, of the account; 0: as many as it takes
  std::vector<Capacity> senders;  // empty: a messaging service without a limit of its own
  struct Group {
    std::shared_ptr<const OpenHours> hours;  // nullptr: nothing waits for the morning
    std::int64_t parts = 0;
  };
  std::vector<Group> groups;        // by where people may be
  std::chrono::seconds backlog{0};  // what waits at the provider before all of it
  std::vector<int> sizes;           // parts of messages in turn, some thousand of them at most

  // nullopt: never, because the hours are all quiet, no cap has room for a message, or it takes a thousand
  // years.
  std::optional<Timestamp> end() const;
};

}  // namespace smscrm
