// Where a number may be: the regions and time zones that its digits tell. Numbers are ported and people move,
// so that all of an area's zones count; of a country whose mobile numbers tell no area, all of the country's.
// Data: core/phone/number_zones.tsv, whose head names its sources (libphonenumber, Apache License 2.0;
// zone.tab of the IANA tz database) and what was changed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace smscrm {

struct Place {
  std::vector<std::string> regions;  // ISO 3166-2 ("US-FL"), or 3166-1 where there is no more ("FR"); empty:
                                     // none told, of +1
  std::vector<std::string> zones;    // IANA; at least one
  bool is_area = false;              // the digits tell an area; false: no more than the country
};

// Of an E.164 number with its plus, by the longest prefix. nullptr: of no country that is known.
const Place* find_place(std::string_view msisdn);

// ISO 3166-1 of the country that bills a text to it: "US", "CA". Empty: not known, or of no country.
std::string_view find_country_of_number(std::string_view msisdn);

// Whether any number is known to be in that country or region ("FR", "US-LA").
bool is_place(std::string_view region);

// The region of ISO 3166-2, or country, that somebody typed: "us-fl" is US-FL. Throws Error{invalid} for what
// has not its form, and for a part of a country whose parts are known and are others.
std::string parse_region(std::string_view text);

}  // namespace smscrm
