#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/phone/phone.hpp"

using namespace smscrm;

TEST_CASE("numbers are read as people write them") {
  struct Case {
    std::string text, region, e164;
    bool valid;
    std::string country;
  };
  const Case cases[] = {
      {"+1 (415) 555-2671", "US", "+14155552671", true, "US"},
      {"415.555.2671", "US", "+14155552671", true, "US"},
      {"14155552671", "US", "+14155552671", true, "US"},
      {"\xC2\xA0+14155552671 ", "GB", "+14155552671", true, "US"},
      {"(415) 555-2671 ext. 12", "US", "+14155552671", true, "US"},
      {"+1 604 555 2671", "US", "+16045552671", true, "CA"},
      {"044 668 18 00", "CH", "+41446681800", true, "CH"},
      {"0041 44 668 18 00", "CH", "+41446681800", true, "CH"},
      {"+44 7400 123456", "US", "+447400123456", true, "GB"},
      {"+1 055 555 2671", "US", "+10555552671", false, ""},
      {"+800 1234 5678", "US", "+80012345678", true, ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    const auto phone = parse_phone(c.text, c.region);
    REQUIRE(phone);
    CHECK(phone->e164 == c.e164);
    CHECK(phone->valid == c.valid);
    CHECK(phone->region == c.country);
    CHECK(get_msisdn(c.text, c.region) == c.e164);
  }
}

TEST_CASE("what cannot be a number is none") {
  for (const std::string text : {"", " ", "n/a", "12", "555-2671", "+1415555267", "+141555526711",
                                 "+999123456789", "1e10", "foo@example.com"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_phone(text, "US"));
  }
  CHECK_FALSE(parse_phone("415 555 2671", ""));  // a national number of no country
  CHECK_THROWS_WITH_AS(get_msisdn("call me", "US"), "\"call me\" is not a phone number", Error);
}

TEST_CASE("E.164 has a plus, no leading zero and at most 15 digits") {
  for (const char* text : {"+14155552671", "+123456", "+123456789012345"}) CHECK(is_e164(text));
  for (const char* text :
       {"", "+", "14155552671", "+04155552671", "+12345", "+1234567890123456", "+1415555267a"})
    CHECK_FALSE(is_e164(text));
}

TEST_CASE("toll-free numbers are told from others") {
  CHECK(is_toll_free("+18005551212"));
  CHECK(is_toll_free("+18445551212"));
  CHECK_FALSE(is_toll_free("+14155552671"));
  CHECK_FALSE(is_toll_free("+15005550006"));
}
