#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/tenant/quiet_hours.hpp"

using namespace smscrm;

TEST_CASE("quiet hours go by the clock of the place") {
  struct Case {
    const char *what, *from, *until, *zone, *at, *end;
  };
  const Case cases[] = {
      {"evening, until the morning", "21:00", "08:00", "America/New_York", "2026-05-02T02:00:00Z",
       "2026-05-02T12:00:00Z"},
      {"after midnight, the same morning", "21:00", "08:00", "America/New_York", "2026-05-02T05:00:00Z",
       "2026-05-02T12:00:00Z"},
      {"at the end it is over", "21:00", "08:00", "America/New_York", "2026-05-02T12:00:00Z", ""},
      {"at the beginning it has begun", "21:00", "08:00", "America/New_York", "2026-05-02T01:00:00Z",
       "2026-05-02T12:00:00Z"},
      {"daytime", "21:00", "08:00", "America/New_York", "2026-05-02T16:00:00Z", ""},
      {"the same instant elsewhere", "21:00", "08:00", "Asia/Tokyo", "2026-05-02T16:00:00Z",
       "2026-05-02T23:00:00Z"},
      {"within one day", "12:00", "14:00", "UTC", "2026-05-02T13:59:59Z", "2026-05-02T14:00:00Z"},
      {"the end falls into the hour that is skipped", "21:00", "02:30", "America/New_York",
       "2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    const auto end = find_quiet_end({c.from, c.until}, c.zone, parse_rfc3339(c.at));
    CHECK((end ? format_rfc3339(*end) : "") == c.end);
  }
  CHECK_THROWS_AS(find_quiet_end({"21:00", "08:00"}, "Mars/Base", now()), Error);
}

TEST_CASE("quiet hours begin, and days end, by the clock of the place") {
  struct Case {
    const char *what, *zone, *at, *quiet_from, *day_end;
  };
  const Case cases[] = {
      {"daytime", "America/New_York", "2026-05-02T16:00:00Z", "2026-05-03T01:00:00Z", "2026-05-03T04:00:00Z"},
      {"at the moment itself the next one counts", "America/New_York", "2026-05-03T01:00:00Z",
       "2026-05-04T01:00:00Z", "2026-05-03T04:00:00Z"},
      {"at midnight a day begins", "America/New_York", "2026-05-03T04:00:00Z", "2026-05-04T01:00:00Z",
       "2026-05-04T04:00:00Z"},
      {"a day of 23 hours", "America/New_York", "2026-03-08T05:00:00Z", "2026-03-09T01:00:00Z",
       "2026-03-09T04:00:00Z"},
      {"a day of 25 hours", "America/New_York", "2026-11-01T04:00:00Z", "2026-11-02T02:00:00Z",
       "2026-11-02T05:00:00Z"},
      {"the clock skips midnight", "Asia/Beirut", "2024-03-30T10:00:00Z", "2024-03-30T19:00:00Z",
       "2024-03-30T22:00:00Z"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    const auto at = parse_rfc3339(c.at);
    CHECK(format_rfc3339(find_quiet_start({"21:00", "08:00"}, c.zone, at)) == c.quiet_from);
    CHECK(format_rfc3339(find_day_end(c.zone, at)) == c.day_end);
  }
}
