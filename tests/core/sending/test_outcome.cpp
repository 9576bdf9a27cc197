// What becomes of claimed messages: outcomes, claims in doubt, unknown outcomes.
#include <functional>
#include <thread>

#include <doctest/doctest.h>

#include "core/base/wait.hpp"
#include "core/campaign/campaign.hpp"
#include "core/sending/recover.hpp"
#include "core/sending/resolve.hpp"
#include "tests/support/send_flow.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using Flow = test::SendFlow;
using test::rejected;

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

TEST_CASE("an error of the account as it was before a change does not pause it") {
  Flow f;
  f.launch(2);
  const auto early = f.claim(1);
  f.sql("UPDATE lane SET resumed_at = clock_timestamp() WHERE tenant_id = $1");
  const auto late = f.claim(1);
  const auto refused = rejected(20003, ErrorClass::configuration);
  CHECK_FALSE(f.record(early, refused).paused);
  CHECK(f.value("SELECT paused_at FROM lane WHERE tenant_id = $1") == "");
  CHECK(f.statuses() == "in_flight=1 waiting=1");
  CHECK(f.record(late, refused).paused);
  CHECK(f.value("SELECT pause_code FROM lane WHERE tenant_id = $1") == "20003");
}

TEST_CASE("an owner that lost the lane ends no attempt of the next one's") {
  Flow f;
  const auto campaign = f.launch(1);
  const auto old = f.claim();
  auto lane = f.lane;
  f.sql("UPDATE lane SET expires_at = '-infinity' WHERE tenant_id = $1");
  f.lane = f.lease("d2");
  CHECK(f.db.run([&](Tx& tx) { return take_over(tx, f.lane, now()); }) == 1);
  const auto resent = f.db.run([&](Tx& tx) {
    return record_resolutions(tx, f.lane, UnknownPolicy::resend, 0ms,
                              {{old.messages.at(0).id, now() + 1s, {}, {}}}, now());
  });
  CHECK(resent.resent == 1);
  CHECK(f.claim().messages.size() == 1);
  std::swap(f.lane, lane);
  SendOutcome later;
  later.kind = SendOutcome::Kind::retry_later;
  for (const auto& result : {later, SendOutcome{}, rejected(21211, ErrorClass::permanent)})
    f.record(old, result);
  CHECK(f.statuses() == "in_flight=1");
  CHECK(f.value("SELECT count(*) FROM work_due WHERE tenant_id = $1") == "0");
  CHECK(f.value("SELECT count(*) FROM work_claim WHERE tenant_id = $1") == "1");
  f.check_counters(campaign);
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
    CHECK(f.db.await_lock("giver"));
    cancel.commit();
    thread.join();
    CHECK(f.statuses() == "canceled=1");
    CHECK(f.value("SELECT count(*) FROM work_due WHERE tenant_id = $1") == "0");
    f.check_counters(campaign);
  }
}

TEST_CASE("an outcome is recorded of a message that somebody wrote to while its row was waited for") {
  Flow f;
  const auto campaign = f.launch(2);
  const auto claim = f.claim();
  Connection writer{f.db.url()}, recorder{f.db.url(), "recorder"};
  Transaction other{writer};
  exec(other,
       "UPDATE message SET error = 'late' WHERE tenant_id = $1 AND id ="
       " (SELECT min(id) FROM message WHERE tenant_id = $1)",
       f.tenant.id);
  std::vector<Outcome> outcomes;
  for (const auto& message : claim.messages) {
    outcomes.push_back({message, test::accepted(), 0ms});
    outcomes.back().result.provider_id += std::to_string(message.id.value);
  }
  std::jthread thread{[&] {
    in_transaction(recorder,
                   [&](Tx& tx) { return record_outcomes(tx, f.lane, outcomes, {claim.id}, now()); });
  }};
  CHECK(f.db.await_lock("recorder"));
  other.commit();
  thread.join();
  CHECK(f.statuses() == "queued=2");
  CHECK(f.value("SELECT count(*) FROM message WHERE tenant_id = $1 AND provider_sid = 'SM' || id") == "2");
  f.check_counters(campaign);
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
  CHECK(f.value("SELECT task FROM work_due WHERE tenant_id = $1") == "hold");
  f.sql("UPDATE work_due SET task = 'resolve' WHERE tenant_id = $1");
  CHECK(resolve(UnknownPolicy::resend, 0ms).resent == 1);
  CHECK(f.claim().messages.size() == 1);
  f.check_counters(campaign);
}

TEST_CASE("an unknown message that is found refused for an opt-out suppresses its number") {
  Flow f;
  f.launch(1);
  const auto claim = f.claim();
  f.record(claim, SendOutcome{});
  ListedMessage entry;
  entry.provider_id = "SM1";
  entry.status = MessageStatus::failed;
  entry.error_code = 21610;
  entry.error_class = ErrorClass::opt_out;
  const auto found = f.db.run([&](Tx& tx) {
    return record_resolutions(tx, f.lane, UnknownPolicy::resend, 1min,
                              {{claim.messages[0].id, now(), {entry}, {}}}, now());
  });
  CHECK(found.found == 1);
  CHECK(f.value("SELECT state FROM consent WHERE tenant_id = $1") == "opted_out");
}

TEST_CASE("one entry at the provider is one message's, whoever else had the same words at that time") {
  Flow f;
  f.launch(1);
  const auto first = f.claim();
  f.launch(1, {.slug = "again"});
  const auto second = f.claim();
  f.record(first, SendOutcome{});
  f.record(second, SendOutcome{});
  ListedMessage entry;
  entry.provider_id = "SM1";
  const auto resolve = [&](const Claim& claim) {
    return f.db.run([&](Tx& tx) {
      return record_resolutions(tx, f.lane, UnknownPolicy::resend, 0ms,
                                {{claim.messages.at(0).id, now() + 1s, {entry}, {}}}, now());
    });
  };
  CHECK(resolve(first).found == 1);
  CHECK(resolve(second).resent == 1);
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
