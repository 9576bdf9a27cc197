#include <doctest/doctest.h>

#include "core/consent/consent.hpp"
#include "core/inbox/answer.hpp"
#include "core/inbox/inbound.hpp"
#include "core/inbox/opt_out_review.hpp"
#include "core/sending/hold.hpp"
#include "core/sending/single.hpp"
#include "tests/support/send_flow.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

struct Inbox {
  TestDb db;
  Tenant tenant = add_test_tenant(db);

  InboundOutcome record(const std::string& sid, const std::string& body,
                        const std::string& from = "+14155550123") {
    NewInbound inbound{sid, from, "+15005550006", body, "", std::nullopt};
    inbound.reading = read_opt_out(body);
    return db.run([&](Tx& tx) { return record_inbound(tx, tenant, webhook_slot, {inbound}, now()); }).front();
  }
  std::vector<OptOutReview> reviews() {
    return db.run([&](Tx& tx) { return collect(tx, list_reviews(tenant.id), 50); });
  }
  ConsentStatus consent(const std::string& msisdn = "+14155550123") {
    return db.run([&](Tx& tx) { return get_consent_status(tx, tenant.id, msisdn); });
  }
};

}  // namespace

TEST_CASE("a clear opt-out in other words counts at once, and the ledger names the rule and the words") {
  Inbox inbox;
  inbox.tenant.stop_reply = "You are out.";
  const auto outcome = inbox.record("SM1", "Please stop texting me");
  CHECK(outcome.keyword == Keyword::stop);
  CHECK(outcome.reply == "You are out.");
  const auto consent = inbox.consent();
  CHECK(consent.state == ConsentState::opted_out);
  REQUIRE(consent.latest);
  CHECK(consent.latest->method == ConsentMethod::text);
  CHECK(consent.latest->source == "en.stop-messages: Please stop texting me");
  CHECK(consent.latest->inbound.has_value());
  CHECK_MESSAGE(inbox.record("SM2", "stop texting me!!").reply.empty(), "confirmed once");
  CHECK(inbox.reviews().empty());
}

TEST_CASE("what may be an opt-out changes nothing until somebody decides") {
  Inbox inbox;
  CHECK(inbox.record("SM1", "too many messages").keyword == Keyword::none);
  CHECK(inbox.record("SM2", "when do you open?", "+14155550199").keyword == Keyword::none);
  CHECK(inbox.consent().state == ConsentState::none);
  const auto reviews = inbox.reviews();
  REQUIRE(reviews.size() == 1);
  CHECK(reviews.front().rule == "en.too-many");
  CHECK(reviews.front().due_at == review_due(reviews.front().received_at));
  inbox.db.run([&](Tx& tx) { CHECK(count_reviews(tx).next_due == reviews.front().due_at); });

  inbox.db.run([&](Tx& tx) { accept_review(tx, inbox.tenant.id, reviews.front().inbound, now()); });
  CHECK(inbox.consent().state == ConsentState::opted_out);
  CHECK(inbox.reviews().empty());
  CHECK_THROWS_AS(
      inbox.db.run([&](Tx& tx) { dismiss_review(tx, inbox.tenant.id, reviews.front().inbound, now()); }),
      Error);
  CHECK_THROWS_AS(inbox.db.run([&](Tx& tx) { accept_review(tx, inbox.tenant.id, InboundId{999}, now()); }),
                  Error);
}

TEST_CASE("what we sent to the number is known: our own text quoted is nobody's no, and the review tells") {
  Inbox inbox;
  const std::string ours = "Acme's sale is on. Want no more texts from us? Text NO to 50505";
  inbox.db.run([&](Tx& tx) {
    exec(tx, "INSERT INTO contact (tenant_id, id, msisdn) VALUES ($1, 1, '+14155550123')", inbox.tenant.id);
    exec(tx,
         "INSERT INTO message (tenant_id, campaign_id, contact_id, msisdn, status, attempt, claimed_at, body)"
         " VALUES ($1, 5, 1, '+14155550123', 'sent', 1, now(), $2)",
         inbox.tenant.id, ours);
  });
  inbox.record("SM1", "Loved “" + ours + "”");
  CHECK(inbox.reviews().empty());
  inbox.record("SM2", "Loved “" + ours + "”", "+14155550199");
  REQUIRE(inbox.reviews().size() == 1);
  CHECK_MESSAGE(inbox.reviews().front().msisdn == "+14155550199", "to whom we did not send it");
  CHECK(inbox.reviews().front().not_own == "“" + ours + "”");
  inbox.record("SM3", ours + " too many messages");
  CHECK(inbox.reviews().size() == 2);
  CHECK(inbox.record("SM4", "Loved “" + ours + "” but please stop texting me").keyword == Keyword::stop);
  CHECK(inbox.consent().state == ConsentState::opted_out);
}

TEST_CASE("answers of webhooks and texts to numbers without a contact are known as well") {
  Inbox inbox;
  inbox.tenant.help_reply = "Call 555-0100. We stop sending texts once you write NO MORE";
  inbox.db.run([&](Tx& tx) {
    exec(tx,
         "INSERT INTO message (tenant_id, msisdn, status, attempt, claimed_at, body, kind)"
         " VALUES ($1, '+14155550124', 'sent', 1, now(), 'Write NO MORE and we stop sending texts', 'reply')",
         inbox.tenant.id);
  });
  inbox.record("SM1", "HELP");
  inbox.record("SM2", "\"Call 555-0100. We stop sending texts once you write NO MORE\" what?");
  inbox.record("SM3", "Liked “Write NO MORE and we stop sending texts”", "+14155550124");
  CHECK(inbox.reviews().empty());
  CHECK(inbox.consent().state == ConsentState::none);
  CHECK(inbox.consent("+14155550124").state == ConsentState::none);
}

