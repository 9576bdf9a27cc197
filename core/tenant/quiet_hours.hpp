// Hours in which people are asleep, and days, by the clocks of a place.
#pragma once

#include <optional>
#include <string>

#include "core/base/time.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

// When the quiet hours end that `at` lies in; nullopt when it lies in none. `zone` is an IANA name. Where a
// clock skips the end of the quiet hours (daylight saving) they end with the skip; where it strikes twice, at
// the first. Throws Error{invalid} when there is no such zone.
std::optional<Timestamp> find_quiet_end(const QuietHours& hours, const std::string& zone, Timestamp at);

// When quiet hours begin the next time, later than `at`.
Timestamp find_quiet_start(const QuietHours& hours, const std::string& zone, Timestamp at);

// The next midnight, later than `at`: the first moment of the next day, where the clock skips midnight. UTC's
// where there is no such zone, as in local_day() of the database.
Timestamp find_day_end(const std::string& zone, Timestamp at);

}  // namespace smscrm
