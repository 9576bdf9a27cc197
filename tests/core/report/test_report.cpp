#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "core/ledger/campaign_counter.hpp"
#include "core/report/report.hpp"
#include "core/sending/message.hpp"
#include "tests/support/campaign.hpp"

using namespace smscrm;

namespace {

struct Launched {
  TestDb db;
  TenantId tenant;

  explicit Launched(int contacts) : tenant(add_test_tenant(db).id) {
    add_test_sender(db, tenant);
    add_test_contacts(db, tenant, contacts);
    set_test_consent(db, tenant, "+14155550000", "opted_out");
    launch_test_campaign(db, tenant, add_test_campaign(db, tenant).id);
  }
  Campaign campaign() {
    return db.run([&](Tx& tx) { return get_campaign(tx, tenant, "spring"); });
  }
  void exec_sql(const std::string& sql) {
    db.run([&](Tx& tx) { exec(tx, sql, tenant); });
  }
  // One message is delivered: two parts, billed.
  void deliver() {
    db.run([&](Tx& tx) {
      const auto id = get_campaign(tx, tenant, "spring").id;
      exec(tx,
           "UPDATE message SET status = 'delivered', parts = 2, price = 0.0166, currency = 'USD'"
           " WHERE tenant_id = $1 AND id = (SELECT min(id) FROM message WHERE tenant_id = $1 AND status = "
           "'waiting')",
           tenant);
      exec(tx,
           "UPDATE work_chunk w SET next = m.id + 1 FROM message m"
           " WHERE w.tenant_id = $1 AND m.tenant_id = $1 AND m.status = 'delivered'",
           tenant);
      CounterChanges changes;
      changes.move(id, MessageStatus::waiting, MessageStatus::delivered);
      changes.add_parts(id, 2, {});
      changes.add_money(id, "USD", 0.0166, {});
      changes.add(id, replies_counter, 1);
      apply_counters(tx, tenant, sender_slot, changes, now());
    });
  }
  std::vector<std::string> broken() {
    return db.run([&](Tx& tx) {
      use_one_snapshot(tx);
      std::vector<std::string> names;
      for (const auto& check : verify_campaign(tx, tenant, get_campaign(tx, tenant, "spring")))
        if (!check.holds()) names.push_back(check.name);
      return names;
    });
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a report is conserved from launch to outcome") {
  Launched launched(10);
  const auto report = [&] {
    return launched.db.run([&](Tx& tx) {
      return read_report(tx, launched.tenant, get_campaign(tx, launched.tenant, "spring"));
    });
  };
  auto now_is = report();
  CHECK(now_is.audience == 10);
  CHECK(now_is.skipped == std::map<std::string, std::int64_t>{{"opted_out", 1}});
  CHECK(now_is.waiting == 9);
  CHECK(now_is.recipients() == 9);
  CHECK(now_is.done() == 0);
  CHECK(now_is.cost == "0");
  CHECK(now_is.currency == "USD");
  CHECK(now_is.is_conserved());
  launched.deliver();
  now_is = report();
  CHECK(now_is.waiting == 8);
  CHECK(now_is.outcomes.at(MessageStatus::delivered) == 1);
  CHECK(now_is.outcomes.size() == message_outcomes.size());
  CHECK(now_is.parts == 2);
  CHECK(now_is.cost == "0.0166");
  CHECK_FALSE(now_is.cost_estimated);
  CHECK(now_is.replies == 1);
  CHECK(now_is.is_conserved());
  CHECK(launched.broken() == Names{});
}

TEST_CASE("until the provider says a price, a report takes the account's") {
  Launched launched(3);
  launched.exec_sql("UPDATE account SET part_price = 0.0083 WHERE tenant_id = $1");
  launched.db.run([&](Tx& tx) {
    CounterChanges changes;
    changes.add(get_campaign(tx, launched.tenant, "spring").id, parts_counter, 3);
    apply_counters(tx, launched.tenant, sender_slot, changes, now());
  });
  const auto report = launched.db.run(
      [&](Tx& tx) { return read_report(tx, launched.tenant, get_campaign(tx, launched.tenant, "spring")); });
  CHECK(report.cost == "0.0249");
  CHECK(report.cost_estimated);
}

TEST_CASE("verify finds what does not add up") {
  Launched launched(10);
  launched.deliver();
  SUBCASE("a status that changed without its counter") {
    launched.exec_sql("UPDATE message SET status = 'failed' WHERE tenant_id = $1 AND status = 'delivered'");
    CHECK(launched.broken() == Names{"counter status:delivered", "counter status:failed"});
  }
  SUBCASE("a lost message") {
    launched.exec_sql("DELETE FROM message WHERE tenant_id = $1 AND status = 'skipped'");
    CHECK(launched.broken() == Names{"messages of the launch", "counter skipped:opted_out"});
  }
  SUBCASE("a number with two messages") {
    launched.exec_sql(
        "UPDATE message SET msisdn = '+14155550002' WHERE tenant_id = $1 AND msisdn = '+14155550003'");
    CHECK(launched.broken() == Names{"numbers with two messages"});
  }
  SUBCASE("a message that left twice") {
    launched.exec_sql(
        "INSERT INTO message_event (tenant_id, message_id, provider_sid, status, source)"
        " SELECT $1::bigint, id, sid, 'queued', 'send' FROM message, (VALUES ('SM1'), ('SM2')) AS v(sid)"
        "  WHERE tenant_id = $1 AND status = 'delivered'");
    CHECK(launched.broken() == Names{"messages that the provider took twice"});
  }
  SUBCASE("messages that wait for nothing") {
    launched.exec_sql("DELETE FROM work_chunk WHERE tenant_id = $1");
    CHECK(launched.broken() == Names{"waiting messages without work"});
  }
  SUBCASE("messages that a chunk has left behind") {
    launched.exec_sql("UPDATE work_chunk SET next = next + 1 WHERE tenant_id = $1");
    CHECK(launched.broken() == Names{"waiting messages without work"});
  }
  SUBCASE("a chunk at its end") {
    launched.exec_sql("UPDATE work_chunk SET next = hi + 1 WHERE tenant_id = $1");
    CHECK(launched.broken() == Names{"waiting messages without work"});
  }
  SUBCASE("nothing, where all that waits falls due one by one") {
    launched.exec_sql("DELETE FROM work_chunk WHERE tenant_id = $1");
    launched.exec_sql(
        "INSERT INTO work_due (tenant_id, message_id, campaign_id, due_at, task)"
        " SELECT $1::bigint, id, campaign_id, now(), 'send' FROM message"
        "  WHERE tenant_id = $1 AND status = 'waiting'");
    CHECK(launched.broken() == Names{});
  }
  SUBCASE("nothing, where the provider took again what was to be sent again") {
    launched.exec_sql("UPDATE message SET retries = 1 WHERE tenant_id = $1 AND status = 'delivered'");
    launched.exec_sql(
        "INSERT INTO message_event (tenant_id, message_id, provider_sid, status, source)"
        " SELECT $1::bigint, id, sid, 'queued', 'send' FROM message, (VALUES ('SM1'), ('SM2')) AS v(sid)"
        "  WHERE tenant_id = $1 AND status = 'delivered'");
    CHECK(launched.broken() == Names{});
  }
  SUBCASE("an early end") {
    launched.exec_sql("UPDATE campaign SET status = 'finished' WHERE tenant_id = $1");
    CHECK(launched.broken() == Names{"messages left after the end"});
  }
  SUBCASE("parts and cost that are not those of the rows") {
    launched.exec_sql(
        "UPDATE message SET parts = 3, price = 1 WHERE tenant_id = $1 AND status = 'delivered'");
    CHECK(launched.broken() == Names{"counter cost:USD", "counter parts"});
  }
}

TEST_CASE("a draft has an empty report and nothing to verify") {
  TestDb db;
  const auto tenant = add_test_tenant(db).id;
  const auto draft = add_test_campaign(db, tenant);
  const auto report = db.run([&](Tx& tx) { return read_report(tx, tenant, draft); });
  CHECK(report.audience == 0);
  CHECK(report.is_conserved());
  CHECK_THROWS_AS(db.run([&](Tx& tx) { return verify_campaign(tx, tenant, draft); }), Error);
}

TEST_CASE("messages are listed newest first, filtered and paged, and read with their events") {
  Launched launched(10);
  launched.deliver();
  launched.exec_sql(
      "INSERT INTO message (tenant_id, kind, status, msisdn, body)"
      " VALUES ($1, 'reply', 'waiting', '+14155559999', 'hello')");
  launched.exec_sql(
      "INSERT INTO message_event (tenant_id, message_id, provider_sid, status, source, error_code)"
      " SELECT $1::bigint, id, 'SM1', 'delivered', 'receipt', 0 FROM message"
      "  WHERE tenant_id = $1 AND status = 'delivered'");
  launched.db.run([&](Tx& tx) {
    const auto count = [&](const MessageFilter& filter) {
      return collect(tx, list_messages(launched.tenant, filter), {}).size();
    };
    MessageFilter filter;
    const auto all = collect(tx, list_messages(launched.tenant, filter), {});
    CHECK(all.size() == 11);
    CHECK(all.front().kind == "reply");
    CHECK(all.front().campaign_slug.empty());
    filter.before = all[3].id;
    CHECK(count(filter) == 7);
    CHECK(collect(tx, list_messages(launched.tenant, filter), 5).size() == 5);
    filter = {};
    filter.statuses = {MessageStatus::delivered};
    const auto delivered = collect(tx, list_messages(launched.tenant, filter), {});
    REQUIRE(delivered.size() == 1);
    CHECK(delivered[0].parts == 2);
    CHECK(delivered[0].price == "0.0166");
    CHECK(delivered[0].campaign_slug == "spring");
    const auto events = list_message_events(tx, launched.tenant, delivered[0].id);
    REQUIRE(events.size() == 1);
    CHECK(events[0].provider_sid == "SM1");
    filter = {};
    filter.msisdn = "+14155559999";
    CHECK(count(filter) == 1);
    filter.msisdn = "+14155550004";
    CHECK(count(filter) == 1);
    filter.campaign = get_campaign(tx, launched.tenant, "spring");
    CHECK(count(filter) == 1);
    filter.msisdn.clear();
    CHECK(count(filter) == 10);
    CHECK(get_message(tx, launched.tenant, all[0].id).body == "hello");
    CHECK_THROWS_AS(get_message(tx, launched.tenant, {999999}), Error);
  });
}

TEST_CASE("a number's message in a campaign is found, whoever has the number now") {
  Launched launched(10);
  const std::string number = "+14155550004";
  const auto find = [&](const std::string& msisdn) {
    return launched.db.run([&](Tx& tx) {
      return find_campaign_message(tx, launched.tenant, get_campaign(tx, launched.tenant, "spring"), msisdn);
    });
  };
  const auto message = find(number);
  REQUIRE(message);
  CHECK(message->msisdn == number);
  CHECK_FALSE(find("+14155559999"));
  // Somebody else's since, of whom the launch knew nothing.
  launched.exec_sql("DELETE FROM contact WHERE tenant_id = $1 AND msisdn = '+14155550004'");
  CHECK(find(number)->id == message->id);
  launched.exec_sql("INSERT INTO contact (tenant_id, msisdn) VALUES ($1, '+14155550004')");
  CHECK(find(number)->id == message->id);
  launched.exec_sql("DELETE FROM contact WHERE tenant_id = $1 AND msisdn = '+14155550004'");
  // Somebody who was there before, with another number.
  launched.exec_sql(
      "UPDATE contact SET msisdn = '+14155550004', updated_at = now()"
      " WHERE tenant_id = $1 AND msisdn = '+14155550005'");
  CHECK(find(number)->id == message->id);
  // Somebody who was there and was left alone had no message then.
  launched.exec_sql("UPDATE contact SET updated_at = now() - interval '1 hour' WHERE tenant_id = $1");
  launched.exec_sql(
      "INSERT INTO contact (tenant_id, msisdn, updated_at)"
      " VALUES ($1, '+14155559998', now() - interval '1 hour')");
  CHECK_FALSE(find("+14155559998"));
  CHECK(find("+14155550006"));
}

TEST_CASE("messages that came to a bad end are found by what was told of them, and are what they are now") {
  Launched launched(10);
  launched.exec_sql(
      "UPDATE message SET status = 'undelivered' WHERE tenant_id = $1"
      "   AND msisdn IN ('+14155550003', '+14155550004')");
  launched.exec_sql(
      "UPDATE message SET status = 'delivered' WHERE tenant_id = $1 AND msisdn = '+14155550005'");
  launched.exec_sql(
      "INSERT INTO message_event (tenant_id, message_id, provider_sid, status, source)"
      " SELECT $1::bigint, id, sid, 'undelivered', 'receipt' FROM message, (VALUES ('SM1'), ('SM2')) AS "
      "v(sid)"
      "  WHERE tenant_id = $1 AND status IN ('undelivered', 'delivered')");
  launched.db.run([&](Tx& tx) {
    MessageFilter filter;
    filter.statuses = {MessageStatus::undelivered};
    const auto found = collect(tx, list_messages(launched.tenant, filter), {});
    REQUIRE(found.size() == 2);
    CHECK(found[0].id > found[1].id);
    CHECK(std::set{found[0].msisdn, found[1].msisdn} ==
          std::set<std::string>{"+14155550003", "+14155550004"});
    filter.campaign = get_campaign(tx, launched.tenant, "spring");
    filter.before = found[0].id;
    CHECK(collect(tx, list_messages(launched.tenant, filter), {}).size() == 1);
  });
}
