// Points in time. Everything stored or shown is UTC; zones matter only where people are asleep.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace smscrm {

using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

Timestamp now();

// "2026-05-01T09:30:00Z", with six fractional digits unless the second is a whole one.
std::string format_rfc3339(Timestamp at);

// Reads RFC 3339 ("2026-05-01T09:30:00Z", "…+02:00", a blank instead of the T) and a plain date, which
// means its midnight in UTC, of the years 1 to 9999. Throws Error{invalid}.
Timestamp parse_rfc3339(std::string_view text);

// Reads "90s", "15m", "2h", "3d"; at most longest_duration (core/base/bounds.hpp). Throws Error{invalid}.
std::chrono::seconds parse_duration(std::string_view text);

// "1h 05m", "12.3s", for people.
std::string format_duration(std::chrono::milliseconds length);

// Whether this machine has data on an IANA zone of that name. It may be stored all the same: by a machine
// with newer data, or before an upgrade took the name away.
bool is_timezone(const std::string& name);

// Throws Error{invalid}, naming the nearest sense of the mistake, when `name` is no IANA zone.
void check_timezone(const std::string& name);

}  // namespace smscrm
