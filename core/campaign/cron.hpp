// Times that come again, as the five fields of crontab(5): minute, hour, day of the month, month, day of the
// week. They are read on the clocks of a zone.
//
// A time that the clocks skip comes once, at the end of the skip, and one that they strike twice comes at the
// first. Where every hour is wanted, the clocks are followed as they go: what they skip does not come, and
// what they strike twice comes twice, so that an hour lies between. A day of the month and a day of the week
// together are refused: cron means "or" by them, and people mean "and".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.hpp"
#include "core/segment/rule_error.hpp"

namespace smscrm {

inline constexpr std::size_t longest_cron = 200;  // characters of an expression

// What matches, a bit each: minutes from 0, hours from 0, days from 1, months from 1, weekdays from Sunday,
// 0.
struct Cron {
  std::uint64_t minutes = 0;
  std::uint32_t hours = 0, days = 0, months = 0, weekdays = 0;
  bool operator==(const Cron&) const = default;
};

// A field is * or a list of numbers and ranges, each range with a step where wanted: "0,30", "9-17", "*/15",
// "mon-fri", "jan,jul". Names are in any case; Sunday is 0 and 7.
// Throws RuleError with the code cron_fields (not five), cron_value (no number or name of that field),
// cron_range (runs backwards), cron_step, cron_days (of the month and of the week), cron_never (February 30)
// or too_long.
Cron parse_cron(std::string_view text);

// The first time behind `after`. nullopt: there is none within ten years.
// Throws Error{invalid} when this machine does not know the zone.
std::optional<Timestamp> next_time(const Cron& cron, const std::string& zone, Timestamp after);

}  // namespace smscrm
