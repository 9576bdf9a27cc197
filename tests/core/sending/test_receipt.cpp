#include <algorithm>

#include <doctest/doctest.h>

#include "core/provider/twilio.hpp"
#include "core/sending/receipt.hpp"
#include "tests/support/send_fixture.hpp"

using namespace smscrm;

namespace {

const CampaignId campaign{5};

// Rows as a launch and a claim leave them: one in flight.
MessageId add_in_flight(Tx& tx, TenantId tenant, const std::string& msisdn = "+14155550123") {
  CounterChanges counters;
  counters.add(campaign, status_counter(MessageStatus::in_flight), 1);
  apply_counters(tx, tenant, launch_slot, counters, now());
  return exec(tx,
              "INSERT INTO message (tenant_id, campaign_id, msisdn, status, attempt)"
              " VALUES ($1, $2, $3, 'in_flight', 1) RETURNING id",
              tenant, campaign, msisdn)
      .front()[0]
      .as<MessageId>();
}

Receipt receipt(MessageId message, MessageStatus status, std::string sid = "SM1",
                std::optional<int> code = {}) {
  return {message, std::move(sid), status, code, "", {{"a", "1"}, {"b", {"\xff\0", 2}}}};
}

ReceiptSummary record(Tx& tx, TenantId tenant, const std::vector<Receipt>& receipts) {
  return record_receipts(tx, tenant, webhook_slot, receipts, ReceiptSource::receipt, now());
}

std::string status_of(Tx& tx, TenantId tenant, MessageId id) {
  return exec(tx, "SELECT status FROM message WHERE tenant_id = $1 AND id = $2", tenant, id)
      .front()[0]
      .as<std::string>();
}

}  // namespace

TEST_CASE("any order and repetition of receipts ends in the same state and the same counters") {
  TestDb db;
  const auto tenant = add_test_tenant(db);
  std::vector<MessageStatus> order{MessageStatus::queued, MessageStatus::sent, MessageStatus::delivered};
  db.run([&](Tx& tx) {
    int messages = 0;
    do {
      for (const bool together : {true, false}) {
        const auto id = add_in_flight(tx, tenant.id);
        ++messages;
        std::vector<Receipt> all;
        for (const auto status : order) all.insert(all.end(), 2, receipt(id, status));
        if (together) {
          record(tx, tenant.id, all);
        } else {
          for (const auto& one : all) record(tx, tenant.id, {one});
        }
        CHECK(status_of(tx, tenant.id, id) == "delivered");
        CHECK(exec(tx, "SELECT count(*) FROM message_event WHERE message_id = $1", id).front()[0].as<int>() ==
              3);
      }
    } while (std::next_permutation(order.begin(), order.end()));
    auto counters = read_counters(tx, tenant.id, campaign);
    CHECK(counters["status:delivered"] == std::to_string(messages));
    CHECK(counters["status:in_flight"] == "0");
    CHECK(counters["status:sent"] == (counters.contains("status:sent") ? "0" : ""));
  });
}

TEST_CASE("a second final word changes nothing") {
  TestDb db;
  const auto tenant = add_test_tenant(db);
  db.run([&](Tx& tx) {
    const auto id = add_in_flight(tx, tenant.id);
    CHECK(record(tx, tenant.id, {receipt(id, MessageStatus::undelivered, "SM1", 30003)}).raised == 1);
    CHECK(record(tx, tenant.id, {receipt(id, MessageStatus::delivered)}).repeated == 1);
    const auto row =
        exec(tx, "SELECT status, error_code, provider_sid FROM message WHERE id = $1", id).front();
    CHECK(row["status"].as<std::string>() == "undelivered");
    CHECK(row["error_code"].as<int>() == 30003);
    CHECK(row["provider_sid"].as<std::string>() == "SM1");
  });
}

