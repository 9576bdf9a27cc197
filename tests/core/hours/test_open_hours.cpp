#include <random>

#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/hours/book.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

OpenHours quiet(const char* from, const char* until, std::vector<std::string> zones) {
  return {
      std::make_shared<const HoursLaw>(), {std::nullopt, QuietHours{from, until}}, {std::move(zones), {}}};
}

std::string show(std::optional<Timestamp> at) { return at ? format_rfc3339(*at) : "never"; }

}  // namespace

TEST_CASE("a tenant's quiet hours go by the clock of the place") {
  struct Case {
    const char *what, *from, *until, *zone, *at, *open;
  };
  const Case cases[] = {
      {"evening, until the morning", "21:00", "08:00", "America/New_York", "2026-05-02T02:00:00Z",
       "2026-05-02T12:00:00Z"},
      {"after midnight, the same morning", "21:00", "08:00", "America/New_York", "2026-05-02T05:00:00Z",
       "2026-05-02T12:00:00Z"},
      {"at the end it is over", "21:00", "08:00", "America/New_York", "2026-05-02T12:00:00Z",
       "2026-05-02T12:00:00Z"},
      {"at the beginning it has begun", "21:00", "08:00", "America/New_York", "2026-05-02T01:00:00Z",
       "2026-05-02T12:00:00Z"},
      {"daytime", "21:00", "08:00", "America/New_York", "2026-05-02T16:00:00Z", "2026-05-02T16:00:00Z"},
      {"the same instant elsewhere", "21:00", "08:00", "Asia/Tokyo", "2026-05-02T16:00:00Z",
       "2026-05-02T23:00:00Z"},
      {"within one day", "12:00", "14:00", "UTC", "2026-05-02T13:59:59Z", "2026-05-02T14:00:00Z"},
      {"the end falls into the hour that is skipped", "21:00", "02:30", "America/New_York",
       "2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z"},
      {"the first of an hour that is struck twice", "22:00", "23:30", "America/Santiago",
       "2027-04-04T02:10:00Z", "2027-04-04T02:30:00Z"},
      {"the second of it", "22:00", "23:30", "America/Santiago", "2027-04-04T03:10:00Z",
       "2027-04-04T03:30:00Z"},
      {"all day", "00:00", "00:00", "UTC", "2026-05-02T13:59:59Z", "never"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    CHECK(show(quiet(c.from, c.until, {c.zone}).next_open(parse_rfc3339(c.at))) == c.open);
  }
  CHECK_THROWS_AS(quiet("21:00", "08:00", {"Mars/Base"}), Error);
  CHECK_THROWS_AS(quiet("21:00", "08:00", {}), Error);
}

TEST_CASE("every zone that somebody may be in has to be awake") {
  const auto both = quiet("21:00", "08:00", {"America/New_York", "America/Los_Angeles"});
  CHECK(show(both.next_open(parse_rfc3339("2026-05-02T12:00:00Z"))) == "2026-05-02T15:00:00Z");    // Pacific
  CHECK(show(both.next_closed(parse_rfc3339("2026-05-02T16:00:00Z"))) == "2026-05-03T01:00:00Z");  // Eastern
  CHECK(both.held_by(parse_rfc3339("2026-05-02T14:00:00Z")) == std::vector<std::string>{"tenant"});
}

TEST_CASE("who is where goes by the number, and by what is known of the contact") {
  const auto zones = [](const Whereabouts& who) { return find_reach(who).zones; };
  const auto regions = [](const Whereabouts& who) { return find_reach(who).regions; };
  using Names = std::vector<std::string>;
  CHECK(zones({"+12125550123"}) == Names{"America/New_York"});
  CHECK(zones({"+12125550123", "America/Denver"}) == Names{"America/Denver", "America/New_York"});
  CHECK(zones({"+12125550123", "America/New_York"}) == Names{"America/New_York"});
  CHECK(zones({"+18885550123", "America/Denver"}) == Names{"America/Denver"});  // toll-free tells no place
  CHECK(zones({"+18885550123"}).size() == 7);
  CHECK(zones({"+61412345678", "Australia/Perth"}) == Names{"Australia/Perth"});
  CHECK(zones({"+8835100012345"}).empty());            // international networks
  CHECK(regions({"+16895550123"}) == Names{"US-FL"});  // newer than the numbering library
  CHECK(regions({"+12125550123", "", "US-FL"}) == Names{"US-NY", "US-FL"});
  CHECK(regions({"+18885550123"}) == Names{"US"});
  CHECK(regions({"+8835100012345"}).empty());
}

TEST_CASE("what is next open is open, and nothing before it is") {
  const auto book = built_in_hours_book();
  const char* const numbers[] = {"+18505550123", "+15125550123", "+14015550123", "+33612345678",
                                 "+61412345678", "+18885550123", "+15045550123", "+56912345678"};
  std::mt19937 random{7};
  std::uniform_int_distribution<int> minutes{0, 60 * 24 * 600};
  const auto begin = parse_rfc3339("2026-06-01T00:00:00Z");
  for (const auto* number : numbers) {
    const auto hours = book->find({Certainty::low, QuietHours{"21:30", "08:15"}}, {number});
    REQUIRE(hours);
    for (int i = 0; i < 40; ++i) {
      const auto at = begin + std::chrono::minutes{minutes(random)};
      CAPTURE(number);
      CAPTURE(format_rfc3339(at));
      const auto next = hours->next_open(at);
      REQUIRE(next);
      CHECK(hours->held_by(*next).empty());
      for (auto before = at; before < *next; before += 5min) CHECK_FALSE(hours->held_by(before).empty());
      const auto closed = hours->next_closed(*next);
      REQUIRE(closed);
      CHECK_FALSE(hours->held_by(*closed).empty());
      for (auto before = *next; before < *closed; before += 5min) CHECK(hours->held_by(before).empty());
    }
  }
}
