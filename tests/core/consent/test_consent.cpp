#include <random>

#include <doctest/doctest.h>

#include "core/consent/consent.hpp"
#include "core/consent/dnc.hpp"
#include "core/lane/sender.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;

namespace {

const std::string anna = "+14155552671", ben = "+14155552672";

Timestamp day(int n) { return parse_rfc3339(fmt::format("2026-05-{:02}", n)); }

ConsentChange change(const std::string& msisdn, ConsentAction action, ConsentMethod method, Timestamp at) {
  return {.msisdn = msisdn, .action = action, .method = method, .source = "test", .occurred_at = at};
}
ConsentChange opt_in(ConsentMethod method, Timestamp at) {
  return change(anna, ConsentAction::opt_in, method, at);
}
ConsentChange opt_out(ConsentMethod method, Timestamp at) {
  return change(anna, ConsentAction::opt_out, method, at);
}

}  // namespace

TEST_CASE("the later of two changes counts, however they are recorded") {
  using M = ConsentMethod;
  struct Case {
    std::string what;
    std::vector<ConsentChange> changes;
    ConsentState want;
    std::int64_t left_out;
  };
  const Case cases[] = {
      {"nothing", {}, ConsentState::none, 0},
      {"an opt-in", {opt_in(M::operator_, day(1))}, ConsentState::opted_in, 0},
      {"a STOP after it",
       {opt_in(M::operator_, day(1)), opt_out(M::keyword, day(2))},
       ConsentState::opted_out,
       0},
      {"a START after that",
       {opt_out(M::keyword, day(2)), opt_in(M::keyword, day(3))},
       ConsentState::opted_in,
       0},
      {"an older opt-in recorded late",
       {opt_out(M::keyword, day(2)), opt_in(M::operator_, day(1))},
       ConsentState::opted_out,
       0},
      {"an older opt-out recorded late",
       {opt_in(M::operator_, day(2)), opt_out(M::operator_, day(1))},
       ConsentState::opted_in,
       0},
      {"a STOP from a clock that is behind",
       {opt_in(M::operator_, day(2)), opt_out(M::keyword, day(1))},
       ConsentState::opted_out,
       0},
      {"the same instant",
       {opt_in(M::operator_, day(1)), opt_out(M::operator_, day(1))},
       ConsentState::opted_out,
       0},
      {"the same instant, the other way",
       {opt_out(M::operator_, day(1)), opt_in(M::operator_, day(1))},
       ConsentState::opted_out,
       0},
      {"an import after an opt-out",
       {opt_out(M::keyword, day(1)), opt_in(M::import, day(9))},
       ConsentState::opted_out,
       1},
      {"an import's opt-out",
       {opt_in(M::operator_, day(1)), opt_out(M::import, day(2))},
       ConsentState::opted_out,
       0},
      {"a provider's word",
       {opt_in(M::import, day(1)), opt_out(M::provider, day(2))},
       ConsentState::opted_out,
       0},
      {"a new proof from the operator",
       {opt_out(M::provider, day(2)), opt_in(M::operator_, day(3))},
       ConsentState::opted_in,
       0},
  };
  TestDb db;
  int tenants = 0;
  for (const bool together : {true, false}) {
    for (const auto& c : cases) {
      CAPTURE(c.what);
      CAPTURE(together);
      const auto acme = add_test_tenant(db, fmt::format("acme-{}", ++tenants));
      std::int64_t left_out = 0;
      if (together) {
        left_out = db.run([&](Tx& tx) { return record_consent(tx, acme.id, c.changes); });
      } else {
        for (const auto& one : c.changes)
          left_out += db.run([&](Tx& tx) { return record_consent(tx, acme.id, {one}); });
      }
      CHECK(left_out == c.left_out);
      const auto events = db.run([&](Tx& tx) { return list_consent_events(tx, acme.id, anna); });
      CHECK(events.size() == c.changes.size() - static_cast<std::size_t>(c.left_out));
      CHECK(fold_consent(events) == c.want);
      CHECK(db.run([&](Tx& tx) { return get_consent_status(tx, acme.id, anna); }).state == c.want);
    }
  }
}

TEST_CASE("ledger and states agree after any history") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  std::mt19937 random{42};
  const std::string scopes[] = {"", "", "sender:+15005550006", "pool:east"};
  std::vector<std::string> numbers;
  for (int i = 0; i < 20; ++i) numbers.push_back(fmt::format("+14155552{:03}", i));
  for (int batch = 0; batch < 20; ++batch) {
    std::vector<ConsentChange> changes;
    for (unsigned i = 0; i < 60; ++i) {
      changes.push_back(change(numbers[random() % numbers.size()],
                               random() % 2 == 0 ? ConsentAction::opt_in : ConsentAction::opt_out,
                               static_cast<ConsentMethod>(random() % 4),
                               day(1 + static_cast<int>(random() % 9))));
      changes.back().scope = scopes[random() % std::size(scopes)];
    }
    db.run([&](Tx& tx) { record_consent(tx, acme.id, changes); });
  }
  for (const auto& number : numbers) {
    const auto events = db.run([&](Tx& tx) { return list_consent_events(tx, acme.id, number); });
    const auto status = db.run([&](Tx& tx) { return get_consent_status(tx, acme.id, number); });
    CHECK(fold_consent(events) == status.state);
    std::vector<std::string> out;
    for (const auto* scope : {&scopes[3], &scopes[2]})
      if (fold_consent(events, *scope) == ConsentState::opted_out) out.push_back(*scope);
    CHECK(status.opted_out_of == out);
    CHECK(fold_opted_out_scopes(events) == out);
  }
}

