// Messages that ended undelivered for a reason that may pass.
#include <thread>

#include <doctest/doctest.h>

#include "core/campaign/campaign.hpp"
#include "core/report/report.hpp"
#include "core/sending/hold.hpp"
#include "core/sending/message.hpp"
#include "core/sending/receipt.hpp"
#include "core/sending/single.hpp"
#include "tests/support/send_flow.hpp"
#include "tests/support/webhook.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::accepted;
using test::rejected;

namespace {

struct RetryFlow : test::SendFlow {
  CampaignId campaign{0};
  MessageId message{0};
  int round = 0;

  void start(const LaunchOptions& options = {}) {
    campaign = launch(1, options);
    sql("UPDATE campaign SET first_message = (SELECT min(id) FROM message WHERE campaign_id = campaign.id),"
        "  last_message = (SELECT max(id) FROM message WHERE campaign_id = campaign.id),"
        "  launch_id = gen_random_uuid() WHERE tenant_id = $1");
  }
  // Claims the message and has it accepted as "SM<round>".
  bool send(Timestamp at = now()) {
    const auto claimed = claim(1, at);
    if (claimed.messages.empty()) return false;
    message = claimed.messages[0].id;
    auto result = accepted();
    result.provider_id.clear();
    std::vector<Outcome> outcomes{{claimed.messages[0], result, 0ms}};
    outcomes[0].result.provider_id = fmt::format("SM{}", ++round);
    db.run([&](Tx& tx) { record_outcomes(tx, lane, outcomes, {claimed.id}, at); });
    return true;
  }
  ReceiptSummary receive(const std::string& sid, MessageStatus status, int code = 0, Timestamp at = now()) {
    Receipt receipt{message, sid, status, {}, "", {}};
    if (code != 0) {
      receipt.error_code = code;
      receipt.retry = get_provider("twilio").retry_of_receipt(code);
    }
    return db.run([&](Tx& tx) {
      return record_receipts(tx, tenant.id, webhook_slot, {receipt}, ReceiptSource::receipt, at);
    });
  }
  std::string campaign_status() { return value("SELECT status FROM campaign WHERE tenant_id = $1"); }
  int finish() {
    return db.run([](Tx& tx) { return finish_campaigns(tx, now()); });
  }
  void check_verify() {
    check_counters(campaign);
    db.run([&](Tx& tx) {
      for (const auto& check :
           verify_campaign(tx, tenant.id, get_campaign(tx, tenant.id, std::to_string(campaign.value)))) {
        CAPTURE(check.name);
        CHECK(check.expected == check.found);
      }
    });
  }
};

}  // namespace

TEST_CASE("an undelivered message is tried again hours later, as often as the tenant allows") {
  RetryFlow f;
  f.start();
  const auto t0 = now();
  REQUIRE(f.send(t0));
  CHECK(f.finish() == 1);
  CHECK(f.receive("SM1", MessageStatus::undelivered, 30003, t0).retried == 1);
  CHECK(f.campaign_status() == "running");  // again
  CHECK(f.finish() == 0);
  CHECK(f.statuses() == "waiting=1");
  f.check_verify();
  const auto holds = f.db.run(
      [&](Tx& tx) { return list_holds(tx, f.tenant.id, get_campaign(tx, f.tenant.id, "spring"), t0); });
  REQUIRE(holds.size() == 1);
  CHECK(holds[0].message == "1 undelivered message is to be tried again");
  CHECK(holds[0].until == t0 + 4h);
  CHECK_FALSE(f.send(t0 + 4h - 1s));
  f.sql("UPDATE contact SET first_name = 'Another' WHERE tenant_id = $1");
  REQUIRE(f.send(t0 + 4h));
  CHECK(f.value("SELECT body FROM message WHERE tenant_id = $1") == "Hi Ann0!");
  CHECK(f.value("SELECT provider_sid || attempt FROM message WHERE tenant_id = $1") == "SM22");
  f.check_verify();
  CHECK(f.receive("SM2", MessageStatus::undelivered, 30003, t0 + 5h).retried == 1);
  REQUIRE(f.send(t0 + 9h));
  f.check_verify();
  CHECK(f.receive("SM3", MessageStatus::undelivered, 30003, t0 + 10h).retried == 0);  // two were enough
  CHECK(f.statuses() == "undelivered=1");
  CHECK(f.finish() == 1);
  f.check_verify();
  CHECK(
      f.value(
          "SELECT trim_scale(sum(value)) FROM campaign_counter WHERE tenant_id = $1 AND counter = 'parts'") ==
      "3");
  f.db.run([&](Tx& tx) {
    const auto attempts = list_message_attempts(tx, f.tenant.id, f.message);
    REQUIRE(attempts.size() == 2);
    CHECK(attempts[0].provider_sid == "SM1");
    CHECK(attempts[1].attempt == 2);
    CHECK(attempts[1].status == MessageStatus::undelivered);
    CHECK(attempts[1].error_code == 30003);
    CHECK(list_message_events(tx, f.tenant.id, f.message).size() == 6);
  });
}

