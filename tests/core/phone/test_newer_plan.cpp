#include <doctest/doctest.h>

#include "core/phone/newer_plan.hpp"
#include "core/phone/phone.hpp"

using namespace smscrm;

TEST_CASE("plans newer than the library's have their numbers assigned") {
  for (const char* code : {"227", "235", "257", "274", "324", "327", "329", "350", "353", "354",
                           "363", "369", "382", "428", "472", "557", "645", "683", "686", "728",
                           "730", "738", "748", "821", "835", "879", "942", "975", "983"}) {
    CAPTURE(code);
    const auto phone = parse_phone(std::string{"("} + code + ") 555-0123", "US");
    REQUIRE(phone);
    CHECK(phone->valid);
    CHECK(phone->e164 == std::string{"+1"} + code + "5550123");
    CHECK((phone->region == "US" || phone->region == "CA"));
  }
  CHECK(find_newer_region("+12275550123") == "US");
  CHECK(find_newer_region("+18795550123") == "CA");
  CHECK(find_newer_region("+2290197123456") == "BJ");
  for (const char* text : {"", "+", "12275550123", "+1227555012", "+122755501234", "+12271550123",
                           "+229019712345", "+14155550123"})
    CHECK(find_newer_region(text).empty());
}

TEST_CASE("numbers of Benin are read in the new plan and the old, at home and abroad") {
  for (const char* text : {"+2290197123456", "+229 97 12 34 56", "00229 01 97 12 34 56", "0022997123456"}) {
    CAPTURE(text);
    for (const char* region : {"US", "BJ", ""}) {
      const auto phone = parse_phone(text, region);
      REQUIRE(phone);
      CHECK(*phone == PhoneNumber{"+2290197123456", true, "BJ"});
    }
  }
  for (const char* text : {"01 97 12 34 56", "97 12 34 56"})
    CHECK(parse_phone(text, "BJ") == PhoneNumber{"+2290197123456", true, "BJ"});
}

TEST_CASE("an international number that is longer than its plan is kept, but no number of North America") {
  const auto phone = parse_phone("+229 01971234567", "US");
  REQUIRE(phone);
  CHECK_FALSE(phone->valid);
  CHECK_FALSE(parse_phone("+1 415 555 26711", "US"));
  CHECK_FALSE(parse_phone("+1 415 555 267", "US"));
  CHECK_FALSE(parse_phone("+2290197123456789", "US"));  // longer than any number
  CHECK_FALSE(parse_phone("+999 123 456 789", "US"));   // no such calling code
}
