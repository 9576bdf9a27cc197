#include <doctest/doctest.h>

#include "core/campaign/forecast.hpp"

using namespace smscrm;

namespace {

// Those in a zone, whom quiet hours hold up.
Forecast::Group group(const char* zone, std::int64_t parts, std::optional<QuietHours> hours = {}) {
  if (!hours) return {nullptr, parts};
  return {std::make_shared<const OpenHours>(std::make_shared<const HoursLaw>(),
                                            HoursPolicy{std::nullopt, hours}, Reach{{zone}, {}}),
          parts};
}

// From noon in New York: 500 messages of one part, over a sender of 10 parts a second.
Forecast forecast() {
  Forecast forecast;
  forecast.begin = parse_rfc3339("2026-05-01T16:00:00Z");
  forecast.timezone = "America/New_York";
  forecast.tenant.rate = 1000;
  forecast.senders = {{10, Forecast::any, Forecast::any}};
  forecast.groups = {group("America/New_York", 500)};
  forecast.sizes.assign(500, 1);
  return forecast;
}

std::string end_of(const Forecast& forecast) {
  const auto end = forecast.end();
  return end ? format_rfc3339(*end) : "never";
}

}  // namespace

TEST_CASE("parts leave at the least of the rates") {
  auto f = forecast();
  CHECK(end_of(f) == "2026-05-01T16:00:55Z");  // ten in each second and a reply's time
  f.senders.push_back({40, Forecast::any, Forecast::any});
  CHECK(end_of(f) == "2026-05-01T16:00:11Z");
  f.tenant.rate = 5;
  CHECK(end_of(f) == "2026-05-01T16:01:50Z");
  f.senders.clear();
  CHECK(end_of(f) == "2026-05-01T16:01:50Z");
  f.max_in_flight = 1;
  f.tenant.rate = 1000;
  CHECK(end_of(f) == "2026-05-01T16:00:50Z");  // a reply takes 100 ms
  f.groups.clear();
  CHECK(end_of(f) == "2026-05-01T16:00:00Z");
}

TEST_CASE("what waits at the provider goes before") {
  auto f = forecast();
  f.backlog = std::chrono::minutes{5};
  CHECK(end_of(f) == "2026-05-01T16:05:55Z");
}

TEST_CASE("a second has room for whole messages only") {
  auto f = forecast();
  f.sizes.assign(100, 3);
  f.groups[0].parts = 300;
  CHECK(end_of(f) == "2026-05-01T16:00:37Z");  // nine parts of ten
  f.senders[0].rate = 2;                       // a message alone, for a second and a half and its reply
  CHECK(end_of(f) == "2026-05-01T16:02:40Z");
}

TEST_CASE("a daily cap holds until the tenant's midnight, and counts what left today") {
  auto f = forecast();
  f.senders[0].cap = 200;
  f.senders[0].left = 50;
  // 50 today, 200 on each of the next two days, and 50 more.
  CHECK(end_of(f) == "2026-05-04T04:00:06Z");
  f.tenant.cap = f.tenant.left = 100;
  CHECK(end_of(f) == "2026-05-06T04:00:06Z");
  f.tenant.left = 0;
  CHECK(end_of(f) == "2026-05-06T04:00:11Z");
  f.senders[0].left = Forecast::any;
  f.senders[0].cap = Forecast::any;
  f.tenant.cap = f.tenant.left = 500;
  CHECK(end_of(f) == "2026-05-01T16:00:55Z");
}

TEST_CASE("when one sender's cap is reached the others go on, slower") {
  auto f = forecast();
  f.senders = {{10, 100, 100}, {10, Forecast::any, Forecast::any}};
  CHECK(end_of(f) == "2026-05-01T16:00:44Z");  // eleven seconds of both, 33 of the second
}

TEST_CASE("a cap has room for whole messages only") {
  auto f = forecast();
  f.sizes.assign(4, 2);
  f.groups[0].parts = 8;
  f.tenant.cap = f.tenant.left = 5;
  CHECK(end_of(f) == "2026-05-02T04:00:01Z");
  f.tenant.cap = f.tenant.left = 1;
  CHECK(end_of(f) == "never");
}

TEST_CASE("the day of a cap has 23 hours when the clock springs forward") {
  auto f = forecast();
  f.begin = parse_rfc3339("2026-03-08T05:00:00Z");  // its midnight
  f.tenant.cap = f.tenant.left = 490;
  CHECK(end_of(f) == "2026-03-09T04:00:02Z");
}

TEST_CASE("what is quiet now leaves in the morning, by the clock of each") {
  auto f = forecast();
  const QuietHours night{"21:00", "08:00"};
  f.groups = {group("America/New_York", 500, night)};
  CHECK(end_of(f) == "2026-05-01T16:00:55Z");
  f.groups.push_back(group("Asia/Tokyo", 100, night));  // where it is one in the morning, until 23:00 UTC
  CHECK(end_of(f) == "2026-05-01T23:00:11Z");
  f.groups.pop_back();
  f.begin = parse_rfc3339("2026-05-02T00:59:40Z");  // twenty seconds before New York is quiet
  CHECK(end_of(f) == "2026-05-02T12:00:35Z");
  f.groups = {group("America/New_York", 500, QuietHours{"00:00", "00:00"})};
  CHECK(end_of(f) == "never");
}

TEST_CASE("what takes longer than a year is reckoned from its first year, and never is never") {
  auto f = forecast();
  f.tenant.cap = f.tenant.left = 1;
  const auto end = f.end();
  REQUIRE(end);
  CHECK(*end - f.begin > std::chrono::hours{24 * 490});
  CHECK(*end - f.begin < std::chrono::hours{24 * 510});
  f.tenant.cap = f.tenant.left = 0;
  CHECK(end_of(f) == "never");
}

TEST_CASE("what takes longer than anybody lives is never, not a time in the past") {
  auto f = forecast();
  f.groups[0].parts = 1'000'000'000;
  f.senders[0].rate = 0.0001;
  CHECK(end_of(f) == "never");
  f.senders[0].rate = 0.1;
  CHECK(f.end().value() > f.begin + std::chrono::hours{24 * 365 * 300});
}
