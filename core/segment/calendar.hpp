// Days and lengths as rules name them, by the clocks of the tenant.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.hpp"

namespace smscrm {

// What a rule is evaluated against: one instant, and whose calendar counts.
struct RuleClock {
  Timestamp now;
  std::string zone;  // IANA
};

// A day, from its first instant to that of the next one, which is 23 or 25 hours later when clocks change;
// or an instant, which is both.
struct RuleSpan {
  Timestamp begin, end;
  bool is_day() const { return begin != end; }
};

// "2027-03-15", "2027-03-15T18:00", "2027-03-15T18:00:30.5Z", "…-05:00", today, yesterday, tomorrow or now,
// in any case. nullopt for what is none, a day that the calendar has not among them. Without a zone of its
// own by the clocks of `clock`: a time that they skip is the moment of the skip, one that they strike twice
// the first. Throws Error{refused} when this machine does not know the zone.
std::optional<RuleSpan> read_span(std::string_view text, const RuleClock& clock);

// Whether read_span knows it, whatever the clock.
bool is_span(std::string_view text);

// "30d": m, h, d and w are exact, mo and y lengths of the calendar, which keep the time of day.
// nullopt for what is none, or longer than 200 years.
struct RuleLength {
  std::chrono::minutes exact{0};
  int months = 0;
};
std::optional<RuleLength> read_length_of_rule(std::string_view text);

// So long before the clock's now, or after it. Of months, a day that the month has not is its last.
Timestamp before_now(const RuleLength& length, const RuleClock& clock);
Timestamp after_now(const RuleLength& length, const RuleClock& clock);

// Days of the year, "03-15", from that of the clock's now to that of `until`, at most all: with 02-29 beside
// 02-28 where the year has no 29th.
std::vector<std::string> days_of_year(const RuleClock& clock, Timestamp until);

}  // namespace smscrm
