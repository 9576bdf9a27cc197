// What a campaign is told to be held up by; caps, pauses and retries have their own files.
#include <doctest/doctest.h>

#include "core/sending/hold.hpp"
#include "tests/support/send_flow.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using Flow = test::SendFlow;

namespace {

std::vector<Hold> holds(Flow& f, Timestamp at) {
  return f.db.run(
      [&](Tx& tx) { return list_holds(tx, f.tenant.id, get_campaign(tx, f.tenant.id, "spring"), at); });
}

}  // namespace

TEST_CASE("messages that wait for the end of quiet hours are a hold until then") {
  Flow f;
  f.launch(3, {.kind = "marketing"});
  f.sql("UPDATE tenant SET quiet_from = '21:00', quiet_until = '08:00' WHERE id = $1");
  const auto night = parse_rfc3339("2026-05-02T02:00:00Z");
  CHECK(holds(f, night).empty());
  CHECK(f.claim(100, night).messages.empty());
  const auto held = holds(f, night);
  REQUIRE(held.size() == 1);
  CHECK(held[0].code == "quiet_hours");
  CHECK(held[0].message == "3 messages wait for the end of quiet hours");
  CHECK(held[0].until == parse_rfc3339("2026-05-02T12:00:00Z"));
  f.sql("UPDATE campaign SET kind = 'transactional' WHERE tenant_id = $1");
  CHECK(holds(f, night).empty());
}

TEST_CASE("a campaign that no daemon sends is held") {
  Flow f;
  f.launch(1);
  CHECK(holds(f, now()).empty());
  f.sql("UPDATE lane SET expires_at = now() - interval '1 s' WHERE tenant_id = $1");
  REQUIRE(holds(f, now()).size() == 1);
  CHECK(holds(f, now())[0].code == "no_daemon");
  f.sql(
      "INSERT INTO daemon (id, host, started_at, seen_at) SELECT 'd2', 'h', now(), now() WHERE $1::bigint > "
      "0");
  CHECK(holds(f, now()).empty());
  f.sql("UPDATE daemon SET seen_at = now() - interval '2 min' WHERE $1::bigint > 0");
  CHECK(holds(f, now())[0].code == "no_daemon");
}
