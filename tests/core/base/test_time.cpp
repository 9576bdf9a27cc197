#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/base/time.hpp"

using namespace smscrm;

TEST_CASE("RFC 3339 times are read in any offset and written in UTC") {
  struct Case {
    std::string text, want;
  };
  const Case cases[] = {
      {"2026-05-01T09:30:00Z", "2026-05-01T09:30:00Z"},
      {"2026-05-01 09:30:00+00", "2026-05-01T09:30:00Z"},
      {"2026-05-01T09:30:00.250000+02:00", "2026-05-01T07:30:00.250000Z"},
      {"2026-03-01T00:30:00+0530", "2026-02-28T19:00:00Z"},
      {"2026-05-01T09:30Z", "2026-05-01T09:30:00Z"},
      {"2026-05-01", "2026-05-01T00:00:00Z"},
      {"1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    CHECK(format_rfc3339(parse_rfc3339(c.text)) == c.want);
  }
}

TEST_CASE("what is no time is refused") {
  for (const char* text :
       {"", "tomorrow", "2026-13-01", "2026-02-30", "2026-05-01T25:00:00Z", "2026-05-01T09:30:00",
        "2026-05-01T09:30:00+25:00", "2026-05-01T09:30:00Zx", "05/01/2026", "0000-12-31",
        "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_rfc3339(text), Error);
  }
}

TEST_CASE("lengths of time") {
  CHECK(parse_duration("90s").count() == 90);
  CHECK(parse_duration("2h").count() == 7200);
  CHECK(parse_duration("3d").count() == 259200);
  CHECK(parse_duration("3650d") == std::chrono::hours{24 * 3650});
  for (const char* text :
       {"", "s", "5", "-5s", "5 min", "1.5h", "3651d", "4000000d", "99999999h", "9223372036854775807s"})
    CHECK_THROWS_AS(parse_duration(text), Error);
}

TEST_CASE("only IANA zones pass") {
  CHECK_NOTHROW(check_timezone("America/New_York"));
  CHECK_THROWS_AS(check_timezone("Mars/Olympus"), Error);
}
