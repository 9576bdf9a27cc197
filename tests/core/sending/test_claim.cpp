// What a claim takes and leaves; long, for the cases share what sets up lanes and campaigns.
#include <future>

#include <doctest/doctest.h>

#include "core/campaign/campaign.hpp"
#include "core/contact/contact.hpp"
#include "core/contact/renumber.hpp"
#include "core/inbox/inbound.hpp"
#include "core/sending/receipt.hpp"
#include "core/sending/single.hpp"
#include "core/sending/work.hpp"
#include "core/tenant/claims_lock.hpp"
#include "core/tenant/plan_version.hpp"
#include "tests/support/send_flow.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using Flow = test::SendFlow;
using test::accepted;

TEST_CASE("a campaign is claimed to its end, rendered and accepted") {
  Flow f;
  const auto campaign = f.launch(5, {.chunk = 2});
  const auto first = f.claim(3);
  REQUIRE(first.messages.size() == 3);
  CHECK(first.more);
  CHECK(first.messages[1].request.body == "Hi Ann1!");
  CHECK(first.messages[1].request.to == "+14155550001");
  CHECK(first.messages[1].request.from == "+15005550006");
  CHECK(first.messages[1].request.status_callback.find("/status/") != std::string::npos);
  CHECK(f.statuses() == "in_flight=3 waiting=2");
  f.check_counters(campaign);
  const auto second = f.claim();
  CHECK(second.messages.size() == 2);
  CHECK(f.claim().messages.empty());
  CHECK(f.value("SELECT count(*) FROM work_chunk WHERE tenant_id = $1") == "0");
  f.check_counters(campaign);
  CHECK(f.record(first, accepted()).accepted == 3);
  CHECK(f.record(second, accepted()).accepted == 2);
  CHECK(f.record(second, accepted()).accepted == 0);  // a commit in doubt, repeated
  CHECK(f.statuses() == "queued=5");
  CHECK(f.value("SELECT count(*) FROM work_claim WHERE tenant_id = $1") == "0");
  CHECK(f.value("SELECT count(*) FROM message_event WHERE tenant_id = $1 AND source = 'send'") == "5");
  f.check_counters(campaign);
}

TEST_CASE("whoever may not be texted is skipped at the last instant") {
  Flow f;
  const auto campaign = f.launch(4);
  f.sql("UPDATE consent SET state = 'opted_out' WHERE tenant_id = $1 AND msisdn = '+14155550001'");
  f.sql("DELETE FROM consent WHERE tenant_id = $1 AND msisdn = '+14155550002'");
  f.sql("INSERT INTO dnc (tenant_id, msisdn) VALUES ($1, '+14155550003')");
  CHECK(f.claim().messages.size() == 1);
  CHECK(f.value("SELECT string_agg(skip_reason, ' ' ORDER BY msisdn) FROM message"
                " WHERE tenant_id = $1 AND status = 'skipped'") == "opted_out no_consent dnc");
  f.check_counters(campaign);
}

TEST_CASE("who was deleted since a message was written is not texted, nor is who came back with the number") {
  Flow f;
  const auto campaign = f.launch(3);
  f.db.run([&](Tx& tx) {
    const auto contact = find_contact(tx, f.tenant.id, "+14155550001")->id;
    queue_single(tx, f.tenant.id, {SingleKind::reply, "+14155550001", "yes", {}, contact}, now());
    delete_contact(tx, f.tenant.id, "+14155550001");
    delete_contact(tx, f.tenant.id, "+14155550002");
    NewContact again;
    again.msisdn = "+14155550002";
    add_contact(tx, f.tenant.id, again);
    queue_single(tx, f.tenant.id, {SingleKind::test, "+14155559999", "of no contact", {}, {}}, now());
  });
  const auto claimed = f.claim();
  REQUIRE(claimed.messages.size() == 2);
  CHECK(claimed.messages[0].request.to == "+14155559999");
  CHECK(claimed.messages[1].request.to == "+14155550000");
  CHECK(f.value("SELECT string_agg(skip_reason || ' ' || kind, ', ' ORDER BY kind, msisdn) FROM message"
                " WHERE tenant_id = $1 AND status = 'skipped'") ==
        "deleted campaign, deleted campaign, deleted reply");
  f.check_counters(campaign);
}