TEST_CASE("only codes that may pass are tried again, each as often as it deserves") {
  struct Case {
    MessageStatus status;
    int code;
    int tries;
  };
  for (const auto& c :
       {Case{MessageStatus::undelivered, 30005, 0}, Case{MessageStatus::undelivered, 30007, 0},
        Case{MessageStatus::undelivered, 30410, 0}, Case{MessageStatus::undelivered, 99999, 0},
        Case{MessageStatus::failed, 30500, 1}, Case{MessageStatus::failed, 30008, 2},
        Case{MessageStatus::undelivered, 30003, 3}, Case{MessageStatus::delivered, 30003, 0}}) {
    CAPTURE(c.code);
    RetryFlow f;
    f.sql("UPDATE tenant SET undelivered_retries = 10 WHERE id = $1");
    f.start();
    auto at = now();
    int tries = 0;
    for (; f.send(at); at += 24h) {
      if (f.receive(fmt::format("SM{}", f.round), c.status, c.code, at).retried == 0) break;
      ++tries;
    }
    CHECK(tries == c.tries);
    CHECK(f.statuses() == fmt::format("{}=1", to_string(c.status)));
    f.check_verify();
  }
}

TEST_CASE("a tenant may do without") {
  RetryFlow f;
  f.sql("UPDATE tenant SET undelivered_retries = 0 WHERE id = $1");
  f.start();
  f.send();
  CHECK(f.receive("SM1", MessageStatus::undelivered, 30003).raised == 1);
  CHECK(f.statuses() == "undelivered=1");
}

TEST_CASE("late receipts of an earlier attempt change nothing, unless it was delivered after all") {
  RetryFlow f;
  f.start();
  const auto t0 = now();
  f.send(t0);
  f.receive("SM1", MessageStatus::undelivered, 30008, t0);
  CHECK(f.receive("SM1", MessageStatus::undelivered, 30008, t0).retried == 0);  // doubled
  CHECK(f.receive("SM1", MessageStatus::sent).raised == 0);                     // shuffled
  CHECK(f.statuses() == "waiting=1");
  CHECK(f.value("SELECT retries FROM message WHERE tenant_id = $1") == "1");
  f.send(t0 + 4h);
  CHECK(f.receive("SM1", MessageStatus::delivered).raised == 0);  // too late: the next one is on its way
  CHECK(f.statuses() == "queued=1");
  CHECK(f.receive("SM2", MessageStatus::undelivered, 30008, t0 + 5h).retried == 1);
  CHECK(f.receive("SM1", MessageStatus::delivered).raised == 1);
  CHECK(f.statuses() == "delivered=1");
  CHECK_FALSE(f.send(t0 + 48h));
  CHECK(f.value("SELECT count(*) FROM work_due WHERE tenant_id = $1") == "0");
  f.check_verify();
}

