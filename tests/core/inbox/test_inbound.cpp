#include <doctest/doctest.h>

#include "core/inbox/inbound.hpp"
#include "core/inbox/inbox.hpp"
#include "core/tenant/claims_lock.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;

namespace {

NewInbound text(std::string sid, std::string body, std::string from = "+14155550123") {
  return {std::move(sid), std::move(from), "+15005550006", std::move(body), "", std::nullopt};
}

std::string consent_of(Tx& tx, const std::string& msisdn) {
  const auto rows = exec(tx, "SELECT state FROM consent WHERE msisdn = $1", msisdn);
  return rows.empty() ? "none" : rows.front()[0].as<std::string>();
}

struct Inbox {
  TestDb db;
  Tenant tenant = add_test_tenant(db);

  std::vector<InboundOutcome> record(const std::vector<NewInbound>& batch) {
    return db.run([&](Tx& tx) { return record_inbound(tx, tenant, webhook_slot, batch, now()); });
  }
  std::set<std::string> in_flight() {
    return db.run([&](Tx& tx) { return list_in_flight(tx, tenant.id, {"+14155550123", "+14155550199"}); });
  }
  std::string consent(const std::string& msisdn = "+14155550123") {
    return db.run([&](Tx& tx) { return consent_of(tx, msisdn); });
  }
};

}  // namespace

TEST_CASE("a text is stored once, however often it comes") {
  Inbox inbox;
  CHECK_FALSE(inbox.record({text("SM1", "hello")}).front().repeated);
  CHECK(inbox.record({text("SM1", "hello")}).front().repeated);
  const auto twice = inbox.record({text("SM2", "STOP"), text("SM2", "STOP")});
  CHECK_FALSE(twice[0].repeated);
  CHECK(twice[1].repeated);
  inbox.db.run([&](Tx& tx) {
    CHECK(collect(tx, list_inbound(inbox.tenant.id, {}), {}).size() == 2);
    CHECK(exec(tx, "SELECT count(*) FROM consent_event").front()[0].as<int>() == 1);
  });
}

TEST_CASE("STOP is confirmed once, and only by us when the provider has not") {
  Inbox inbox;
  inbox.tenant.stop_reply = "You are out.";
  CHECK(inbox.record({text("SM1", "Stop!")}).front().reply == "You are out.");
  CHECK(inbox.consent() == "opted_out");
  CHECK(inbox.record({text("SM2", "STOP")}).front().reply.empty());
  auto handled = text("SM3", "STOP", "+14155550199");
  handled.handled = Keyword::stop;
  CHECK(inbox.record({handled}).front().reply.empty());
  CHECK(inbox.consent("+14155550199") == "opted_out");
}

TEST_CASE(
    "the confirmation of a STOP that was refused comes with its repetition, once, unless a START came") {
  Inbox inbox;
  inbox.tenant.stop_reply = "You are out.";
  CHECK(inbox.record({text("SM1", "STOP")}).front().reply == "You are out.");
  CHECK(inbox.record({text("SM1", "STOP")}).front().reply == "");
  const auto refuse = [&] { inbox.db.run([&](Tx& tx) { mark_refused(tx, inbox.tenant.id, {"SM1"}); }); };
  refuse();
  CHECK(inbox.record({text("SM2", "STOP")}).front().reply == "");
  const auto again = inbox.record({text("SM1", "STOP"), text("SM1", "STOP")});
  CHECK(again[0].repeated);
  CHECK(again[0].reply == "You are out.");
  CHECK(again[1].reply == "");
  CHECK(inbox.record({text("SM1", "STOP")}).front().reply == "");
  refuse();
  inbox.record({text("SM3", "START")});
  CHECK(inbox.record({text("SM1", "STOP")}).front().reply == "");
}

TEST_CASE("START opts in again; YES does so only after a STOP") {
  Inbox inbox;
  CHECK(inbox.record({text("SM1", "yes")}).front().keyword == Keyword::none);
  CHECK(inbox.consent() == "none");
  inbox.record({text("SM2", "STOP")});
  CHECK(inbox.record({text("SM3", "Yes")}).front().keyword == Keyword::start);
  CHECK(inbox.consent() == "opted_in");
}

TEST_CASE("a START of another language counts only after a STOP, as its whole text") {
  Inbox inbox;
  inbox.tenant.start_reply = "Welcome back.";
  CHECK(inbox.record({text("SM1", "Alta")}).front().keyword == Keyword::none);
  CHECK(inbox.consent() == "none");
  inbox.record({text("SM2", "BAJA")});
  for (const char* body : {"sí", "oui", "sim", "ja", "alta, por favor"})
    CHECK(inbox.record({text(fmt::format("SM {}", body), body)}).front().keyword == Keyword::none);
  CHECK(inbox.consent() == "opted_out");
  const auto back = inbox.record({text("SM3", "Alta")}).front();
  CHECK(back.keyword == Keyword::start);
  CHECK(back.reply == "Welcome back.");
  CHECK(inbox.consent() == "opted_in");
  CHECK(inbox.record({text("SM4", "começar")}).front().keyword == Keyword::none);
}

