#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

using namespace smscrm;

TEST_CASE("integers are read whole or not at all") {
  CHECK(parse_integer("42") == 42);
  CHECK(parse_integer("-7") == -7);
  for (const char* text : {"", "4 2", "42x", "0x10", "99999999999999999999"})
    CHECK_FALSE(parse_integer(text));
}

TEST_CASE("UTF-8 is checked strictly") {
  CHECK(is_valid_utf8("añ€😀"));
  for (const char* text : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82", "\xf4\x90\x80\x80"})
    CHECK_FALSE(is_valid_utf8(text));
}

TEST_CASE("what is no UTF-8 stays as far as it can be read") {
  CHECK(readable_utf8("añ€😀") == "añ€😀");
  CHECK(readable_utf8({"a\0b", 3}) == "ab");
  CHECK(readable_utf8("a\xff\xe2\x82z") == "a???z");
}

TEST_CASE("nearest finds a slip of the hand and nothing far-fetched") {
  const std::vector<std::string> keys{"database.url", "redis.url", "http.listen"};
  CHECK(nearest("databse.url", keys) == "database.url");
  CHECK(nearest("http.liste", keys) == "http.listen");
  CHECK_FALSE(nearest("zzzzzzzz", keys));
}

TEST_CASE("a masked number shows its region and its end") {
  CHECK(mask_msisdn("+14155550123") == "+1415***0123");
  CHECK(mask_msisdn("12345") == "***");
}

TEST_CASE("slugs are short, lower-case and never pass for an id") {
  CHECK_NOTHROW(check_slug("spring-2026_a", "campaign"));
  for (const char* slug : {"", "Spring", "a b", "-a", "_a", "123", "ü"})
    CHECK_THROWS_AS(check_slug(slug, "campaign"), Error);
  CHECK_THROWS_AS(check_slug(std::string(64, 'a'), "campaign"), Error);
}