TEST_CASE("a receipt that outruns the reply to an attempt belongs to that attempt") {
  RetryFlow f;
  f.start();
  const auto t0 = now();
  f.send(t0);
  f.receive("SM1", MessageStatus::undelivered, 30003, t0);
  const auto second = f.claim(1, t0 + 4h);
  CHECK(f.receive("SM1", MessageStatus::delivered).raised == 0);
  CHECK(f.receive("SM2", MessageStatus::delivered).raised == 1);
  CHECK(f.value("SELECT provider_sid FROM message WHERE tenant_id = $1") == "SM2");
  CHECK(f.statuses() == "delivered=1");
  f.check_verify();
}

TEST_CASE("whoever opted out, and what expired or was canceled, keeps the outcome it had") {
  RetryFlow f;
  const auto t0 = now();
  SUBCASE("opted out") {
    f.start();
    f.send(t0);
    f.receive("SM1", MessageStatus::undelivered, 30003, t0);
    f.sql("UPDATE consent SET state = 'opted_out' WHERE tenant_id = $1");
    CHECK_FALSE(f.send(t0 + 4h));
  }
  SUBCASE("would expire before") {
    f.start({.expires_at = format_rfc3339(t0 + 3h)});
    f.send(t0);
    CHECK(f.receive("SM1", MessageStatus::undelivered, 30003, t0).retried == 0);
  }
  SUBCASE("expired when its turn came") {
    f.start({.expires_at = format_rfc3339(t0 + 5h)});
    f.send(t0);
    CHECK(f.receive("SM1", MessageStatus::undelivered, 30003, t0).retried == 1);
    CHECK_FALSE(f.send(t0 + 6h));
  }
  SUBCASE("canceled") {
    f.start();
    f.send(t0);
    f.receive("SM1", MessageStatus::undelivered, 30003, t0);
    test::add_test_webhook(f.db, new_secret_key(), f.tenant.id, "crm", {"message.*"});
    CHECK(f.db.run([&](Tx& tx) { return cancel_campaign(tx, f.tenant.id, f.campaign, t0); }) == 0);
    CHECK_FALSE(f.send(t0 + 6h));
    const auto told = test::written_events(f.db, f.tenant.id);
    REQUIRE(told.size() == 1);
    CHECK(told[0].starts_with("crm message.undelivered +"));
    CHECK(test::event_data(f.db, f.tenant.id, "message.undelivered")["error_code"] == 30003);
  }
  SUBCASE("canceled before the receipt") {
    f.start();
    f.send(t0);
    f.db.run([&](Tx& tx) { cancel_campaign(tx, f.tenant.id, f.campaign, t0); });
    CHECK(f.receive("SM1", MessageStatus::undelivered, 30003, t0).retried == 0);
  }
  CHECK(f.statuses() == "undelivered=1");
  CHECK(f.value("SELECT error_code FROM message WHERE tenant_id = $1") == "30003");
  CHECK(f.value("SELECT count(*) FROM work_due WHERE tenant_id = $1") == "0");
  f.check_verify();
}

TEST_CASE("a campaign is not finished while a message is being sent back to wait") {
  RetryFlow f;
  f.start();
  const auto t0 = now();
  f.send(t0);
  Connection receiver{f.db.url()}, scheduler{f.db.url(), "scheduler"};
  Receipt receipt{f.message, "SM1", MessageStatus::undelivered, 30003, "", {}};
  receipt.retry = get_provider("twilio").retry_of_receipt(30003);
  pqxx::work retry{receiver.handle()};
  CHECK(record_receipts(retry, f.tenant.id, webhook_slot, {receipt}, ReceiptSource::receipt, t0).retried ==
        1);
  int finished = -1;
  std::jthread thread{
      [&] { finished = in_transaction(scheduler, [&](Tx& tx) { return finish_campaigns(tx, t0); }); }};
  CHECK(f.db.await_lock("scheduler"));
  retry.commit();
  thread.join();
  CHECK(finished == 0);
  CHECK(f.campaign_status() == "running");
  CHECK(f.statuses() == "waiting=1");
}