TEST_CASE("of a STOP and a START at the same moment the STOP counts") {
  Inbox inbox;
  inbox.record({text("SM1", "STOP"), text("SM2", "START")});
  CHECK(inbox.consent() == "opted_out");
}

TEST_CASE("a reply is counted for the campaign that it answers") {
  Inbox inbox;
  inbox.db.run([&](Tx& tx) {
    exec(tx, "INSERT INTO contact (tenant_id, id, msisdn, first_name) VALUES ($1, 1, '+14155550123', 'Ann')",
         inbox.tenant.id);
    for (const int campaign : {5, 6})
      exec(tx,
           "INSERT INTO message (tenant_id, campaign_id, contact_id, msisdn, status, attempt, claimed_at)"
           " VALUES ($1, $2::int, 1, '+14155550123', 'sent', 1, now() + $2::int * interval '1 minute')",
           inbox.tenant.id, campaign);
    exec(tx,
         "INSERT INTO message (tenant_id, campaign_id, contact_id, msisdn, status, skip_reason)"
         " VALUES ($1, 7, 1, '+14155550123', 'skipped', 'dnc')",
         inbox.tenant.id);
  });
  inbox.record({text("SM1", "when do you open?"), text("SM2", "stop")});
  inbox.db.run([&](Tx& tx) {
    auto counters = read_counters(tx, inbox.tenant.id, CampaignId{6});
    CHECK(counters["replies"] == "2");
    CHECK(counters["opt_outs"] == "1");
    CHECK(read_counters(tx, inbox.tenant.id, CampaignId{5}).empty());
    const auto listed = collect(tx, list_inbound(inbox.tenant.id, {}), {});
    REQUIRE(listed.size() == 2);
    CHECK(listed.back().contact_name == "Ann");
    InboxFilter talk;
    talk.keywords = false;
    CHECK(collect(tx, list_inbound(inbox.tenant.id, talk), {}).size() == 1);
  });
}

TEST_CASE("an open claim may have read the old consent, and counts as on its way") {
  Inbox inbox;
  auto other = inbox.db.connect();
  in_transaction(other, [&](Tx& claim) {
    lock_claims_shared(claim, inbox.tenant.id);
    CHECK(inbox.in_flight() == std::set<std::string>{"+14155550123", "+14155550199"});
  });
  CHECK(inbox.in_flight().empty());
}

TEST_CASE("an acknowledged STOP means that nothing to the number is on its way") {
  Inbox inbox;
  CHECK(inbox.in_flight().empty());
  inbox.db.run([&](Tx& tx) {
    exec(tx,
         "WITH sent AS (INSERT INTO message (tenant_id, msisdn, status, kind)"
         "              VALUES ($1, '+14155550123', 'in_flight', 'test') RETURNING id)"
         " INSERT INTO work_claim (tenant_id, epoch, message_ids, claimed_at) SELECT $1, 1, ARRAY[id], now() "
         "FROM sent",
         inbox.tenant.id);
  });
  CHECK(inbox.in_flight() == std::set<std::string>{"+14155550123"});  // the other number waits for nothing
  inbox.db.run(
      [&](Tx& tx) { exec(tx, "UPDATE message SET status = 'sent' WHERE tenant_id = $1", inbox.tenant.id); });
  CHECK(inbox.in_flight().empty());
}

TEST_CASE("by another channel a no counts, and a yes waits for somebody to read it") {
  Inbox inbox;
  const auto by_channel = [](std::string sid, std::string body) {
    auto inbound = text(std::move(sid), std::move(body));
    inbound.texted = false;
    return inbound;
  };
  inbox.record({by_channel("SM1", "START")});
  CHECK(inbox.consent() == "none");
  inbox.record({by_channel("SM2", "STOP")});
  CHECK(inbox.consent() == "opted_out");
  inbox.record({by_channel("SM3", "START")});
  CHECK(inbox.consent() == "opted_out");
  inbox.record({text("SM4", "START")});
  CHECK(inbox.consent() == "opted_in");
  inbox.record({text("SM5", "START", "12345"), text("SM6", "STOP", "12345"), text("SM7", "START", "12345")});
  CHECK(inbox.consent("12345") == "opted_out");
}

TEST_CASE("a STOP to one of our senders finds it by any notation of its number") {
  Inbox inbox;
  inbox.db.run([&](Tx& tx) {
    exec(tx, "UPDATE tenant SET opt_out_scope = 'number' WHERE id = $1", inbox.tenant.id);
    exec(tx,
         "INSERT INTO sender (tenant_id, address, kind, rate) VALUES ($1, '+5215512345678', 'long_code', 1)",
         inbox.tenant.id);
  });
  inbox.tenant.opt_out_scope = OptOutScope::number;
  auto stop = text("SM1", "STOP");
  stop.address = "+525512345678";
  inbox.record({stop});
  CHECK(inbox.consent() == "none");
  const auto scope = inbox.db.run(
      [&](Tx& tx) { return exec(tx, "SELECT scope FROM consent_scope").front()[0].as<std::string>(); });
  CHECK(scope == "sender:+5215512345678");
}