TEST_CASE("an opt-in dated in the future does not outlive a STOP") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  const auto state = db.run([&](Tx& tx) {
    record_consent(tx, acme.id, {opt_in(ConsentMethod::operator_, now() + std::chrono::hours{24 * 365})});
    record_consent(tx, acme.id, {opt_out(ConsentMethod::operator_, now() + std::chrono::seconds{1})});
    return get_consent_status(tx, acme.id, anna).state;
  });
  CHECK(state == ConsentState::opted_out);
}

TEST_CASE("the ledger cannot be changed, and is read as of any time") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  db.run([&](Tx& tx) { record_consent(tx, acme.id, {opt_in(ConsentMethod::operator_, day(1))}); });
  const auto between =
      db.run([&](Tx& tx) { return exec(tx, "SELECT clock_timestamp()").front()[0].as<Timestamp>(); });
  db.run([&](Tx& tx) { record_consent(tx, acme.id, {opt_out(ConsentMethod::keyword, day(2))}); });
  const auto before = db.run([&](Tx& tx) { return list_consent_events(tx, acme.id, anna, between); });
  REQUIRE(before.size() == 1);
  CHECK(fold_consent(before) == ConsentState::opted_in);
  CHECK_THROWS_AS(db.run([](Tx& tx) { exec(tx, "DELETE FROM consent_event"); }), Error);
  CHECK_THROWS_AS(db.run([](Tx& tx) { exec(tx, "UPDATE consent_event SET source = ''"); }), Error);
}

TEST_CASE("a number may be texted, or the reason says why not") {
  TestDb db;
  auto acme = add_test_tenant(db);
  const auto why = [&] {
    const auto status = db.run([&](Tx& tx) { return get_consent_status(tx, acme.id, anna); });
    return fmt::format("{}: {}", refusal(status), explain(status));
  };
  const auto record = [&](const ConsentChange& one) {
    db.run([&](Tx& tx) { record_consent(tx, acme.id, {one}); });
  };
  CHECK(why() == "no_consent: no consent is recorded");
  acme.consent = ConsentMode::implied;
  db.run([&](Tx& tx) { update_tenant(tx, acme, now()); });
  CHECK(why() == ": no opt-out, and the tenant's consent is implied");
  record(opt_in(ConsentMethod::operator_, day(1)));
  CHECK(why() == ": opted in on 2026-05-01 (operator: test)");
  record(opt_out(ConsentMethod::keyword, day(2)));
  CHECK(why() == "opted_out: opted out on 2026-05-02 (keyword: test)");
  record(opt_in(ConsentMethod::operator_, day(1)));
  CHECK(why() == "opted_out: opted out on 2026-05-02");
  db.run([&](Tx& tx) { add_dnc(tx, acme.id, {anna}, "lawyer's letter", now()); });
  CHECK(why() == "dnc: on the do-not-contact list (lawyer's letter)");
}

TEST_CASE("consent and do-not-contact of one tenant say nothing of another") {
  TestDb db;
  const auto acme = add_test_tenant(db), other = add_test_tenant(db, "other");
  db.run([&](Tx& tx) {
    record_consent(tx, acme.id, {opt_in(ConsentMethod::operator_, day(1))});
    add_dnc(tx, acme.id, {ben}, "", now());
    CHECK(get_consent_status(tx, other.id, anna).state == ConsentState::none);
    CHECK_FALSE(get_consent_status(tx, other.id, ben).dnc_reason);
    CHECK(list_consent_events(tx, other.id, anna).empty());
    CHECK(collect(tx, list_dnc(other.id, ""), 10).empty());
    CHECK(remove_dnc(tx, other.id, {ben}) == 0);
  });
}

TEST_CASE("numbers go on and off the do-not-contact list once") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  db.run([&](Tx& tx) {
    CHECK(add_dnc(tx, acme.id, {ben, anna, anna}, "asked", day(1)) == 2);
    CHECK(add_dnc(tx, acme.id, {anna}, "again", day(2)) == 0);
    const auto first = collect(tx, list_dnc(acme.id, ""), 1);
    REQUIRE(first.size() == 1);
    CHECK(first[0].msisdn == anna);
    CHECK(first[0].reason == "asked");
    CHECK(first[0].added_at == day(1));
    CHECK(collect(tx, list_dnc(acme.id, anna), 10).at(0).msisdn == ben);
    CHECK(remove_dnc(tx, acme.id, {anna, ben, "+15005550006"}) == 2);
    CHECK(collect(tx, list_dnc(acme.id, ""), 10).empty());
  });
}

TEST_CASE("whether one number has a sender left is read without the opt-outs of all others") {
  TestDb db;
  const auto tenant = add_test_tenant(db).id;
  auto stop = opt_out(ConsentMethod::keyword, day(1));
  stop.scope = "sender:+15005550006";
  db.run([&](Tx& tx) {
    add_sender(tx, tenant, "+15005550006", 1);
    exec(tx,
         "INSERT INTO consent_scope (tenant_id, msisdn, scope, state, changed_at)"
         " SELECT $1, '+1416' || (5550000 + n), $2, 'opted_out', now() FROM generate_series(0, 4999) n",
         tenant, stop.scope);
    exec(tx, "ANALYZE consent_scope");
    record_consent(tx, tenant, {stop});
  });
  auto connection = db.connect();
  in_transaction(connection, [&](Tx& tx) {
    CHECK(get_consent_status(tx, tenant, anna).no_sender_left);
    CHECK_FALSE(get_consent_status(tx, tenant, ben).no_sender_left);
    CHECK(exec(tx,
               "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
               " WHERE relname = 'consent_scope'")
              .front()[0]
              .as<int>() < 100);
  });
}