TEST_CASE("who has another number since a message was written is texted at neither") {
  Flow f;
  const auto campaign = f.launch(2);
  f.db.run([&](Tx& tx) { change_number(tx, f.tenant.id, "+14155550001", "+14155550077", now()); });
  const auto claimed = f.claim();
  REQUIRE(claimed.messages.size() == 1);
  CHECK(claimed.messages[0].request.to == "+14155550000");
  CHECK(f.value("SELECT skip_reason FROM message WHERE tenant_id = $1 AND status = 'skipped'") ==
        "number_changed");
  f.check_counters(campaign);
}

TEST_CASE("a contact is not deleted while a claim is open that may have read it") {
  Flow f;
  f.launch(1);
  auto claiming = f.db.connect(), deleting = f.db.connect();
  Transaction claim{claiming}, deletion{deleting};
  lock_claims_shared(claim, f.tenant.id);
  exec(deletion, "SET lock_timeout = '100ms'");
  CHECK_THROWS_AS(delete_contact(deletion, f.tenant.id, "+14155550000"), pqxx::sql_error);
}

TEST_CASE("replies go first, need no opt-in and stop at an opt-out") {
  Flow f;
  f.launch(2);
  f.db.run([&](Tx& tx) {
    queue_single(tx, f.tenant.id, {SingleKind::reply, "+14155559999", "yes", {}, {}}, now());
    queue_single(tx, f.tenant.id, {SingleKind::reply, "+14155559998", "no", {}, {}}, now());
    exec(tx, "INSERT INTO consent VALUES ($1, '+14155559998', 'opted_out', now())", f.tenant.id);
  });
  const auto claim = f.claim(2);
  REQUIRE(claim.messages.size() == 2);
  CHECK(claim.messages[0].request.body == "yes");
  CHECK(claim.messages[1].campaign);
  CHECK(f.value("SELECT count(*) FROM work_due WHERE tenant_id = $1") == "0");
}

TEST_CASE("expired campaigns end, and quiet hours put off until they do") {
  Flow f;
  const auto late = f.launch(2, {.expires_at = "2020-01-01T00:00:00Z", .slug = "late"});
  f.launch(2, {.kind = "marketing"});
  f.sql("UPDATE tenant SET quiet_from = '21:00', quiet_until = '08:00' WHERE id = $1");
  const auto night = parse_rfc3339("2026-05-02T05:00:00Z");  // in San Francisco, where the numbers are
  CHECK(f.claim(100, night).messages.empty());
  CHECK(f.statuses() == "expired=2 waiting=2");
  CHECK(f.value("SELECT count(*) FROM work_due WHERE tenant_id = $1 AND due_at = '2026-05-02T15:00:00Z'") ==
        "2");
  f.check_counters(late);
  CHECK(f.claim(100, night + 1h).messages.empty());
  CHECK(f.claim(100, night + 10h).messages.size() == 2);
}

TEST_CASE("quiet hours that are changed hold for what was put off, too") {
  Flow f;
  f.launch(2, {.kind = "marketing"});
  const auto night = parse_rfc3339("2026-05-02T05:00:00Z");  // in San Francisco, where the numbers are
  const auto set_hours = [&](const char* hours, Timestamp at) {
    f.db.run([&](Tx& tx) {
      auto tenant = get_tenant(tx, f.tenant.slug);
      tenant.quiet_hours = parse_quiet_hours(hours);
      update_tenant(tx, tenant, at);
    });
  };
  set_hours("21:00-08:00", night);
  CHECK(f.claim(100, night).messages.empty());
  set_hours("21:00-23:00", night + 1min);
  CHECK(f.claim(100, night + 2min).messages.empty());
  CHECK(f.value("SELECT count(*) FROM work_due WHERE tenant_id = $1 AND due_at = '2026-05-02T06:00:00Z'") ==
        "2");
  // What a receipt has put off is not held.
  f.sql("UPDATE work_due SET hold = '' WHERE tenant_id = $1 AND message_id = (SELECT min(id) FROM message)");
  set_hours("off", night + 3min);
  CHECK(f.claim(100, night + 4min).messages.size() == 1);
}

