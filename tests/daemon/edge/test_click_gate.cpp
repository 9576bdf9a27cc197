#include <doctest/doctest.h>

#include "core/base/time.hpp"
#include "daemon/edge/click_gate.hpp"
#include "daemon/edge/client.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

const auto t0 = parse_rfc3339("2026-05-01T09:30:00Z");
const auto s0 = RateLimit<int>::Clock::now();

Click hit(std::int64_t link, std::int64_t message, Timestamp at = t0, ClickClass of = ClickClass::person) {
  return {LinkId{link}, MessageId{message}, CampaignId{5}, at, "GET", "Mozilla", "", {of, ""}};
}

}  // namespace

TEST_CASE("of one link, recipient and class so many hits a minute are stored, and the others counted") {
  ClickGate gate;
  const auto pass = [&](const Click& click, int times) {
    int passed = 0;
    for (int i = 0; i < times; ++i) passed += gate.pass(TenantId{1}, click, "", s0);
    return passed;
  };
  CHECK(pass(hit(1, 7), 100) == ClickGate::most_of_recipient);
  CHECK(pass(hit(1, 8), 1) == 1);
  CHECK(pass(hit(1, 7, t0, ClickClass::bot), 1) == 1);
  CHECK(pass(hit(2, 0), 1'000) == ClickGate::most_of_everybody);
  CHECK(pass(hit(1, 7, t0 + 1min), 1) == 1);
  std::int64_t hits = 0;
  const auto more = gate.take();
  REQUIRE(more.size() == 2);
  for (const auto& one : more) hits += one.hits;
  CHECK(hits == 40 + 400);
  CHECK(more.front().minute == t0);
  CHECK(more.front().campaign == CampaignId{5});
  CHECK(gate.take().empty());
  CHECK(gate.lost() == 0);
}

TEST_CASE("one client is stored of so many hits, whatever links it has") {
  ClickGate gate;
  int passed = 0;
  for (int i = 0; i < 1'000; ++i) passed += gate.pass(TenantId{1}, hit(1, i + 1), "1234", s0);
  CHECK(passed == 200);
  CHECK(gate.pass(TenantId{1}, hit(1, 5'000), "5678", s0));
  CHECK(gate.pass(TenantId{1}, hit(1, 5'001), "1234", s0 + 1s));
}

TEST_CASE("a bucket holds its burst and fills again, and strangers without number share one") {
  RateLimit<int> limit{2, 3, 2};
  for (int i = 0; i < 3; ++i) CHECK(limit.pass(1, s0));
  CHECK_FALSE(limit.pass(1, s0));
  CHECK(limit.pass(1, s0 + 500ms));
  CHECK_FALSE(limit.pass(1, s0 + 500ms));
  CHECK(limit.pass(2, s0 + 500ms));
  int passed = 0;
  for (int key = 3; key < 100; ++key) passed += limit.pass(key, s0 + 500ms);
  CHECK(passed == 3);
  // Once those that were known are as good as new, others are known.
  for (int i = 0; i < 3; ++i) CHECK(limit.pass(200, s0 + 10s));
  CHECK_FALSE(limit.pass(200, s0 + 10s));
}

TEST_CASE("a client is an IPv4 address or an IPv6 network, and nobody when everybody may stand behind it") {
  CHECK(client_of("192.0.2.7") == client_of("::ffff:192.0.2.7"));
  CHECK(client_of("192.0.2.7") != client_of("192.0.2.8"));
  CHECK(client_of("2001:db8:1:2::1") == client_of("2001:db8:1:2:3::9"));
  CHECK(client_of("2001:db8:1:2::1") != client_of("2001:db8:1:3::1"));
  for (const char* remote : {"127.0.0.1", "127.8.0.1", "::1", "::ffff:127.0.0.1", "unix", ""})
    CHECK(client_of(remote).empty());
}
