#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/segment/calendar.hpp"

using namespace smscrm;

namespace {

RuleClock new_york(const char* at) { return {parse_rfc3339(at), "America/New_York"}; }

std::string shown(const std::optional<RuleSpan>& span) {
  if (!span) return "none";
  return format_rfc3339(span->begin) + (span->is_day() ? " " + format_rfc3339(span->end) : "");
}

}  // namespace

TEST_CASE("days are those of the tenant's calendar, as long as clocks make them") {
  const auto clock = new_york("2027-03-15T18:00:00Z");
  CHECK(shown(read_span("yesterday", clock)) == "2027-03-14T05:00:00Z 2027-03-15T04:00:00Z");  // 23 hours
  CHECK(shown(read_span("TODAY", clock)) == "2027-03-15T04:00:00Z 2027-03-16T04:00:00Z");
  CHECK(shown(read_span("tomorrow", clock)) == "2027-03-16T04:00:00Z 2027-03-17T04:00:00Z");
  CHECK(shown(read_span("2027-11-07", clock)) == "2027-11-07T04:00:00Z 2027-11-08T05:00:00Z");  // 25 hours
  CHECK(shown(read_span("now", clock)) == "2027-03-15T18:00:00Z");
  CHECK(shown(read_span("2027-03-14T02:30", clock)) == "2027-03-14T07:00:00Z");     // skipped
  CHECK(shown(read_span("2027-11-07T01:30:00", clock)) == "2027-11-07T05:30:00Z");  // struck twice
  CHECK(shown(read_span("2027-03-14T10:00:30.5+02:00", clock)) == "2027-03-14T08:00:30.500000Z");
  CHECK(shown(read_span("2027-03-14t10:00z", clock)) == "2027-03-14T10:00:00Z");
  for (const char* none : {"2027-02-29", "2027-00-10", "0000-01-01", "2027-03-14T24:00", "2027-03-14T10",
                           "2027-03-14T10:00x", "2027-3-14", "someday", ""})
    CHECK(shown(read_span(none, clock)) == "none");
  CHECK_THROWS_AS(read_span("today", {clock.now, "Mars/Olympus"}), Error);
}

TEST_CASE("days and shorter are exact, months and years lengths of the calendar") {
  const auto back = [](const char* length, const RuleClock& clock) {
    return format_rfc3339(before_now(read_length_of_rule(length).value(), clock));
  };
  const auto clock = new_york("2027-03-31T14:00:00Z");  // 10:00
  CHECK(back("30m", clock) == "2027-03-31T13:30:00Z");
  CHECK(back("30d", clock) == "2027-03-01T14:00:00Z");  // 9:00
  CHECK(back("1mo", clock) == "2027-02-28T15:00:00Z");  // 10:00 of the last day
  CHECK(back("1y", clock) == "2026-03-31T14:00:00Z");
  CHECK(format_rfc3339(after_now(read_length_of_rule("1MO").value(), clock)) == "2027-04-30T14:00:00Z");
  for (const char* none : {"30", "d", "30x", "201y", "9999999999d", "100000w", ""})
    CHECK_FALSE(read_length_of_rule(none));
}

TEST_CASE("who was born on a 29th of February has a day every year") {
  const auto days = days_of_year(new_york("2027-02-27T12:00:00Z"), parse_rfc3339("2027-03-01T12:00:00Z"));
  CHECK(days == std::vector<std::string>{"02-27", "02-28", "02-29", "03-01"});
  CHECK(days_of_year(new_york("2028-02-28T12:00:00Z"), parse_rfc3339("2028-02-28T12:00:00Z")) ==
        std::vector<std::string>{"02-28"});
  CHECK(days_of_year(new_york("2027-01-01T12:00:00Z"), parse_rfc3339("2030-01-01T12:00:00Z")).size() == 367);
}
