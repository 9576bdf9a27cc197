// Points in time as people write and read them: by the clock of a place. Programs get RFC 3339
// (core/base/time.hpp).
#pragma once

#include <string>
#include <string_view>

#include "core/base/time.hpp"

namespace smscrm {

// "2026-11-29 18:50" by the clocks of `zone`, an IANA name; UTC's where there is no such zone. What it writes
// may be typed again (parse_time), by the same clocks.
std::string format_local(Timestamp at, const std::string& zone);

// The first moment behind `after` at which the clocks of `zone` show the time of day that they show at
// `time`.
Timestamp same_time_after(Timestamp time, const std::string& zone, Timestamp after);

// "EST", "UTC" or "+03": what the clocks of `zone` are called at that time.
std::string zone_abbreviation(Timestamp at, const std::string& zone);

// `text` with every time in it that is written as format_rfc3339 writes it as "2026-11-29 18:50 EST".
std::string with_local_times(std::string_view text, const std::string& zone);

// Which moment is meant where a text fits many: the last one that has passed, or the next one to come.
enum class TimeSense { past, future };

struct Clock {
  Timestamp now;
  std::string zone;  // IANA
};

// Reads a time as people type it:
// - RFC 3339: "2026-11-29T18:50:00Z", "2026-11-29 18:50+01:00"
// - by the clocks of the zone: "2026-11-29", which is its midnight, "2026-11-29 20:00", "20:00", "8pm",
//   "today 20:00", "tomorrow", "yesterday 9:30am", "monday 09:00"
// - from now: "now", "-2h", "2h ago", "1h30m", "in 20 minutes", "3 days ago". A length alone lies on the side
//   of `sense`, as do a time of day and a day of the week
// A time that the clock skips is the moment of the skip; one that it strikes twice, the first.
// Throws Error{invalid} that shows how to write one.
Timestamp parse_time(std::string_view text, const Clock& clock, TimeSense sense);

}  // namespace smscrm
