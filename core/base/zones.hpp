// The time zones that this machine knows.
#pragma once

#include <string>
#include <vector>

namespace smscrm {

// IANA names that stand for a place ("America/New_York"), and UTC; sorted.
std::vector<std::string> list_timezones();

// Which IANA data this machine has, "2026f"; "unknown".
std::string time_zone_data();

// Another text when this machine's data were brought up to date, since whenever.
std::string time_zone_stamp();

// Where they lie.
std::string zone_file(const char* name);

}  // namespace smscrm
