#include "core/tenant/day_end.hpp"

#include <date/tz.h>

namespace smscrm {

Timestamp find_day_end(const std::string& zone, Timestamp at) {
  const auto* place = date::locate_zone(is_timezone(zone) ? zone : "Etc/UTC");
  for (auto day = date::floor<date::days>(place->to_local(at));; day += date::days{1}) {
    const Timestamp found = place->to_sys(day, date::choose::earliest);
    if (found > at) return found;
  }
}

}  // namespace smscrm