TEST_CASE("an attempt that is refused or never arrives leaves the one before in the ledger") {
  RetryFlow f;
  f.start();
  const auto t0 = now();
  f.send(t0);
  f.receive("SM1", MessageStatus::undelivered, 30003, t0);
  const auto claimed = f.claim(1, t0 + 4h);
  f.record(claimed, rejected(21211, ErrorClass::permanent));
  CHECK(f.statuses() == "failed=1");
  CHECK(f.value("SELECT count(*) FROM message_attempt WHERE tenant_id = $1") == "1");
  CHECK(
      f.value(
          "SELECT trim_scale(sum(value)) FROM campaign_counter WHERE tenant_id = $1 AND counter = 'parts'") ==
      "1");
  f.check_verify();
}

TEST_CASE("replies are tried again, tests are not") {
  RetryFlow f;
  const auto t0 = now();
  for (const auto kind : {SingleKind::reply, SingleKind::test}) {
    f.db.run([&](Tx& tx) { queue_single(tx, f.tenant.id, {kind, "+14155559999", "yes", {}, {}}, t0); });
    REQUIRE(f.send(t0));
    CHECK(f.receive(fmt::format("SM{}", f.round), MessageStatus::undelivered, 30003, t0).retried ==
          (kind == SingleKind::reply ? 1 : 0));
  }
  CHECK(f.send(t0 + 4h));
}

TEST_CASE(
    "who is deleted while a message waits for another attempt does not get it, and its outcome stands") {
  RetryFlow f;
  f.start();
  const auto t0 = now();
  REQUIRE(f.send(t0));
  CHECK(f.receive("SM1", MessageStatus::undelivered, 30003, t0).retried == 1);
  f.sql("DELETE FROM contact WHERE tenant_id = $1");
  CHECK_FALSE(f.send(t0 + 5h));
  CHECK(f.statuses() == "undelivered=1");
  f.check_verify();
}

TEST_CASE("what the provider drops because quiet hours begin waits for their end, once") {
  RetryFlow f;
  f.start({.kind = "marketing"});
  f.sql(
      "UPDATE tenant SET quiet_from = '21:00', quiet_until = '08:00', undelivered_retries = 0 WHERE id = $1");
  const auto begin = parse_rfc3339("2026-05-02T04:00:00Z"), end = begin + 11h;  // where the numbers are
  const auto first = f.claim(1, begin - 60s);
  REQUIRE(first.messages.size() == 1);
  CHECK(first.messages[0].request.validity == 55s);
  CHECK(first.messages[0].leave_before == begin - 6s);
  f.message = first.messages[0].id;
  f.round = 1000;
  f.record(first, accepted());
  const auto sid = fmt::format("SM{}", f.message.value);
  CHECK(f.receive(sid, MessageStatus::failed, 30036, begin).retried == 1);
  CHECK(f.statuses() == "waiting=1");
  CHECK_FALSE(f.send(begin + 1s));
  CHECK(f.value("SELECT hold || ' ' || due_at FROM work_due WHERE tenant_id = $1") ==
        "quiet_hours 2026-05-02 15:00:00+00");
  SUBCASE("and leaves then, but is not tried a third time") {
    REQUIRE(f.send(end));
    CHECK(f.receive(fmt::format("SM{}", f.round), MessageStatus::failed, 30036, end + 13h).retried == 0);
    CHECK(f.statuses() == "failed=1");
  }
  SUBCASE("within the expiry of its campaign") {
    f.sql("UPDATE campaign SET expires_at = '2026-05-02T11:00:00Z' WHERE tenant_id = $1");
    CHECK_FALSE(f.send(end));
    CHECK(f.statuses() == "expired=1");
  }
  SUBCASE("and not to who opted out meanwhile") {
    f.sql("UPDATE consent SET state = 'opted_out' WHERE tenant_id = $1");
    CHECK_FALSE(f.send(end));
    CHECK(f.statuses() == "skipped=1");
  }
  f.check_verify();
}
