#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/quiet_hours.hpp"

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
