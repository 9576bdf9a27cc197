#include <functional>
#include <thread>

#include <doctest/doctest.h>

#include "core/base/wait.hpp"
#include "core/campaign.hpp"
#include "core/outbound.hpp"
#include "core/outbound_claim.hpp"
#include "core/outbound_record.hpp"
#include "core/outbound_recover.hpp"
#include "core/outbound_resolve.hpp"
#include "tests/support/send_fixture.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::SendFixture;

namespace {

struct Flow : SendFixture {
  Lane lane = lease();
  std::string messaging_service;

  Claim claim(ClaimRoom room, Timestamp at = now()) {
    return db.run([&](Tx& tx) {
      const ClaimPlan plan{get_tenant(tx, tenant.slug), list_senders(tx, tenant.id), messaging_service,
                           "https://s.example", LinkKey{SecretKey{std::string(32, 'k')}}};
      auto left = room;
      return claim_messages(tx, lane, plan, left, at);
    });
  }
  Claim claim(int messages = 100, Timestamp at = now()) {
    ClaimRoom room;
    room.messages = messages;
    room.parts = 1000;
    room.senders[sender] = 1000;
    return claim(room, at);
  }
  RecordSummary record(const Claim& claimed, const SendOutcome& result) {
    std::vector<Outcome> outcomes;
    for (const auto& message : claimed.messages) {
      outcomes.push_back({message, result, 0ms});
      if (!result.provider_id.empty()) outcomes.back().result.provider_id += std::to_string(message.id.value);
    }
    return db.run([&](Tx& tx) { return record_outcomes(tx, lane, outcomes, {claimed.id}, now()); });
  }
  std::string statuses() {
    return value(
        "SELECT string_agg(s, ' ' ORDER BY s) FROM (SELECT status || '=' || count(*) AS s FROM message"
        " WHERE tenant_id = $1 GROUP BY status) x");
  }
};

SendOutcome accepted() {
  SendOutcome result;
  result.kind = SendOutcome::Kind::accepted;
  result.provider_id = "SM";
  return result;
}

SendOutcome rejected(int code, ErrorClass error_class) {
  SendOutcome result;
  result.kind = SendOutcome::Kind::rejected;
  result.error_code = code;
  result.error_class = error_class;
  result.reason = "no";
  return result;
}

}  // namespace

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
  const auto night = parse_rfc3339("2026-05-02T02:00:00Z");
  CHECK(f.claim(100, night).messages.empty());
  CHECK(f.statuses() == "expired=2 waiting=2");
  CHECK(f.value("SELECT count(*) FROM work_due WHERE tenant_id = $1 AND due_at = '2026-05-02T12:00:00Z'") ==
        "2");
  f.check_counters(late);
  CHECK(f.claim(100, night + 1h).messages.empty());
  CHECK(f.claim(100, night + 10h).messages.size() == 2);
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

