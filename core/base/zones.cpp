#include "core/base/zones.hpp"

#include <algorithm>

#include <date/tz.h>

namespace smscrm {

std::vector<std::string> list_timezones() {
  std::vector<std::string> names{"UTC"};
  for (const auto& zone : date::get_tzdb().zones)
    // "Etc/GMT+5" has its sign the other way round, "EST" no summer; nobody means them.
    if (zone.name().find('/') != std::string::npos && !zone.name().starts_with("Etc/"))
      names.push_back(zone.name());
  std::ranges::sort(names);
  return names;
}

}  // namespace smscrm