TEST_CASE("a dismissed review leaves consent alone, and who is out is not reviewed") {
  Inbox inbox;
  inbox.record("SM1", "too many messages");
  inbox.db.run([&](Tx& tx) {
    dismiss_review(tx, inbox.tenant.id, collect(tx, list_reviews(inbox.tenant.id), 1).at(0).inbound, now());
  });
  CHECK(inbox.consent().state == ConsentState::none);
  inbox.record("SM2", "STOP");
  inbox.record("SM3", "too many messages");
  CHECK(inbox.reviews().empty());
}

TEST_CASE("an accepted review counts as an opt-out of its campaign, and as the reply that it is") {
  Inbox inbox;
  inbox.db.run([&](Tx& tx) {
    exec(tx, "INSERT INTO contact (tenant_id, id, msisdn) VALUES ($1, 1, '+14155550123')", inbox.tenant.id);
    exec(tx,
         "INSERT INTO message (tenant_id, campaign_id, contact_id, msisdn, status, attempt, claimed_at)"
         " VALUES ($1, 5, 1, '+14155550123', 'sent', 1, now())",
         inbox.tenant.id);
  });
  inbox.record("SM1", "too many messages");
  inbox.db.run([&](Tx& tx) {
    accept_review(tx, inbox.tenant.id, collect(tx, list_reviews(inbox.tenant.id), 1).at(0).inbound, now());
    auto counters = read_counters(tx, inbox.tenant.id, CampaignId{5});
    CHECK(counters["replies"] == "1");
    CHECK(counters["opt_outs"] == "1");
  });
}

TEST_CASE("ten business days: weekends are not counted") {
  CHECK(review_due(parse_rfc3339("2026-05-01T12:00:00Z")) ==
        parse_rfc3339("2026-05-15T12:00:00Z"));  // Friday
  CHECK(review_due(parse_rfc3339("2026-05-02T12:00:00Z")) ==
        parse_rfc3339("2026-05-15T12:00:00Z"));  // Saturday
  CHECK(review_due(parse_rfc3339("2026-05-04T12:00:00Z")) ==
        parse_rfc3339("2026-05-18T12:00:00Z"));  // Monday
}

TEST_CASE(
    "nothing leaves for a number while a text of it is up for review, and what is decided counts at once") {
  test::SendFlow f;
  const std::string anna = "+14155550000";
  f.launch(2);
  NewInbound text{"SM1", anna, "+15005550006", "too many messages", "", std::nullopt};
  text.reading = read_opt_out(text.body);
  f.db.run([&](Tx& tx) { record_inbound(tx, f.tenant, webhook_slot, {text}, now()); });
  const auto reviews = f.db.run([&](Tx& tx) { return collect(tx, list_reviews(f.tenant.id), 50); });
  REQUIRE(reviews.size() == 1);
  CHECK_THROWS_AS(
      f.db.run([&](Tx& tx) { answer_inbound(tx, f.tenant.id, reviews[0].inbound, "Why?", now()); }), Error);
  const auto at = now();
  CHECK(f.claim(100, at).messages.size() == 1);
  CHECK(f.statuses() == "in_flight=1 waiting=1");
  const auto holds = f.db.run([&](Tx& tx) { return list_holds(tx, f.tenant.id, at); });
  REQUIRE(holds.size() == 1);
  CHECK(holds[0].code == "in_review");
  CHECK(holds[0].message == "1 message waits for somebody to read what may be an opt-out");
  CHECK(f.claim(100, at + 1s).messages.empty());
  SUBCASE("dismissed: it leaves") {
    f.db.run([&](Tx& tx) { dismiss_review(tx, f.tenant.id, reviews[0].inbound, at); });
    CHECK(f.claim(100, at).messages.size() == 1);
  }
  SUBCASE("accepted: it is skipped") {
    f.db.run([&](Tx& tx) { accept_review(tx, f.tenant.id, reviews[0].inbound, at); });
    CHECK(f.claim(100, at).messages.empty());
    CHECK(f.value("SELECT skip_reason FROM message WHERE tenant_id = $1 AND status = 'skipped'") ==
          "opted_out");
  }
  SUBCASE("known under another number by now: that one is held") {
    f.sql("UPDATE inbound SET msisdn = '+14155550009' WHERE tenant_id = $1");
    CHECK(f.claim(100, at + 61min).messages.size() == 1);
    f.db.run([&](Tx& tx) {
      queue_single(tx, f.tenant.id, {SingleKind::test, "+14155550009", "test", {}, {}}, at);
    });
    CHECK(f.claim(100, at + 61min).messages.empty());
  }
  SUBCASE("switched off by the tenant: it leaves") {
    f.db.run([&](Tx& tx) {
      auto tenant = get_tenant(tx, f.tenant.slug);
      CHECK(tenant.hold_reviews);
      tenant.hold_reviews = false;
      update_tenant(tx, tenant, at);
    });
    CHECK(f.claim(100, at).messages.size() == 1);
    f.db.run([&](Tx& tx) { answer_inbound(tx, f.tenant.id, reviews[0].inbound, "Why?", now()); });
  }
}
