#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/base/local_time.hpp"
#include "core/campaign/cron.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> times(const std::string& text, const std::string& zone, const std::string& after,
                               int count) {
  std::vector<std::string> found;
  const auto cron = parse_cron(text);
  auto at = parse_rfc3339(after);
  while (count-- > 0) {
    const auto next = next_time(cron, zone, at);
    if (!next) break;
    found.push_back(format_rfc3339(*next));
    at = *next;
  }
  return found;
}

using Times = std::vector<std::string>;

// A minute as the clocks of a zone show it, as if they were UTC's.
Timestamp shown_at(Timestamp at, const std::string& zone) {
  return parse_rfc3339(format_local(at, zone) + ":00Z");
}

bool fits(const Cron& cron, Timestamp shown) {
  const auto day = std::chrono::floor<std::chrono::days>(shown);
  const std::chrono::year_month_day parts{day};
  const std::chrono::hh_mm_ss time{shown - day};
  return (cron.months >> unsigned{parts.month()} & 1) != 0 && (cron.days >> unsigned{parts.day()} & 1) != 0 &&
         (cron.weekdays >> std::chrono::weekday{day}.c_encoding() & 1) != 0 &&
         (cron.hours >> time.hours().count() & 1) != 0 && (cron.minutes >> time.minutes().count() & 1) != 0;
}

// What a watcher of the clock sees, minute by minute.
std::vector<Timestamp> watch(const Cron& cron, const std::string& zone, Timestamp from, Timestamp to) {
  const bool is_each_hour = cron.hours == 0xFFFFFF;
  std::vector<Timestamp> seen;
  auto latest = shown_at(from, zone);
  for (auto at = from + 1min; at < to; at += 1min) {
    const auto shown = shown_at(at, zone);
    bool comes = fits(cron, shown) && (is_each_hour || shown > latest);
    for (auto skipped = latest + 1min; !is_each_hour && !comes && skipped < shown; skipped += 1min)
      comes = fits(cron, skipped);
    if (comes) seen.push_back(at);
    latest = std::max(latest, shown);
  }
  return seen;
}

std::string any_field(std::mt19937& chance, int least, int most) {
  const auto value = [&](int from, int to) { return std::uniform_int_distribution{from, to}(chance); };
  switch (value(0, 4)) {
    case 0:
      return fmt::format("{}", value(least, most));
    case 1: {
      const auto first = value(least, most);
      return fmt::format("{}-{}", first, value(first, most));
    }
    case 2:
      return fmt::format("*/{}", value(1, std::max(2, most / 2)));
    case 3:
      return fmt::format("{},{}", value(least, most), value(least, most));
    default:
      return "*";
  }
}

}  // namespace

TEST_CASE("a time that the clocks skip comes at the end of the skip, one that they strike twice once") {
  const std::string york = "America/New_York";
  CHECK(times("30 2 * * *", york, "2027-03-13T12:00:00Z", 2) ==
        Times{"2027-03-14T07:00:00Z", "2027-03-15T06:30:00Z"});
  CHECK(times("30 1 * * *", york, "2027-11-06T12:00:00Z", 2) ==
        Times{"2027-11-07T05:30:00Z", "2027-11-08T06:30:00Z"});
  CHECK(times("*/15 2 * * *", york, "2027-03-13T12:00:00Z", 2) ==
        Times{"2027-03-14T07:00:00Z", "2027-03-15T06:00:00Z"});
  CHECK(times("0 2,3 * * *", york, "2027-03-13T12:00:00Z", 2) ==
        Times{"2027-03-14T07:00:00Z", "2027-03-15T06:00:00Z"});
  // Begun between the two strikes of half past one.
  CHECK(times("30 1 * * *", york, "2027-11-07T05:31:00Z", 1) == Times{"2027-11-08T06:30:00Z"});
  CHECK(times("30 1 * * *", york, "2027-11-07T06:10:00Z", 1) == Times{"2027-11-08T06:30:00Z"});
}

TEST_CASE("where every hour is wanted the clocks are followed as they go") {
  const std::string york = "America/New_York";
  CHECK(times("0 * * * *", york, "2027-11-07T04:30:00Z", 3) ==
        Times{"2027-11-07T05:00:00Z", "2027-11-07T06:00:00Z", "2027-11-07T07:00:00Z"});
  CHECK(times("30 * * * *", york, "2027-03-14T06:00:00Z", 2) ==
        Times{"2027-03-14T06:30:00Z", "2027-03-14T07:30:00Z"});
}

TEST_CASE("midnights that do not exist, and days") {
  // Midnight is skipped in Beirut: the day begins at one.
  CHECK(times("0 0 * * *", "Asia/Beirut", "2026-03-28T12:00:00Z", 2) ==
        Times{"2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z"});
  // All of December 30 was, in Samoa.
  CHECK(times("0 9 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", 2) ==
        Times{"2011-12-30T10:00:00Z", "2012-12-29T19:00:00Z"});
}