TEST_CASE("a claim takes no more than there is room for") {
  Flow f;
  const auto campaign = f.launch(10);
  ClaimRoom room;
  room.messages = 100;
  room.parts = 1000;
  room.senders[f.sender] = 3;
  CHECK(f.claim(room).messages.size() == 3);
  room.senders[f.sender] = 1000;
  room.parts = 4;
  CHECK(f.claim(room).messages.size() == 4);
  CHECK(f.claim().messages.size() == 3);
  f.check_counters(campaign);
}

TEST_CASE("a sender that is far behind is waited for, not passed over for the messaging service") {
  Flow f;
  f.messaging_service = "MG1";
  f.launch(1);
  ClaimRoom room;
  room.messages = 1;
  room.parts = 1000;
  room.senders[f.sender] = -7;
  CHECK(f.claim(room).messages.empty());
  CHECK(f.statuses() == "waiting=1");
  f.sql("UPDATE sender SET removed_at = now() WHERE tenant_id = $1");
  const auto claimed = f.claim(room);
  REQUIRE(claimed.messages.size() == 1);
  CHECK(claimed.messages[0].request.service == "MG1");
  CHECK(claimed.messages[0].request.from == "");
}

TEST_CASE("rates below one part a second are slow, not zero") {
  Flow f;
  const auto campaign = f.launch(2);
  ClaimRoom room;
  room.messages = 10;
  room.rate = 0.5;
  room.parts = 0.5;
  room.senders[f.sender] = 1000;
  CHECK(f.claim(room).messages.size() == 1);
  f.sql("UPDATE campaign SET rate = 0.25 WHERE tenant_id = $1");
  room.rate = room.parts = 1000;
  room.campaigns[campaign] = 0;
  CHECK(f.claim(room).messages.empty());
  room.campaigns[campaign] = 0.25;
  CHECK(f.claim(room).messages.size() == 1);
}

TEST_CASE("a long message waits until it fits, and one longer than the rate until it is alone") {
  Flow f;
  f.launch(1, {.body = std::string(400, 'a')});  // 3 parts
  ClaimRoom room;
  room.messages = 10;
  room.rate = 1000;
  room.senders[f.sender] = 1000;
  room.parts = 2;
  CHECK(f.claim(room).messages.empty());
  room.rate = 2;
  CHECK(f.claim(room).messages.size() == 1);
}

TEST_CASE("only a claim that moved something asks for another at once") {
  Flow f;
  f.launch(2);
  ClaimRoom room;
  room.messages = 10;
  room.parts = 1000;
  room.senders[f.sender] = 0;
  CHECK_FALSE(f.claim(room).more);
  room.senders[f.sender] = 1000;
  CHECK(f.claim(room).more);
  CHECK_FALSE(f.claim(room).more);
}

TEST_CASE("what is due of one campaign does not hide the chunks of another") {
  Flow f;
  const auto retried = f.launch(300);
  f.sql(
      "INSERT INTO work_due (tenant_id, message_id, campaign_id, due_at, task)"
      " SELECT $1, id, campaign_id, now(), 'send' FROM message WHERE tenant_id = $1");
  f.sql("DELETE FROM work_chunk WHERE tenant_id = $1");
  const auto fresh = f.launch(300, {.slug = "fresh"});
  std::map<CampaignId, int> claimed;
  for (const auto& message : f.claim(100).messages) ++claimed[*message.campaign];
  CHECK(claimed[retried] == 50);
  CHECK(claimed[fresh] == 50);
  CHECK(f.value("SELECT count(*) FROM work_due WHERE tenant_id = $1") == "250");
}

TEST_CASE("campaigns take turns when there is room for one message") {
  Flow f;
  f.launch(2);
  f.launch(2, {.slug = "other"});
  ClaimRoom room;
  room.messages = 1;
  room.parts = 1000;
  room.senders[f.sender] = 1000;
  std::vector<CampaignId> order;
  for (int i = 0; i < 4; ++i) {
    order.push_back(*f.claim(room).messages.at(0).campaign);
    room.after = order.back();
  }
  CHECK(order[0] != order[1]);
  CHECK(order[0] == order[2]);
  CHECK(order[1] == order[3]);
}

