#include <doctest/doctest.h>

#include "core/sending/hold.hpp"
#include "core/sending/message.hpp"
#include "core/sending/message_resolve.hpp"
#include "core/sending/receipt.hpp"
#include "core/sending/resolve.hpp"
#include "tests/support/send_flow.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

// Messages that are unknown, and held because the provider does not have them.
struct HeldFlow : test::SendFlow {
  CampaignId campaign = launch(3);
  std::vector<MessageId> ids;

  HeldFlow() {
    const auto claimed = claim();
    for (const auto& message : claimed.messages) ids.push_back(message.id);
    record(claimed, SendOutcome{});
  }
  int hold(std::size_t messages = 3) {
    std::vector<Resolution> absent;
    for (std::size_t i = 0; i < messages; ++i) absent.push_back({ids[i], now() + 1s, {}, {}});
    return db.run(
        [&](Tx& tx) { return record_resolutions(tx, lane, UnknownPolicy::hold, 0ms, absent, now()).held; });
  }
  void resolve(MessageId id, OperatorVerdict verdict) {
    db.run([&](Tx& tx) { resolve_message(tx, tenant.id, id, verdict, "ann@desk", now()); });
  }
  std::string used() { return value("SELECT parts FROM daily_usage WHERE tenant_id = $1 AND sender_id = 0"); }
};

}  // namespace

TEST_CASE("a campaign of which the provider is asked about every unknown message is not decided") {
  HeldFlow f;
  const auto decide = [&] {
    return f.db.run([&](Tx& tx) {
      return resolve_messages(tx, f.tenant.id, f.campaign, OperatorVerdict::resend, "ann@desk", now());
    });
  };
  const auto asked = [&] {
    return f.db.run([&](Tx& tx) { return count_asked(tx, f.tenant.id, f.campaign); });
  };
  CHECK(asked() == 3);
  CHECK_THROWS_WITH_AS(decide(), "3 unknown messages may still be found: the provider is asked about them",
                       Error);
  CHECK(f.statuses() == "unknown=3");
  REQUIRE(f.hold(2) == 2);
  CHECK(asked() == 1);
  CHECK(decide() == 2);
  CHECK_THROWS_WITH_AS(decide(), "1 unknown message may still be found: the provider is asked about it",
                       Error);
  REQUIRE(f.db.run([&](Tx& tx) {
    return record_resolutions(tx, f.lane, UnknownPolicy::hold, 0ms, {{f.ids[2], now() + 1s, {}, {}}}, now())
        .held;
  }) == 1);
  CHECK(decide() == 1);
  CHECK(asked() == 0);
  CHECK(decide() == 0);
}

TEST_CASE("a held message waits for a verdict, and each verdict is kept with who gave it") {
  HeldFlow f;
  REQUIRE(f.hold() == 3);
  CHECK(f.statuses() == "unknown=3");
  CHECK(f.db.run([&](Tx& tx) { return count_held(tx, f.tenant.id, f.campaign); }) == 3);
  CHECK(f.db.run([&](Tx& tx) { return claim_unresolved(tx, f.lane, 10, now() + 1h); }).empty());
  f.resolve(f.ids[0], OperatorVerdict::sent);
  f.resolve(f.ids[1], OperatorVerdict::failed);
  f.resolve(f.ids[2], OperatorVerdict::resend);
  CHECK(f.statuses() == "failed=1 sent=1 waiting=1");
  CHECK(f.used() == "1");
  f.check_counters(f.campaign);
  CHECK(f.value("SELECT string_agg(status || ': ' || detail, ', ' ORDER BY message_id) FROM message_event"
                " WHERE tenant_id = $1 AND source = 'operator'") ==
        "sent: decided by ann@desk, failed: decided by ann@desk");
  f.db.run([&](Tx& tx) {
    const auto attempts = list_message_attempts(tx, f.tenant.id, f.ids[2]);
    REQUIRE(attempts.size() == 1);
    CHECK(attempts[0].detail == "decided by ann@desk");
    record_receipts(tx, f.tenant.id, webhook_slot, {{f.ids[0], "SM1", MessageStatus::delivered, {}, "", {}}},
                    ReceiptSource::receipt, now());
  });
  CHECK(f.claim().messages.size() == 1);
  CHECK(f.statuses() == "delivered=1 failed=1 in_flight=1");
  CHECK(f.value("SELECT count(*) FROM work_due WHERE tenant_id = $1") == "0");
  f.check_counters(f.campaign);
}

TEST_CASE("a whole campaign is decided at once, and only what is held") {
  HeldFlow f;
  REQUIRE(f.hold(2) == 2);
  const auto decide = [&] {
    return f.db.run([&](Tx& tx) {
      return resolve_messages(tx, f.tenant.id, f.campaign, OperatorVerdict::resend, "ann@desk", now());
    });
  };
  CHECK(decide() == 2);
  CHECK_THROWS_AS(decide(), Error);
  CHECK(f.statuses() == "unknown=1 waiting=2");
  CHECK_THROWS_WITH_AS(
      f.resolve(f.ids[2], OperatorVerdict::resend),
      fmt::format("message {} may still be found: the provider is asked about it", f.ids[2].value).c_str(),
      Error);
  CHECK_THROWS_AS(f.resolve(f.ids[0], OperatorVerdict::failed), Error);
  CHECK_THROWS_AS(f.resolve(MessageId{1'000'000}, OperatorVerdict::failed), Error);
  f.check_counters(f.campaign);
}

TEST_CASE("what would be sent again of a canceled campaign is canceled") {
  HeldFlow f;
  REQUIRE(f.hold() == 3);
  f.sql("UPDATE campaign SET status = 'canceled' WHERE tenant_id = $1");
  f.resolve(f.ids[0], OperatorVerdict::resend);
  f.resolve(f.ids[1], OperatorVerdict::sent);
  CHECK(f.statuses() == "canceled=1 sent=1 unknown=1");
  f.check_counters(f.campaign);
}

TEST_CASE("a receipt resolves a held message as well") {
  HeldFlow f;
  REQUIRE(f.hold(1) == 1);
  f.db.run([&](Tx& tx) {
    CHECK(list_holds(tx, f.tenant.id, get_campaign(tx, f.tenant.id, "spring"), now()).at(0).code ==
          "unknown");
    record_receipts(tx, f.tenant.id, webhook_slot, {{f.ids[0], "SM1", MessageStatus::sent, {}, "", {}}},
                    ReceiptSource::receipt, now());
    CHECK(count_held(tx, f.tenant.id) == 0);
    CHECK(list_holds(tx, f.tenant.id, get_campaign(tx, f.tenant.id, "spring"), now()).empty());
  });
}