TEST_CASE("what each outcome leads to") {
  struct Case {
    std::string what;
    SendOutcome result;
    std::string statuses, due;
    bool paused;
  };
  SendOutcome later, lost;
  later.kind = SendOutcome::Kind::retry_later;
  lost.kind = SendOutcome::Kind::ambiguous;
  const Case cases[] = {
      {"refused for good", rejected(21211, ErrorClass::permanent), "failed=1", "", false},
      {"opted out there", rejected(21610, ErrorClass::opt_out), "failed=1", "", false},
      {"our configuration", rejected(20003, ErrorClass::configuration), "waiting=1", "send", true},
      {"too fast", later, "waiting=1", "send", false},
      {"nobody knows", lost, "unknown=1", "resolve", false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    Flow f;
    const auto campaign = f.launch(1);
    CHECK(f.record(f.claim(), c.result).paused == c.paused);
    CHECK(f.statuses() == c.statuses);
    CHECK(f.value("SELECT task FROM work_due WHERE tenant_id = $1") == c.due);
    CHECK((f.value("SELECT pause_code FROM lane WHERE tenant_id = $1") == "20003") == c.paused);
    f.check_counters(campaign);
    if (c.result.error_class == ErrorClass::opt_out)
      CHECK(f.value("SELECT state || ' ' || (SELECT source FROM consent_event) FROM consent WHERE tenant_id "
                    "= $1") == "opted_out error 21610");
  }
}

TEST_CASE("what returns to a canceled campaign is canceled") {
  Flow f;
  const auto campaign = f.launch(1);
  const auto claim = f.claim();
  f.sql("UPDATE campaign SET status = 'canceled' WHERE tenant_id = $1");
  SendOutcome later;
  later.kind = SendOutcome::Kind::retry_later;
  f.record(claim, later);
  CHECK(f.statuses() == "canceled=1");
  CHECK(f.value("SELECT count(*) FROM work_due WHERE tenant_id = $1") == "0");
  f.check_counters(campaign);
}

TEST_CASE("a claim of a canceled campaign is not given back to be sent") {
  Flow f;
  const auto campaign = f.launch(2);
  f.claim();
  f.sql("UPDATE campaign SET status = 'canceled' WHERE tenant_id = $1");
  CHECK(f.db.run([&](Tx& tx) { return recover_claims(tx, f.lane, {}, now()); }) == 2);
  CHECK(f.statuses() == "canceled=2");
  CHECK(f.value("SELECT count(*) FROM work_due WHERE tenant_id = $1") == "0");
  CHECK(f.value("SELECT max(attempt) FROM message WHERE tenant_id = $1") == "0");
  f.check_counters(campaign);
}

TEST_CASE("whoever gives messages back waits for a cancel under way") {
  struct Case {
    std::string what;
    std::function<void(Flow&, Tx&, const Claim&)> give_back;
  };
  const Case cases[] = {
      {"outcomes",
       [](Flow& f, Tx& tx, const Claim& claim) {
         SendOutcome later;
         later.kind = SendOutcome::Kind::retry_later;
         record_outcomes(tx, f.lane, {{claim.messages[0], later, 0ms}}, {claim.id}, now());
       }},
      {"proof of absence",
       [](Flow& f, Tx& tx, const Claim& claim) {
         record_resolutions(tx, f.lane, UnknownPolicy::resend, 0ms,
                            {{claim.messages[0].id, now() + 1s, {}, {}}}, now());
       }},
      {"a commit in doubt", [](Flow& f, Tx& tx, const Claim&) { recover_claims(tx, f.lane, {}, now()); }},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    Flow f;
    const auto campaign = f.launch(1);
    const auto claim = f.claim();
    if (c.what == "proof of absence") {
      SendOutcome lost;
      f.record(claim, lost);
    }
    Connection canceler{f.db.url()}, giver{f.db.url(), "giver"};
    pqxx::work cancel{canceler.handle()};
    cancel_campaign(cancel, f.tenant.id, campaign, now());
    std::jthread thread{[&] { in_transaction(giver, [&](Tx& tx) { c.give_back(f, tx, claim); }); }};
    const auto waits = [&] {
      return f.value(
                 "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'giver'"
                 "   AND wait_event_type = 'Lock' AND $1::bigint > 0") == "1";
    };
    for (int i = 0; i < 200 && !waits(); ++i) wait_unless_stopped({}, 10ms);
    CHECK(waits());
    cancel.commit();
    thread.join();
    CHECK(f.statuses() == "canceled=1");
    CHECK(f.value("SELECT count(*) FROM work_due WHERE tenant_id = $1") == "0");
    f.check_counters(campaign);
  }
}

TEST_CASE("a claim whose commit was in doubt is given back") {
  Flow f;
  const auto campaign = f.launch(4);
  const auto known = f.claim(2), lost = f.claim(2);
  CHECK(f.db.run([&](Tx& tx) { return recover_claims(tx, f.lane, {known.id}, now()); }) == 2);
  CHECK(f.statuses() == "in_flight=2 waiting=2");
  CHECK(f.claim().messages.size() == 2);
  f.check_counters(campaign);
}

TEST_CASE("unknown outcomes are found in the list, or sent again once absence is proven") {
  Flow f;
  const auto campaign = f.launch(2);
  SendOutcome lost;
  lost.kind = SendOutcome::Kind::ambiguous;
  f.record(f.claim(), lost);
  const auto unresolved = f.db.run([&](Tx& tx) { return claim_unresolved(tx, f.lane, 10, now()); });
  REQUIRE(unresolved.size() == 2);
  CHECK(f.db.run([&](Tx& tx) { return claim_unresolved(tx, f.lane, 10, now()); }).empty());
  ListedMessage entry;
  entry.provider_id = "SM1";
  entry.to = unresolved[0].msisdn;
  entry.from = "+15005550006";
  entry.body = unresolved[0].body;
  entry.created_at = now();
  CHECK(match(unresolved[0], entry) == Match::full);
  CHECK(match(unresolved[1], entry) == Match::none);
  auto other = entry;
  other.created_at = now() - 1h;
  CHECK(match(unresolved[0], other) == Match::none);
  other = entry;
  other.body += " (changed)";
  CHECK(match(unresolved[0], other) == Match::all_but_words);
  const std::vector<Resolution> answers{{unresolved[0].id, now(), {entry}, {}},
                                        {unresolved[1].id, now(), {}, {}}};
  const auto resolve = [&](UnknownPolicy policy, std::chrono::milliseconds grace) {
    return f.db.run([&](Tx& tx) { return record_resolutions(tx, f.lane, policy, grace, answers, now()); });
  };
  const auto early = resolve(UnknownPolicy::resend, 1min);
  CHECK(early.found == 1);
  CHECK(early.undecided == 1);
  CHECK(f.statuses() == "queued=1 unknown=1");
  f.check_counters(campaign);
  CHECK(resolve(UnknownPolicy::hold, 0ms).held == 1);
  CHECK(f.statuses() == "queued=1 unknown=1");
  f.sql(
      "INSERT INTO work_due SELECT tenant_id, id, campaign_id, now(), 'resolve' FROM message"
      " WHERE tenant_id = $1 AND status = 'unknown'");
  CHECK(resolve(UnknownPolicy::resend, 0ms).resent == 1);
  CHECK(f.claim().messages.size() == 1);
  f.check_counters(campaign);
}

TEST_CASE("only an answer asked for after the grace period proves absence") {
  Flow f;
  f.launch(1);
  SendOutcome lost;
  const auto claim = f.claim();
  f.record(claim, lost);
  f.sql("UPDATE message SET status_at = status_at - interval '1 minute' WHERE tenant_id = $1");
  const auto resolve = [&](Timestamp asked_at) {
    return f.db.run([&](Tx& tx) {
      return record_resolutions(tx, f.lane, UnknownPolicy::resend, 30s,
                                {{claim.messages[0].id, asked_at, {}, {}}}, now());
    });
  };
  CHECK(resolve(now() - 40s).undecided == 1);
  CHECK(f.statuses() == "unknown=1");
  CHECK(resolve(now() - 20s).resent == 1);
}

TEST_CASE("an entry in other words leaves a message undecided, unless it is another's") {
  Flow f;
  f.launch(1);
  SendOutcome lost;
  const auto claim = f.claim();
  f.record(claim, lost);
  const auto resolve = [&] {
    return f.db.run([&](Tx& tx) {
      return record_resolutions(tx, f.lane, UnknownPolicy::resend, 0ms,
                                {{claim.messages[0].id, now() + 1s, {}, {"SMother"}}}, now());
    });
  };
  CHECK(resolve().undecided == 1);
  CHECK(f.statuses() == "unknown=1");
  CHECK(f.value("SELECT due_at > now() + interval '25 s' FROM work_due WHERE tenant_id = $1") == "t");
  f.sql(
      "INSERT INTO message (tenant_id, contact_id, msisdn, status, provider_sid)"
      " SELECT tenant_id, contact_id, msisdn, 'sent', 'SMother' FROM message WHERE tenant_id = $1");
  CHECK(resolve().resent == 1);
}
