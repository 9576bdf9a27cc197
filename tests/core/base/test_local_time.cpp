#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/base/local_time.hpp"

using namespace smscrm;

namespace {

// A Sunday, 18:50 in New York.
const Timestamp sunday = parse_rfc3339("2026-11-29T23:50:38.049450Z");
const Clock new_york{sunday, "America/New_York"};

std::string read(std::string_view text, TimeSense sense, const Clock& clock = new_york) {
  return format_rfc3339(parse_time(text, clock, sense));
}

}  // namespace

TEST_CASE("a time is written by the clock of its place, to the minute") {
  CHECK(format_local(sunday, "America/New_York") == "2026-11-29 18:50");
  CHECK(format_local(sunday, "UTC") == "2026-11-29 23:50");
  CHECK(format_local(sunday, "Asia/Kathmandu") == "2026-11-30 05:35");
  CHECK(format_local(sunday, "Nowhere/None") == "2026-11-29 23:50");
  CHECK(zone_abbreviation(sunday, "America/New_York") == "EST");
  CHECK(zone_abbreviation(parse_rfc3339("2026-07-01"), "America/New_York") == "EDT");
}

TEST_CASE("times inside a text are told by the same clock, and nothing else of it changes") {
  CHECK(with_local_times("held until 2026-11-30T13:00:00Z: night", "America/New_York") ==
        "held until 2026-11-30 08:00 EST: night");
  CHECK(with_local_times("2026-11-29T23:50:38.049450Z", "UTC") == "2026-11-29 23:50 UTC");
  for (const char* text : {"", "2026-11-30", "2026-11-30T13:00:00", "2026-11-30T13:00:00.Z",
                           "2026-99-30T13:00:00Z", "12026-11-3", "x é 2026-11-30T13:00Z"})
    CHECK(with_local_times(text, "America/New_York") == text);
}

TEST_CASE("times as people type them are read by the clock of the place") {
  struct Case {
    std::string text, past, future;
  };
  const Case cases[] = {
      {"2026-11-29T20:00:00Z", "2026-11-29T20:00:00Z", "2026-11-29T20:00:00Z"},
      {"2026-11-29 20:00+01:00", "2026-11-29T19:00:00Z", "2026-11-29T19:00:00Z"},
      {"2026-11-29", "2026-11-29T05:00:00Z", "2026-11-29T05:00:00Z"},
      {"2026-07-01", "2026-07-01T04:00:00Z", "2026-07-01T04:00:00Z"},
      {"2026-11-29 20:00", "2026-11-30T01:00:00Z", "2026-11-30T01:00:00Z"},
      {"2026-11-29T20:00:30", "2026-11-30T01:00:30Z", "2026-11-30T01:00:30Z"},
      {"20:00", "2026-11-29T01:00:00Z", "2026-11-30T01:00:00Z"},
      {"9:30", "2026-11-29T14:30:00Z", "2026-11-30T14:30:00Z"},
      {"8pm", "2026-11-29T01:00:00Z", "2026-11-30T01:00:00Z"},
      {"12 AM", "2026-11-29T05:00:00Z", "2026-11-30T05:00:00Z"},
      {"tomorrow 09:00", "2026-11-30T14:00:00Z", "2026-11-30T14:00:00Z"},
      {"Today 7:15pm", "2026-11-30T00:15:00Z", "2026-11-30T00:15:00Z"},
      {"yesterday", "2026-11-28T05:00:00Z", "2026-11-28T05:00:00Z"},
      {"monday 09:00", "2026-11-23T14:00:00Z", "2026-11-30T14:00:00Z"},
      {"Sun 09:00", "2026-11-29T14:00:00Z", "2026-12-06T14:00:00Z"},
      {"now", "2026-11-29T23:50:38.049450Z", "2026-11-29T23:50:38.049450Z"},
      {"-2h", "2026-11-29T21:50:38.049450Z", "2026-11-29T21:50:38.049450Z"},
      {"1h ago", "2026-11-29T22:50:38.049450Z", "2026-11-29T22:50:38.049450Z"},
      {"3 days ago", "2026-11-26T23:50:38.049450Z", "2026-11-26T23:50:38.049450Z"},
      {"6h", "2026-11-29T17:50:38.049450Z", "2026-11-30T05:50:38.049450Z"},
      {"1h30m", "2026-11-29T22:20:38.049450Z", "2026-11-30T01:20:38.049450Z"},
      {"in 20 minutes", "2026-11-30T00:10:38.049450Z", "2026-11-30T00:10:38.049450Z"},
      {"2w", "2026-11-15T23:50:38.049450Z", "2026-12-13T23:50:38.049450Z"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    CHECK(read(c.text, TimeSense::past) == c.past);
    CHECK(read(c.text, TimeSense::future) == c.future);
  }
}

TEST_CASE("what is written may be typed again") {
  CHECK(read(format_local(sunday, new_york.zone), TimeSense::past) == "2026-11-29T23:50:00Z");
}

TEST_CASE("a time that the clock skips is the skip, and one that it strikes twice the first") {
  CHECK(read("2026-03-08 02:30", TimeSense::past) == "2026-03-08T07:00:00Z");
  CHECK(read("2026-11-01 01:30", TimeSense::past) == "2026-11-01T05:30:00Z");
}

TEST_CASE("what is no time is refused, with how to write one") {
  for (const char* text : {"",
                           "soon",
                           "25:00",
                           "9:5",
                           "20:60",
                           "13pm",
                           "0am",
                           "20",
                           "2026-13-1",
                           "2026-02-30",
                           "2026-11-29 25:00",
                           "05/01/2026",
                           "2h later",
                           "-",
                           "ago",
                           "in",
                           "monday x",
                           "2026-11-29x",
                           "1 fortnight",
                           "99999d",
                           "0000-01-01",
                           "9999-12-31 23:00"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(read(text, TimeSense::past), doctest::Contains("is not a time; write it as"), Error);
  }
}
