#include "core/base/zones.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <date/tz.h>
#include <fmt/format.h>
#include <sys/stat.h>

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

std::string time_zone_data() {
  std::ifstream file{zone_file("tzdata.zi")};
  std::string line;
  constexpr std::string_view begin = "# version ";
  return std::getline(file, line) && line.starts_with(begin) ? line.substr(begin.size()) : "unknown";
}

std::string time_zone_stamp() {
  struct stat file {};
  if (::stat(zone_file("tzdata.zi").c_str(), &file) != 0) return "none";
  return fmt::format("{}.{}.{}", file.st_ino, file.st_mtim.tv_sec, file.st_mtim.tv_nsec);
}

std::string zone_file(const char* name) {
  const char* directory = std::getenv("TZDIR");
  return fmt::format("{}/{}", directory == nullptr || *directory == '\0' ? "/usr/share/zoneinfo" : directory,
                     name);
}

}  // namespace smscrm
