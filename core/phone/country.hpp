// Countries as people and programs write them.
// Rules: ISO 3166-1; XK for Kosovo as the European Union and libphonenumber use it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace smscrm {

// Two letters, upper case, of "US", "usa", "840", "United States", "U.S.A.", "UK", "US-CA" (ISO 3166-2);
// names are in English and as lists have them, whatever their case, accents and punctuation. nullopt when
// nobody knows the country, or the name has several ("Congo"). Safe from any thread.
std::optional<std::string> find_country(std::string_view text);

// The code itself: for settings, which are kept as they are written. Throws Error{invalid} that names the
// code meant, or the nearest.
void check_country(std::string_view code);

// As the source says it: "US USA 840 United States|…" a line.
extern const std::string_view country_table;

}  // namespace smscrm