TEST_CASE("a campaign whose status is being changed is not claimed from, and one claimed from not changed") {
  Flow f;
  const auto campaign = f.launch(4);
  Connection other{f.db.url()};
  {
    pqxx::work tx{other.handle()};
    cancel_campaign(tx, f.tenant.id, campaign, now());
    CHECK(f.claim().messages.empty());
  }
  f.db.run([&](Tx& tx) {
    const ClaimPlan plan{get_tenant(tx, f.tenant.slug), list_senders(tx, f.tenant.id), "",
                         "https://s.example", LinkKey{SecretKey{std::string(32, 'k')}}};
    ClaimRoom room;
    room.messages = 2;
    room.parts = room.senders[f.sender] = 1000;
    CHECK(claim_messages(tx, f.lane, plan, room, now()).messages.size() == 2);
    const auto cancel = [&] {
      in_transaction(other, [&](Tx& late) {
        exec(late, "SET LOCAL lock_timeout = '50ms'");
        cancel_campaign(late, f.tenant.id, campaign, now());
      });
    };
    CHECK_THROWS_AS(cancel(), LockTimeout);
  });
  CHECK(f.statuses() == "in_flight=2 waiting=2");
}

// What is claimed of two messages while `other` has one of them, which it then commits.
template <class Other>
Claim claim_behind(Flow& f, Other& other) {
  Connection claimer{f.db.url(), "claimer"};
  auto claim = std::async(std::launch::async, [&] {
    return in_transaction(claimer, [&](Tx& tx) {
      const ClaimPlan plan{get_tenant(tx, f.tenant.slug), list_senders(tx, f.tenant.id), "",
                           "https://s.example", LinkKey{SecretKey{std::string(32, 'k')}}};
      ClaimRoom room;
      room.messages = 2;
      room.parts = room.senders[f.sender] = 1000;
      return claim_messages(tx, f.lane, plan, room, now());
    });
  });
  CHECK(f.db.await_lock("claimer"));
  other.commit();
  return claim.get();
}

TEST_CASE("a message that a receipt raises while it is being claimed is not sent") {
  Flow f;
  const auto campaign = f.launch(2);
  Connection receiver{f.db.url()};
  // Of a request whose outcome was unknown, after its absence was proven.
  const MessageId first{std::stoll(f.value("SELECT min(id) FROM message WHERE tenant_id = $1"))};
  pqxx::work receipt{receiver.handle()};
  CHECK(record_receipts(receipt, f.tenant.id, webhook_slot,
                        {{first, "SM1", MessageStatus::delivered, {}, "", {}}}, ReceiptSource::receipt, now())
            .raised == 1);
  const auto claimed = claim_behind(f, receipt);
  REQUIRE(claimed.messages.size() == 1);
  CHECK(claimed.messages[0].id != first);
  CHECK(f.statuses() == "delivered=1 in_flight=1");
  f.check_counters(campaign);
}

TEST_CASE("what is written to while it is claimed, and waits all the same, is claimed") {
  Flow f;
  const auto campaign = f.launch(2);
  Connection writer{f.db.url()};
  Transaction other{writer};
  exec(other,
       "UPDATE message SET error = 'late' WHERE tenant_id = $1 AND id ="
       " (SELECT min(id) FROM message WHERE tenant_id = $1)",
       f.tenant.id);
  CHECK(claim_behind(f, other).messages.size() == 2);
  CHECK(f.statuses() == "in_flight=2");
  f.check_counters(campaign);
}

TEST_CASE("a plan that is outdated claims nothing") {
  const std::string changes[] = {
      "UPDATE tenant SET quiet_from = '00:00', quiet_until = '23:59' WHERE id = $1",
      "UPDATE account SET auth_token = 'another' WHERE tenant_id = $1",
      "UPDATE sender SET rate = 2 WHERE tenant_id = $1",
      "UPDATE sender SET removed_at = now() WHERE tenant_id = $1",
      "INSERT INTO sender (tenant_id, address, kind, rate) VALUES ($1, '4711', 'short_code', 1)"};
  for (const auto& change : changes) {
    CAPTURE(change);
    Flow f;
    f.launch(2);
    ClaimPlan plan{f.tenant,
                   {},
                   "",
                   "https://s.example",
                   LinkKey{SecretKey{std::string(32, 'k')}},
                   built_in_hours_book(),
                   ""};
    const auto claim = [&] {
      return f.db.run([&](Tx& tx) {
        ClaimRoom room;
        room.messages = 1;
        room.parts = room.senders[f.sender] = 1000;
        return claim_messages(tx, f.lane, plan, room, now());
      });
    };
    f.db.run([&](Tx& tx) {
      plan.version = read_plan_versions(tx, {f.tenant.id}).at(f.tenant.id);
      plan.tenant = get_tenant(tx, f.tenant.slug);
      plan.senders = list_senders(tx, f.tenant.id);
    });
    CHECK(claim().messages.size() == 1);
    f.sql(change);
    const auto refused = claim();
    CHECK(refused.plan_outdated);
    CHECK(refused.messages.empty());
    f.db.run([&](Tx& tx) { plan.version = read_plan_versions(tx, {f.tenant.id}).at(f.tenant.id); });
    CHECK_FALSE(claim().plan_outdated);
  }
}

