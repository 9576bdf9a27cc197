#include <doctest/doctest.h>

#include "core/tenant/day_end.hpp"

using namespace smscrm;

TEST_CASE("days end by the clock of the place") {
  struct Case {
    const char *what, *zone, *at, *day_end;
  };
  const Case cases[] = {
      {"daytime", "America/New_York", "2026-05-02T16:00:00Z", "2026-05-03T04:00:00Z"},
      {"at midnight a day begins", "America/New_York", "2026-05-03T04:00:00Z", "2026-05-04T04:00:00Z"},
      {"a day of 23 hours", "America/New_York", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"},
      {"a day of 25 hours", "America/New_York", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"},
      {"the clock skips midnight", "Asia/Beirut", "2024-03-30T10:00:00Z", "2024-03-30T22:00:00Z"},
      {"no zone that is known", "Mars/Base", "2026-05-02T16:00:00Z", "2026-05-03T00:00:00Z"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    CHECK(format_rfc3339(find_day_end(c.zone, parse_rfc3339(c.at))) == c.day_end);
  }
}
