// The time zones that this machine knows.
#pragma once

#include <string>
#include <vector>

namespace smscrm {

// IANA names that stand for a place ("America/New_York"), and UTC; sorted.
std::vector<std::string> list_timezones();

}  // namespace smscrm
