#include "core/quiet_hours.hpp"

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

}  // namespace smscrm
