#include "core/tenant/zone.hpp"

#include <fstream>
#include <sstream>

#include "core/base/text.hpp"
#include "core/base/zones.hpp"

namespace smscrm {
namespace {

// "L America/New_York US/Eastern": what an older name stands for.
std::string resolve(const std::string& zone) {
  std::ifstream file{zone_file("tzdata.zi")};
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("L ") || !line.ends_with(" " + zone)) continue;
    return line.substr(2, line.size() - zone.size() - 3);
  }
  return zone;
}

std::optional<std::string> find_country(const std::string& zone) {
  std::ifstream file{zone_file("zone.tab")};
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream columns{line};
    std::string country, place, name;
    if (columns >> country >> place >> name && name == zone) return country;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> country_of_zone(const std::string& zone) {
  // A name of its own first: Europe/Oslo is in Norway, and by its link in Germany.
  const auto country = find_country(zone);
  return country ? country : find_country(resolve(zone));
}

std::optional<std::string> zone_meant_by(const std::string& zone) {
  if (zone == "EST") return "America/New_York";
  if (zone == "MST") return "America/Denver";
  if (zone.starts_with("Etc/GMT+") || zone.starts_with("Etc/GMT-")) return "";
  return std::nullopt;
}

}  // namespace smscrm
