// Where a day ends, by the clocks of a place.
#pragma once

#include <string>

#include "core/base/time.hpp"

namespace smscrm {

// The next midnight, later than `at`: the first moment of the next day, where the clock skips midnight. UTC's
// where there is no such zone, as in local_day() of the database.
Timestamp find_day_end(const std::string& zone, Timestamp at);

}  // namespace smscrm
