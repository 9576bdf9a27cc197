// What is said of hours to whoever asks about one person.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/hours/book.hpp"

namespace smscrm {

// Whether a text may reach somebody at an instant.
struct HoursAnswer {
  bool allowed = false;
  std::optional<Timestamp> next;  // when it is allowed: the instant itself, or later; nullopt: not within
                                  // OpenHours::horizon
  std::vector<std::string> zones, rules, held_by;  // of OpenHours; held_by {"unknown_zone"}: nobody knows
                                                   // where they are
  std::string data;                                // version
};
// `marketing` false: a transactional text, which no rule holds.
HoursAnswer ask_hours(const HoursBook& book, const HoursPolicy& policy, const Whereabouts& who, Timestamp at,
                      bool marketing = true);

}  // namespace smscrm
