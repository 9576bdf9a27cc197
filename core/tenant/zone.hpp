// What a time zone says beside the time.
#pragma once

#include <optional>
#include <string>

namespace smscrm {

// The country whose zone it is, ISO 3166-1 alpha-2, by this machine's zone.tab; nullopt: of none (UTC), or
// not known. Rule: IANA tz database, files zone.tab and backward.
std::optional<std::string> country_of_zone(const std::string& zone);

// For a name that stands still when the clocks there change, such as EST: the zone that people mean by it, or
// "" when it may be any of an offset (Etc/GMT+5). nullopt: nothing odd.
std::optional<std::string> zone_meant_by(const std::string& zone);

}  // namespace smscrm
