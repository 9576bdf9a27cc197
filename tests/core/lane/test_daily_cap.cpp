#include <doctest/doctest.h>

#include "core/campaign/campaign.hpp"
#include "core/lane/daily_cap.hpp"
#include "core/sending/hold.hpp"
#include "core/sending/recover.hpp"
#include "core/sending/resolve.hpp"
#include "core/sending/single.hpp"
#include "tests/support/send_flow.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using Flow = test::SendFlow;
using test::accepted;
using test::rejected;

namespace {

// The tenant's zone is America/New_York: 23:00 of May 1st there.
const auto evening = parse_rfc3339("2026-05-02T03:00:00Z");
const auto midnight = parse_rfc3339("2026-05-02T04:00:00Z");

struct CapFlow : Flow {
  void cap_tenant(int parts) { sql(fmt::format("UPDATE tenant SET daily_cap = {} WHERE id = $1", parts)); }
  void cap_sender(int parts) {
    sql(fmt::format("UPDATE sender SET daily_cap = {} WHERE tenant_id = $1", parts));
  }
  int sent(Timestamp at, int most = 100) { return static_cast<int>(claim(most, at).messages.size()); }
  // Of the tenant and of its sender, on the day that `at` lies in.
  std::string used(Timestamp at = now()) {
    return db.run([&](Tx& tx) {
      std::string all;
      for (const auto& row : exec(tx,
                                  "SELECT parts FROM daily_usage WHERE tenant_id = $1"
                                  "   AND day = ($2::timestamptz AT TIME ZONE 'America/New_York')::date"
                                  " ORDER BY sender_id",
                                  tenant.id, at))
        all += (all.empty() ? "" : " ") + row[0].as<std::string>();
      return all;
    });
  }
  std::vector<Hold> holds(CampaignId campaign, Timestamp at) {
    return db.run([&](Tx& tx) {
      return list_holds(tx, tenant.id, get_campaign(tx, tenant.id, std::to_string(campaign.value)), at);
    });
  }
};

}  // namespace

TEST_CASE("a tenant's cap holds until its next local midnight, and says so") {
  CapFlow f;
  const auto campaign = f.launch(10);
  f.cap_tenant(4);
  CHECK(f.sent(evening, 3) == 3);
  CHECK(f.holds(campaign, evening).empty());
  CHECK(f.sent(evening) == 1);
  CHECK(f.sent(evening) == 0);
  CHECK(f.sent(midnight - 1us) == 0);
  CHECK(f.used(evening) == "4 4");
  const auto holds = f.holds(campaign, evening);
  REQUIRE(holds.size() == 1);
  CHECK(holds[0].code == "daily_cap");
  CHECK(holds[0].message == "the daily cap of the tenant is reached: 4 of 4 parts");
  CHECK(holds[0].until == midnight);
  CHECK(f.sent(midnight) == 4);
  CHECK(f.sent(midnight + 24h) == 2);
  CHECK(f.holds(campaign, midnight + 24h).empty());
  f.check_counters(campaign);
}

TEST_CASE("the local day has 23 hours when the clock springs forward") {
  CapFlow f;
  f.launch(4);
  f.cap_tenant(1);
  const auto morning = parse_rfc3339("2026-03-08T05:00:00Z");  // midnight of the day of the change
  CHECK(f.sent(morning) == 1);
  CHECK(f.sent(morning + 23h - 1s) == 0);
  CHECK(f.sent(morning + 23h) == 1);
}

TEST_CASE("a sender's cap leaves the others theirs") {
  CapFlow f;
  const auto campaign = f.launch(10);
  f.cap_sender(3);
  f.sql(
      "INSERT INTO sender (tenant_id, address, kind, rate, daily_cap)"
      " VALUES ($1, '+15005550007', 'long_code', 1000, 5)");
  const SenderId other{std::stoll(f.value("SELECT max(id) FROM sender WHERE tenant_id = $1"))};
  ClaimRoom room;
  room.messages = 100;
  room.parts = room.senders[f.sender] = room.senders[other] = 1000;
  std::map<SenderId, int> sent;
  for (const auto& message : f.claim(room, evening).messages) ++sent[*message.sender];
  CHECK(sent == std::map<SenderId, int>{{f.sender, 3}, {other, 5}});
  CHECK(f.used(evening) == "8 3 5");
  const auto holds = f.holds(campaign, evening);
  REQUIRE(holds.size() == 2);
  CHECK(holds[0].message == "the daily cap of sender +15005550006 is reached: 3 of 3 parts");
}

TEST_CASE("a campaign is held by the caps of its own senders alone") {
  CapFlow f;
  f.cap_sender(1);
  f.sql("INSERT INTO sender (tenant_id, address, kind, rate) VALUES ($1, '+15005550007', 'long_code', 1000)");
  const SenderId other{std::stoll(f.value("SELECT max(id) FROM sender WHERE tenant_id = $1"))};
  const auto first = f.launch(3), second = f.launch(3, {.slug = "other"});
  f.db.run([&](Tx& tx) {
    exec(tx, "INSERT INTO campaign_sender VALUES ($1, $2, $3), ($1, $4, $5)", f.tenant.id, first, f.sender,
         second, other);
  });
  ClaimRoom room;
  room.messages = 100;
  room.parts = room.senders[f.sender] = room.senders[other] = 1000;
  CHECK(f.claim(room, evening).messages.size() == 4);
  f.sql("UPDATE sender SET daily_cap = 2 WHERE tenant_id = $1 AND daily_cap IS NOT NULL");
  CHECK(f.claim(room, evening).messages.size() == 1);
  CHECK(f.holds(first, evening).size() == 1);
  CHECK(f.holds(second, evening).empty());
}