TEST_CASE("while a claim is open no STOP is acknowledged, for it may have read the old consent") {
  Flow f;
  f.launch(1);
  Connection other{f.db.url()};
  const std::vector<std::string> stopped{"+14155559999"};
  const auto in_flight = [&] {
    return in_transaction(other, [&](Tx& tx) { return list_in_flight(tx, f.tenant.id, stopped); });
  };
  f.db.run([&](Tx& tx) {
    const ClaimPlan plan{get_tenant(tx, f.tenant.slug), list_senders(tx, f.tenant.id), "",
                         "https://s.example", LinkKey{SecretKey{std::string(32, 'k')}}};
    ClaimRoom room;
    room.messages = 1;
    room.parts = room.senders[f.sender] = 1000;
    claim_messages(tx, f.lane, plan, room, now());
    CHECK(in_flight().count(stopped.front()) == 1);
  });
  CHECK(in_flight().empty());
}

TEST_CASE("lanes with something to send or to ask about are found, without a write") {
  Flow f;
  const TenantId idle{f.tenant.id.value + 1};
  const auto find = [&] {
    return f.db.run([&](Tx& tx) {
      auto found = find_work(tx, {f.tenant.id, idle}, now());
      CHECK(tx.exec("SELECT pg_current_xact_id_if_assigned()").front()[0].is_null());
      return found;
    });
  };
  using Tenants = std::set<TenantId>;
  CHECK(find().to_send.empty());
  f.launch(1);
  CHECK(find().to_send == Tenants{f.tenant.id});
  f.sql("UPDATE campaign SET status = 'paused' WHERE tenant_id = $1");
  CHECK(find().to_send.empty());
  f.sql("UPDATE campaign SET status = 'running' WHERE tenant_id = $1");
  CHECK(find().to_resolve.empty());
  f.record(f.claim(), SendOutcome{});  // unknown
  f.sql("UPDATE work_due SET due_at = now() WHERE tenant_id = $1");
  CHECK(find().to_send.empty());
  CHECK(find().to_resolve == Tenants{f.tenant.id});
  f.sql("UPDATE work_due SET task = 'send' WHERE tenant_id = $1");
  CHECK(find().to_send == Tenants{f.tenant.id});
  f.sql("UPDATE work_due SET campaign_id = NULL WHERE tenant_id = $1");  // as a reply
  CHECK(find().to_send == Tenants{f.tenant.id});
  for (const auto& change : {"UPDATE work_due SET due_at = now() + interval '1 hour' WHERE tenant_id = $1",
                             "UPDATE lane SET paused_at = now() WHERE tenant_id = $1"}) {
    f.sql("UPDATE work_due SET due_at = now() WHERE tenant_id = $1");
    f.sql(change);
    CHECK(find().to_send.empty());
  }
}

TEST_CASE("neither a paused lane or campaign nor an old epoch claims anything") {
  Flow f;
  f.launch(2);
  f.sql("UPDATE campaign SET status = 'paused' WHERE tenant_id = $1");
  CHECK(f.claim().messages.empty());
  f.sql("UPDATE campaign SET status = 'running' WHERE tenant_id = $1");
  f.sql("UPDATE lane SET paused_at = now() WHERE tenant_id = $1");
  CHECK(f.claim().lane_paused);
  f.sql("UPDATE lane SET paused_at = NULL, epoch = epoch + 1 WHERE tenant_id = $1");
  CHECK(f.claim().lane_lost);
  CHECK(f.statuses() == "waiting=2");
}
