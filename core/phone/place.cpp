#include "core/phone/place.hpp"

#include <algorithm>
#include <ranges>
#include <unordered_map>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/phone/country.hpp"
#include "core/phone/number_zones.hpp"

namespace smscrm {
namespace {

struct Places {
  std::unordered_map<std::string_view, Place> by_prefix;
  std::size_t longest = 0;
};

Places read_places() {
  Places places;
  for (const auto line : std::views::split(number_zones, '\n')) {
    const std::string_view text{line.begin(), line.end()};
    if (text.empty() || text.front() == '#') continue;
    const auto tab = text.find('\t');
    const auto columns = split(text, '\t');
    Place place;
    if (!columns.at(1).empty()) place.regions = split(columns[1], ',');
    place.zones = split(columns.at(2), ',');
    place.is_area = columns.at(3) == "area";
    places.longest = std::max(places.longest, tab);
    places.by_prefix.emplace(text.substr(0, tab), std::move(place));
  }
  return places;
}

const Places& all_places() {
  static const auto places = read_places();
  return places;
}

}  // namespace

const Place* find_place(std::string_view msisdn) {
  const auto& places = all_places();
  if (msisdn.starts_with('+')) msisdn.remove_prefix(1);
  for (auto length = std::min(places.longest, msisdn.size()); length > 0; --length)
    if (const auto found = places.by_prefix.find(msisdn.substr(0, length)); found != places.by_prefix.end())
      return &found->second;
  return nullptr;
}

std::string_view find_country_of_number(std::string_view msisdn) {
  const auto* place = find_place(msisdn);
  return place == nullptr || place->regions.empty() ? std::string_view{}
                                                    : std::string_view{place->regions.front()}.substr(0, 2);
}

bool is_place(std::string_view region) {
  return std::ranges::any_of(all_places().by_prefix, [&](const auto& of_prefix) {
    return std::ranges::any_of(of_prefix.second.regions, [&](const std::string& known) {
      return known == region || known.substr(0, known.find('-')) == region;
    });
  });
}

std::string parse_region(std::string_view text) {
  std::string region{trim(text)};
  std::ranges::transform(region, region.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
  const auto country = region.substr(0, 2);
  const auto part = region.size() > 3 && region[2] == '-' ? region.substr(3) : "";
  const bool formed =
      std::ranges::all_of(part, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
  const auto parts_known = [&] {
    return std::ranges::any_of(all_places().by_prefix, [&](const auto& of_prefix) {
      return std::ranges::any_of(of_prefix.second.regions,
                                 [&](const std::string& known) { return known.starts_with(country + "-"); });
    });
  };
  if (find_country(country) == country &&
      (region.size() == 2 || (!part.empty() && part.size() <= 3 && formed)) &&
      (part.empty() || !parts_known() || is_place(region)))
    return region;
  throw Error(Errc::invalid, "\"{}\" is not a region; one is written as US-FL, or FR for a country", text);
}

}  // namespace smscrm
