#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/phone/country.hpp"

using namespace smscrm;

TEST_CASE("countries are known by codes and names") {
  struct Case {
    std::string code;
    std::vector<std::string> texts;
  };
  const Case cases[] = {
      {"US",
       {"US", "us", "USA", "usa", "840", "United States", "united states of america", "U.S.A.", "U.S.",
        "The United States", "US-CA", " US "}},
      {"GB",
       {"GB", "UK", "uk", "GBR", "826", "United Kingdom", "Great Britain", "England", "GB-ENG",
        "UNITED KINGDOM"}},
      {"CI", {"Côte d'Ivoire", "Cote d’Ivoire", "Ivory Coast", "CIV"}},
      {"KR", {"South Korea", "Korea (South)", "Korea, Republic of", "KOR"}},
      {"CD", {"DR Congo", "Democratic Republic of the Congo", "COD"}},
      {"BA", {"Bosnia & Herzegovina", "Bosnia and Herzegovina", "Bosnia"}},
      {"NL", {"Netherlands", "The Netherlands", "Holland"}},
      {"TR", {"Turkey", "Türkiye", "Turkiye"}},
      {"LC", {"St Lucia", "St. Lucia", "Saint Lucia"}},
      {"DE", {"Germany", "DEU", "276", "Deutschland"}},
      {"MX", {"Mexico", "México", "MEX", "484"}},
      {"XK", {"XK", "Kosovo"}},
      {"BS", {"044"}},
  };
  for (const auto& c : cases)
    for (const auto& text : c.texts) {
      CAPTURE(text);
      CHECK(find_country(text).value_or("none") == c.code);
    }
  for (const char* text :
       {"", " ", "ZZ", "EU", "Congo", "Atlantis", "the", "44", "+44", "000", "U", "US1", "\xFF"}) {
    CAPTURE(text);
    CHECK_FALSE(find_country(text));
  }
}

TEST_CASE("every line of the table is a country with its codes") {
  std::size_t countries = 0;
  for (const auto& line : split(country_table, '\n')) {
    if (line.empty()) continue;
    CAPTURE(line);
    ++countries;
    CHECK(find_country(line.substr(0, 2)) == line.substr(0, 2));
    CHECK(find_country(line.substr(3, 3)) == line.substr(0, 2));
    for (const auto& name : split(line.substr(11), '|')) CHECK(find_country(name) == line.substr(0, 2));
  }
  CHECK(countries == 252);
}

TEST_CASE("settings take countries that exist, and name the one meant") {
  check_country("US");
  check_country("XK");
  struct Case {
    std::string code, hint;
  };
  for (const auto& c :
       {Case{"UK", "did you mean GB?"}, Case{"us", "did you mean US?"}, Case{"USA", "did you mean US?"},
        Case{"Germny", "did you mean DE?"}, Case{"ZZ", ""}}) {
    CAPTURE(c.code);
    try {
      check_country(c.code);
      FAIL("no error");
    } catch (const Error& e) {
      CHECK(e.code() == Errc::invalid);
      CHECK(e.hint() == c.hint);
    }
  }
}