TEST_CASE("parts are what counts, and a message longer than a cap holds up no other") {
  CapFlow f;
  const auto campaign = f.launch(3, {.body = std::string(400, 'a')});  // 3 parts each
  f.cap_tenant(7);
  CHECK(f.sent(evening) == 2);
  CHECK(f.used(evening) == "6 6");
  CHECK(f.sent(midnight) == 1);
  f.cap_tenant(2);
  const auto longer = f.launch(2, {.body = std::string(400, 'a'), .slug = "longer"});
  const auto shorter = f.launch(2, {.slug = "shorter"});
  const auto next = midnight + 24h;
  const auto claim = f.claim(100, next);
  CHECK(claim.messages.size() == 2);
  for (const auto& message : claim.messages) CHECK(message.campaign == shorter);
  CHECK(f.holds(longer, next).size() == 1);
  f.cap_tenant(8);
  CHECK(f.sent(next) == 0);  // they wait one by one, for the day
  CHECK(f.sent(next + 24h) == 2);
  f.check_counters(campaign);
  f.check_counters(longer);
}

TEST_CASE("replies are counted and held, and go first when the day is over") {
  CapFlow f;
  f.launch(3);
  f.cap_tenant(1);
  CHECK(f.sent(evening) == 1);
  f.db.run([&](Tx& tx) {
    queue_single(tx, f.tenant.id, {SingleKind::reply, "+14155559999", "yes", f.sender, {}}, evening);
  });
  CHECK(f.sent(evening) == 0);
  const auto claim = f.claim(100, midnight);
  REQUIRE(claim.messages.size() == 1);
  CHECK_FALSE(claim.messages[0].campaign);
}

TEST_CASE("what is past its expiry ends although a cap is reached") {
  CapFlow f;
  f.cap_tenant(1);
  const auto first = f.launch(1);
  CHECK(f.sent(evening) == 1);
  const auto late = f.launch(2, {.expires_at = format_rfc3339(evening + 1min), .slug = "late"});
  CHECK(f.sent(evening) == 0);
  CHECK(f.statuses() == "in_flight=1 waiting=2");
  CHECK(f.sent(evening + 1min) == 0);
  CHECK(f.statuses() == "expired=2 in_flight=1");
  f.check_counters(first);
  f.check_counters(late);
}

TEST_CASE("what was not accepted gives its parts back, and what is unknown keeps them until it is proven") {
  struct Case {
    std::string what;
    SendOutcome result;
    std::string used;
  };
  SendOutcome later, lost, longer = accepted();
  later.kind = SendOutcome::Kind::retry_later;
  lost.kind = SendOutcome::Kind::ambiguous;
  longer.parts = 2;
  const Case cases[] = {
      {"accepted", accepted(), "1 1"},
      {"of more parts than we knew", longer, "2 2"},
      {"too fast", later, "0 0"},
      {"refused for good", rejected(21211, ErrorClass::permanent), "0 0"},
      {"our configuration", rejected(20003, ErrorClass::configuration), "0 0"},
      {"nobody knows", lost, "1 1"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    CapFlow f;
    f.launch(1);
    const auto claim = f.claim();
    f.record(claim, c.result);
    CHECK(f.used() == c.used);
    f.record(claim, c.result);  // a commit in doubt, repeated
    CHECK(f.used() == c.used);
  }
}

TEST_CASE("a killed daemon's parts count until they are proven never to have arrived, on their own day") {
  CapFlow f;
  f.launch(3);
  f.cap_tenant(3);
  CHECK(f.sent(evening) == 3);
  f.sql("UPDATE lane SET expires_at = '-infinity' WHERE tenant_id = $1");
  f.lane = f.lease("d2");
  CHECK(f.db.run([&](Tx& tx) { return take_over(tx, f.lane, evening); }) == 3);
  CHECK(f.used(evening) == "3 3");
  const auto unresolved = f.db.run([&](Tx& tx) { return claim_unresolved(tx, f.lane, 10, evening); });
  std::vector<Resolution> absent;
  for (const auto& message : unresolved) absent.push_back({message.id, evening + 1min, {}, {}});
  absent.pop_back();
  f.db.run(
      [&](Tx& tx) { record_resolutions(tx, f.lane, UnknownPolicy::resend, 30s, absent, midnight + 1min); });
  CHECK(f.used(evening) == "1 1");
  CHECK(f.sent(midnight + 2min) == 2);
  CHECK(f.used(midnight) == "2 2");
  CHECK(f.used(evening) == "1 1");
}

TEST_CASE("a claim that was never heard of gives its parts back") {
  CapFlow f;
  f.launch(3);
  f.cap_sender(2);
  CHECK(f.sent(now()) == 2);
  CHECK(f.db.run([&](Tx& tx) { return recover_claims(tx, f.lane, {}, now()); }) == 2);
  CHECK(f.used() == "0 0");
  CHECK(f.sent(now()) == 2);
}

TEST_CASE("a cap that is set in the middle of a day knows what has left") {
  CapFlow f;
  f.launch(5);
  CHECK(f.sent(evening, 2) == 2);
  f.cap_tenant(3);
  CHECK(f.sent(evening) == 1);
  CHECK(f.sent(evening) == 0);
}

TEST_CASE("what was claimed for a capped day must leave before its end") {
  CapFlow f;
  f.launch(2);
  CHECK_FALSE(f.claim(1, evening).messages.at(0).leave_before);
  f.cap_tenant(5);
  const auto claimed = f.claim(1, evening).messages.at(0);
  CHECK(claimed.leave_before == midnight - 1s);
  // Nor does it wait at the provider until the next.
  CHECK(claimed.request.validity == std::chrono::floor<std::chrono::seconds>(midnight - evening));
}
