#include <doctest/doctest.h>
#include <phonenumbers/phonenumberutil.h>

#include "core/phone/plan_parser.hpp"
#include "tests/support/phone_compare.hpp"
#include "tests/support/phone_samples.hpp"

using namespace smscrm;
using i18n::phonenumbers::PhoneNumberUtil;

TEST_CASE("the fast path answers as libphonenumber does, and read_phone says why where it does not") {
  const auto sum = compare_phone_paths(60'000, 7);
  for (const auto& example : sum.examples) FAIL_CHECK(example);
  CHECK(sum.different == 0);
  CHECK(sum.samples == 60'000);
  std::int64_t departures = 0;
  for (const auto& [reason, numbers] : sum.departures) departures += numbers;
  CHECK(departures < sum.samples / 8);
  for (const char* reason :
       {"several", "symbol", "other_prefix", "trunk_zero", "beyond_plan", "one_line", "sign"}) {
    CAPTURE(reason);
    CHECK(sum.departures.count(reason) == 1);
  }
  CHECK(sum.decided > 48'000);
  CHECK(sum.valid > 24'000);
  CHECK(sum.possible > 6'000);
  CHECK(sum.decided - sum.valid - sum.possible > 9'000);
  CHECK(sum.regions.size() > 230);
}

TEST_CASE("ordinary numbers of many countries take the fast path") {
  const auto& plans = *PhoneNumberUtil::GetInstance();
  REQUIRE(PhoneSamples::main_regions().size() >= 30);
  for (const auto& region : PhoneSamples::main_regions()) {
    for (const auto type : {PhoneNumberUtil::FIXED_LINE, PhoneNumberUtil::MOBILE}) {
      i18n::phonenumbers::PhoneNumber number;
      REQUIRE(plans.GetExampleNumberForType(region, type, &number));
      for (const auto format :
           {PhoneNumberUtil::E164, PhoneNumberUtil::INTERNATIONAL, PhoneNumberUtil::NATIONAL}) {
        std::string text;
        plans.Format(number, format, &text);
        CAPTURE(text);
        CAPTURE(region);
        const auto verdict = parse_phone_by_plan(text, region);
        CHECK(verdict.decided);
        REQUIRE(verdict.phone);
        CHECK(verdict.phone->valid);
        CHECK(verdict.phone->region == region);
      }
    }
  }
}

TEST_CASE("what is not ordinary is left to the library") {
  for (const char* text :
       {"", "12", "+", "n/a", "415-555-2671 ext. 3", "1-800-FLOWERS",
        "415\xC2\xA0"
        "555 2671",
        "415 555 2671 x3", "++1 415 555 2671", "415+5552671", "+999 123 4567", "+0 415 555 2671",
        "tel:+14155552671", "*67 415 555 2671", "415,555,2671", "1234567890123456789012345"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_phone_by_plan(text, "US").decided);
  }
  for (const char* region : {"", "ZZ", "us", "USA", "XX"}) {
    CAPTURE(region);
    CHECK_FALSE(parse_phone_by_plan("415 555 2671", region).decided);
    CHECK(parse_phone_by_plan("+1 415 555 2671", region).decided);
  }
  CHECK_FALSE(parse_phone_by_plan("+800 1234 5678", "001").decided);
}
