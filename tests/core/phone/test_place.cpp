#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/phone/place.hpp"

using namespace smscrm;

TEST_CASE("regions are read as people write them, and what is none is refused") {
  CHECK(parse_region("us-fl") == "US-FL");
  CHECK(parse_region(" FR ") == "FR");
  CHECK(parse_region("DE-BY") == "DE-BY");  // whose states no number tells
  for (const char* wrong : {"", "FL", "Florida", "US-", "US-FLA", "US-XX", "XX", "XX-YY", "US_FL"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(parse_region(wrong), Error);
  }
}

TEST_CASE("the longest prefix tells the place") {
  CHECK(find_place("+12125550123")->regions == std::vector<std::string>{"US-NY"});
  CHECK(find_place("+5511912345678")->is_area);
  CHECK(find_place("+18885550123")->regions.empty());
  CHECK(find_place("+8835100012345") == nullptr);
  CHECK(find_place("") == nullptr);
  CHECK(is_place("US"));
  CHECK(is_place("PR"));
  CHECK_FALSE(is_place("US-XX"));
}