TEST_CASE("receipts of another provider message are recorded and move nothing") {
  TestDb db;
  const auto tenant = add_test_tenant(db);
  db.run([&](Tx& tx) {
    const auto id = add_in_flight(tx, tenant.id);
    record(tx, tenant.id, {receipt(id, MessageStatus::sent, "SM1")});
    CHECK(record(tx, tenant.id, {receipt(id, MessageStatus::failed, "SM2")}).foreign == 1);
    CHECK(status_of(tx, tenant.id, id) == "sent");
    CHECK(exec(tx, "SELECT count(DISTINCT provider_sid) FROM message_event").front()[0].as<int>() == 2);
  });
}

TEST_CASE("receipts for messages that are not recorded are kept") {
  TestDb db;
  const auto tenant = add_test_tenant(db);
  db.run([&](Tx& tx) {
    CHECK(record(tx, tenant.id, {receipt(MessageId{999}, MessageStatus::sent)}).stray == 1);
    CHECK(
        exec(tx, "SELECT (form ->> 'a') || (form ->> 'b') FROM receipt_stray").front()[0].as<std::string>() ==
        "1?");
  });
}

TEST_CASE("a receipt ends the wait of an unknown message") {
  TestDb db;
  const auto tenant = add_test_tenant(db);
  db.run([&](Tx& tx) {
    const auto id = add_in_flight(tx, tenant.id);
    exec(tx, "UPDATE message SET status = 'unknown' WHERE id = $1", id);
    exec(tx, "INSERT INTO work_due (tenant_id, message_id, due_at, task) VALUES ($1, $2, now(), 'resolve')",
         tenant.id, id);
    record(tx, tenant.id, {receipt(id, MessageStatus::delivered)});
    CHECK(exec(tx, "SELECT count(*) FROM work_due").front()[0].as<int>() == 0);
  });
}

TEST_CASE("a receipt that says opted out suppresses the number") {
  TestDb db;
  const auto tenant = add_test_tenant(db);
  db.run([&](Tx& tx) {
    const auto id = add_in_flight(tx, tenant.id, "+14155550177");
    auto refused = receipt(id, MessageStatus::failed, "SM1", 21610);
    refused.opted_out = true;
    record(tx, tenant.id, {refused});
    CHECK(exec(tx, "SELECT state FROM consent WHERE msisdn = '+14155550177'").front()[0].as<std::string>() ==
          "opted_out");
  });
}

TEST_CASE("an error of the account that comes by receipt pauses the lane, unless it was mended since") {
  test::SendFixture f;
  const auto lane = f.lease();
  const auto claimed = now();
  const auto fail = [&](Timestamp claimed_at, std::string words) {
    f.db.run([&](Tx& tx) {
      const auto id = add_in_flight(tx, f.tenant.id);
      exec(tx, "UPDATE message SET claimed_at = $2 WHERE id = $1", id, claimed_at);
      ListedMessage listed;
      listed.provider_id = "SM1";
      listed.status = MessageStatus::undelivered;
      listed.error_code = 30034;
      listed.error_class = twilio_provider().classify_receipt(30034);
      listed.error = std::move(words);
      record(tx, f.tenant.id, {receipt_of(id, listed)});
      CHECK(status_of(tx, f.tenant.id, id) == "undelivered");
    });
  };
  const auto pause = [&] { return f.db.run([&](Tx& tx) { return find_lane_pause(tx, f.tenant.id); }); };
  fail(claimed, "");
  REQUIRE(pause());
  CHECK(pause()->code == 30034);
  CHECK(pause()->reason == "the provider takes messages and then fails them");
  f.db.run([&](Tx& tx) { resume_lane(tx, f.tenant.id); });
  fail(claimed, "");
  CHECK_FALSE(pause());
  fail(now() + std::chrono::seconds{5}, "number unregistered");
  REQUIRE(pause());
  CHECK(pause()->reason == "number unregistered");
}

TEST_CASE("a tenant's receipts never touch another's message") {
  TestDb db;
  const auto acme = add_test_tenant(db), other = add_test_tenant(db, "other");
  db.run([&](Tx& tx) {
    const auto id = add_in_flight(tx, acme.id);
    CHECK(record(tx, other.id, {receipt(id, MessageStatus::delivered)}).stray == 1);
    CHECK(status_of(tx, acme.id, id) == "in_flight");
  });
}
