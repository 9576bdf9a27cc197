// What a campaign is told to be held up by; caps, pauses and retries have their own files.
#include <doctest/doctest.h>

#include "core/contact/contact.hpp"
#include "core/lane/trouble.hpp"
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
  const auto night = parse_rfc3339("2026-05-02T05:00:00Z");  // in San Francisco, where the numbers are
  CHECK(holds(f, night).empty());
  CHECK(f.claim(100, night).messages.empty());
  const auto held = holds(f, night);
  REQUIRE(held.size() == 1);
  CHECK(held[0].code == "quiet_hours");
  CHECK(held[0].message == "3 messages wait for the end of quiet hours");
  CHECK(held[0].until == parse_rfc3339("2026-05-02T15:00:00Z"));
  CHECK(holds(f, *held[0].until).empty());  // then they leave
}

TEST_CASE(
    "what waits for its time zone to be known is a hold of its campaign and tenant, and is told by name") {
  Flow f;
  f.launch(4, {.kind = "marketing"});
  f.sql("UPDATE tenant SET quiet_from = '21:00', quiet_until = '08:00' WHERE id = $1");
  f.sql("UPDATE contact SET timezone = 'America/Newtown' WHERE tenant_id = $1 AND msisdn = '+14155550001'");
  f.sql("UPDATE contact SET timezone = 'Atlantis/Old' WHERE tenant_id = $1 AND msisdn = '+14155550002'");
  const auto noon = parse_rfc3339("2026-05-01T16:00:00Z");
  CHECK(f.claim(100, noon).messages.size() == 2);
  CHECK(f.statuses() == "in_flight=2 waiting=2");
  for (const auto& held :
       {holds(f, noon), f.db.run([&](Tx& tx) { return list_holds(tx, f.tenant.id, noon); })}) {
    REQUIRE(held.size() == 1);
    CHECK(held[0].code == "unknown_zone");
    CHECK(held[0].message ==
          "2 messages wait: this machine does not know the time zone America/Newtown, Atlantis/Old");
  }
  // One that is mended leaves at once, and the other when the machine knows its zone.
  f.db.run([&](Tx& tx) {
    ContactChange change;
    change.timezone = "America/Chicago";
    update_contact(tx, f.tenant.id, "+14155550001", change, noon);
  });
  CHECK(f.claim(100, noon).messages.size() == 1);
  f.sql("UPDATE contact SET timezone = 'America/Denver' WHERE tenant_id = $1");
  CHECK(f.claim(100, noon + 9min).messages.empty());
  CHECK(f.claim(100, noon + 11min).messages.size() == 1);
  CHECK(holds(f, noon + 11min).empty());
}

TEST_CASE("a tenant whose own time zone is unknown holds up nobody, and keeps its caps") {
  Flow f;
  f.sql(
      "UPDATE tenant SET timezone = 'Atlantis/Old', quiet_from = '21:00', quiet_until = '08:00',"
      " daily_cap = 3 WHERE id = $1");
  f.launch(2, {.kind = "marketing"});
  f.sql("UPDATE contact SET timezone = 'America/Chicago' WHERE tenant_id = $1 AND msisdn = '+14155550001'");
  const auto noon = parse_rfc3339("2026-05-01T16:00:00Z");
  const auto marketing = f.claim(100, noon);
  REQUIRE(marketing.messages.size() == 2);  // by the clocks of where they are
  CHECK(holds(f, noon).empty());
  f.launch(3, {.slug = "bill"});
  CHECK(f.claim(100, noon).messages.size() == 1);  // of three parts a day, by UTC
  CHECK(f.value("SELECT string_agg(day::text || ' ' || parts, ' ') FROM daily_usage WHERE tenant_id = $1"
                " AND sender_id = 0") == "2026-05-01 3");
  f.record(marketing, test::accepted());
  CHECK(f.db.run([&](Tx& tx) { return list_holds(tx, f.tenant.id, noon); }).size() == 1);  // the cap
  // What else there is to be set can be set.
  f.db.run([&](Tx& tx) {
    auto tenant = get_tenant(tx, f.tenant.slug);
    tenant.name = "Acme";
    update_tenant(tx, tenant, noon);
    tenant.timezone = "Atlantis/New";
    CHECK_THROWS_AS(update_tenant(tx, tenant, noon), Error);
    tenant.timezone = "America/New_York";
    update_tenant(tx, tenant, noon);
  });
  f.sql("UPDATE tenant SET daily_cap = NULL WHERE id = $1");
  CHECK(f.claim(100, noon).messages.size() == 2);
}

TEST_CASE("a message that cannot be written is set aside with its reason, and a campaign likewise") {
  Flow f;
  // A link that is not in the database any more, in one of two campaigns; a body that is no template.
  f.launch(2, {.body = "See {{link:https://acme.example/}}"});
  f.launch(2, {.slug = "whole"});
  f.launch(2, {.body = "Hi {{first_name", .slug = "torn"});
  const auto at = now();
  CHECK(f.claim(100, at).messages.size() == 2);
  CHECK(f.statuses() == "in_flight=2 waiting=4");
  REQUIRE(holds(f, at).size() == 1);
  CHECK(holds(f, at)[0].code == "unreadable");
  CHECK(holds(f, at)[0].message.find("2 messages wait") == 0);
  const auto torn = f.db.run(
      [&](Tx& tx) { return list_holds(tx, f.tenant.id, get_campaign(tx, f.tenant.id, "torn"), at); });
  REQUIRE(torn.size() == 1);
  CHECK(torn[0].message.find("its text cannot be read") == 0);
  CHECK_FALSE(f.claim(100, at).more);
  // Its end comes all the same.
  f.sql("UPDATE consent SET state = 'opted_out' WHERE tenant_id = $1 AND msisdn = '+14155550000'");
  f.sql("UPDATE campaign SET expires_at = '" + format_rfc3339(at + 40min) + "' WHERE tenant_id = $1");
  CHECK(f.claim(100, at + 41min).messages.empty());
  CHECK(f.statuses() == "expired=1 in_flight=2 skipped=1 waiting=2");
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

TEST_CASE("a lane in trouble holds a campaign, also one of which all is under way or unknown") {
  Flow f;
  f.launch(2);
  const auto since = parse_rfc3339("2026-05-01T10:00:00Z");
  f.db.run([&](Tx& tx) {
    note_trouble(tx, f.lane, LaneTrouble{"not_the_provider", "HTTP status 302", since, since + 5min});
  });
  const auto check = [&] {
    const auto held = holds(f, now());
    REQUIRE(held.size() == 1);
    CHECK(held[0].code == "not_the_provider");
    CHECK(held[0].message.find("2026-05-01T10:00:00Z: HTTP status 302") != std::string::npos);
    CHECK(held[0].until == since + 5min);
    CHECK_FALSE(held[0].hint.empty());
  };
  check();
  CHECK(f.claim().messages.size() == 2);
  check();
  CHECK(f.db.run([&](Tx& tx) { return list_holds(tx, f.tenant.id, now()); }).size() == 1);
  // Nobody tries while it is paused.
  f.sql("UPDATE lane SET paused_at = now(), pause_reason = 'no' WHERE tenant_id = $1");
  CHECK(holds(f, now()).empty());
  f.sql("UPDATE lane SET paused_at = NULL WHERE tenant_id = $1");
  f.sql("UPDATE campaign SET status = 'paused' WHERE tenant_id = $1");
  const auto held = holds(f, now());
  REQUIRE(held.size() == 1);
  CHECK(held[0].code == "campaign_paused");
}