TEST_CASE("ends of months, leap days and days of the week") {
  CHECK(times("0 9 31 * *", "UTC", "2027-01-31T09:00:00Z", 3) ==
        Times{"2027-03-31T09:00:00Z", "2027-05-31T09:00:00Z", "2027-07-31T09:00:00Z"});
  CHECK(times("0 9 29 2 *", "UTC", "2027-01-01T00:00:00Z", 2) ==
        Times{"2028-02-29T09:00:00Z", "2032-02-29T09:00:00Z"});
  CHECK(times("0 9 29 feb *", "UTC", "2096-03-01T00:00:00Z", 1) == Times{"2104-02-29T09:00:00Z"});
  CHECK(times("59 23 31 dec *", "UTC", "2027-01-01T00:00:00Z", 1) == Times{"2027-12-31T23:59:00Z"});
  // 2027-03-01 is a Monday.
  CHECK(
      times("0 9 * * fri-sun", "UTC", "2027-03-01T00:00:00Z", 4) ==
      Times{"2027-03-05T09:00:00Z", "2027-03-06T09:00:00Z", "2027-03-07T09:00:00Z", "2027-03-12T09:00:00Z"});
  CHECK(parse_cron("0 9 * * 7") == parse_cron("0 9 * * SUN"));
  CHECK(parse_cron("0 9 * * 0") == parse_cron("0 9 * * 7"));
  CHECK(parse_cron("0 9 * * 5-7") == parse_cron("0 9 * * FRI-sun"));
  CHECK(parse_cron("0 9 * JAN-Mar *") == parse_cron(" 0\t9 * 1-3  0-7 "));
  CHECK(parse_cron("1-9/4 0-23/6 * * *") == parse_cron("1,5,9 0,6,12,18 * * *"));
}

TEST_CASE("the next time lies behind, whatever part of a minute has passed") {
  const auto cron = parse_cron("* * * * *");
  const auto at = parse_rfc3339("2027-03-01T09:00:00Z");
  CHECK(next_time(cron, "UTC", at) == at + 1min);
  CHECK(next_time(cron, "UTC", at - 1us) == at);
  CHECK(next_time(cron, "UTC", at + 59s + 999'999us) == at + 1min);
  CHECK_THROWS_AS(next_time(cron, "Mars/Base", at), Error);
}

TEST_CASE("chance agrees with one who watches the clock minute by minute") {
  std::mt19937 chance{20261201};  // NOLINT
  struct Change {
    const char *zone, *around;
  };
  const Change changes[] = {
      {"America/New_York", "2027-03-14T07:00:00Z"},    {"America/New_York", "2027-11-07T06:00:00Z"},
      {"Europe/Berlin", "2027-03-28T01:00:00Z"},       {"Europe/Berlin", "2027-10-31T01:00:00Z"},
      {"Australia/Lord_Howe", "2026-10-03T15:30:00Z"}, {"Australia/Lord_Howe", "2027-04-03T15:00:00Z"},
      {"Africa/Cairo", "2027-04-29T22:00:00Z"},        {"Africa/Cairo", "2026-10-29T21:00:00Z"},
      {"Asia/Kathmandu", "2027-02-28T18:15:00Z"},      {"Pacific/Apia", "2011-12-30T10:00:00Z"},
  };
  for (const auto& [zone, around] : changes) {
    const auto from = parse_rfc3339(around) - 30h, to = parse_rfc3339(around) + 30h;
    for (int round = 0; round < 12; ++round) {
      const bool by_weekday = round % 3 == 0;
      const auto text = fmt::format("{} {} {} * {}", any_field(chance, 0, 59), any_field(chance, 0, 23),
                                    by_weekday ? "*" : any_field(chance, 1, 31),
                                    by_weekday ? any_field(chance, 0, 6) : "*");
      CAPTURE(text);
      CAPTURE(zone);
      const auto cron = parse_cron(text);
      std::vector<Timestamp> found;
      for (auto next = next_time(cron, zone, from); next && *next < to; next = next_time(cron, zone, *next))
        found.push_back(*next);
      CHECK(found == watch(cron, zone, from, to));
    }
  }
}

TEST_CASE("what is wrong is told with its place and the way out") {
  struct Case {
    std::string text, code;
    std::size_t column, length;
  };
  const Case cases[] = {
      {"", "cron_fields", 1, 0},
      {"0 9 * *", "cron_fields", 8, 0},
      {"0 0 9 * * *", "cron_fields", 11, 1},
      {"@daily", "cron_fields", 7, 0},
      {"60 9 * * *", "cron_value", 1, 2},
      {"0 24 * * *", "cron_value", 3, 2},
      {"0 9 0 * *", "cron_value", 5, 1},
      {"0 9 * 13 *", "cron_value", 7, 2},
      {"0 9 * * mo", "cron_value", 9, 2},
      {"0 9 * * 8", "cron_value", 9, 1},
      {"0 9 * * ?", "cron_value", 9, 1},
      {"0 9 L * *", "cron_value", 5, 1},
      {"0, 9 * * *", "cron_value", 3, 0},
      {"1-2-3 9 * * *", "cron_value", 3, 3},
      {"-5 9 * * *", "cron_value", 1, 0},
      {"0 9 * * 1\xC2\xA0", "cron_value", 10, 1},
      {"0 22-6 * * *", "cron_range", 3, 4},
      {"0 9 * * wed-mon", "cron_range", 9, 7},
      {"5/15 * * * *", "cron_step", 3, 2},
      {"*/0 * * * *", "cron_step", 3, 1},
      {"*/60 * * * *", "cron_step", 3, 2},
      {"*/x * * * *", "cron_step", 3, 1},
      {"0 9 1 * mon", "cron_days", 9, 3},
      {"0 9 30 2 *", "cron_never", 5, 2},
      {"0 9 31 4,6,9,11 *", "cron_never", 5, 2},
      {std::string(201, ' '), "too_long", 1, 0},
  };
  for (const auto& one : cases) {
    CAPTURE(one.text);
    try {
      parse_cron(one.text);
      FAIL("it was taken");
    } catch (const RuleError& error) {
      CHECK(error.rule_code() == one.code);
      CHECK(error.place().column == one.column);
      CHECK(error.place().length == one.length);
      CHECK(*error.what() != '\0');
    }
  }
}
