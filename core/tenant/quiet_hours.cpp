#include "core/tenant/quiet_hours.hpp"

#include <date/tz.h>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

std::chrono::minutes parse_clock(const std::string& clock) {
  return std::chrono::hours{*parse_integer(clock.substr(0, 2))} +
         std::chrono::minutes{*parse_integer(clock.substr(3))};
}

const date::time_zone* locate(const std::string& zone) {
  try {
    return date::locate_zone(zone);
  } catch (const std::runtime_error&) {
    throw Error(Errc::invalid, "\"{}\" is not a time zone", zone);
  }
}

// When the clock there shows `time` the next time.
Timestamp find_next(const std::string& zone, std::chrono::minutes time, Timestamp at) {
  const auto* place = locate(zone);
  auto day = date::floor<date::days>(place->to_local(at));
  for (;; day += date::days{1}) {
    const Timestamp found = place->to_sys(day + time, date::choose::earliest);
    if (found > at) return found;
  }
}

}  // namespace

std::optional<Timestamp> find_quiet_end(const QuietHours& hours, const std::string& zone, Timestamp at) {
  const auto* place = locate(zone);
  const auto local = place->to_local(at);
  const auto midnight = date::floor<date::days>(local);
  const auto clock = local - midnight;
  const auto from = parse_clock(hours.from), until = parse_clock(hours.until);
  const bool over_midnight = until <= from;
  const bool quiet = over_midnight ? clock >= from || clock < until : clock >= from && clock < until;
  if (!quiet) return std::nullopt;
  const auto day = over_midnight && clock >= from ? midnight + date::days{1} : midnight;
  const Timestamp end = place->to_sys(day + until, date::choose::earliest);
  // In the hour that strikes twice the first end may be past.
  return end > at ? end : at + std::chrono::minutes{1};
}

Timestamp find_quiet_start(const QuietHours& hours, const std::string& zone, Timestamp at) {
  return find_next(zone, parse_clock(hours.from), at);
}

Timestamp find_day_end(const std::string& zone, Timestamp at) {
  return find_next(is_timezone(zone) ? zone : "Etc/UTC", std::chrono::minutes{0}, at);
}

}  // namespace smscrm
