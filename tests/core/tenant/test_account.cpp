#include <doctest/doctest.h>

#include "core/lane/lane.hpp"
#include "core/tenant/account.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

const std::string sid = "AC0123456789abcdef0123456789abcdef";

AccountChange new_account() {
  AccountChange change;
  change.sid = sid;
  change.auth_token = "first-token";
  return change;
}

AccountChange token(const std::string& value) {
  AccountChange change;
  change.auth_token = value;
  return change;
}

}  // namespace

TEST_CASE("an account reads as it was set, its secrets sealed at rest") {
  TestDb db;
  const auto acme = add_test_tenant(db), other = add_test_tenant(db, "other");
  const auto key = new_secret_key();
  db.run([&](Tx& tx) {
    CHECK_FALSE(find_account(tx, key, acme.id));
    CHECK_THROWS_AS(get_account(tx, key, acme.id), Error);
    const auto set = set_account(tx, key, acme.id, new_account(), now());
    CHECK(set.sid == sid);
    CHECK(set.auth_token == "first-token");
    CHECK(set.webhook_tokens == std::vector<std::string>{"first-token"});
    CHECK(set.rate == 2000);
    CHECK(set.max_in_flight == 64);
    CHECK(set.part_price == 0.0083);
    CHECK(set.currency == "USD");

    AccountChange change;
    change.api_key_sid = "SK0123456789abcdef0123456789abcdef";
    change.api_key_secret = "key-secret";
    change.messaging_service = "MG0123456789abcdef0123456789abcdef";
    change.rate = 12.5;
    change.max_in_flight = 8;
    change.part_price = 0.01;
    change.currency = "EUR";
    set_account(tx, key, acme.id, change, now());
    const auto account = get_account(tx, key, acme.id);
    CHECK(account.id == set.id);
    CHECK(account.auth_token == "first-token");
    CHECK(account.api_key_sid == *change.api_key_sid);
    CHECK(account.api_key_secret == "key-secret");
    CHECK(account.messaging_service == *change.messaging_service);
    CHECK(account.rate == 12.5);
    CHECK(account.max_in_flight == 8);
    CHECK(account.part_price == 0.01);
    CHECK(account.currency == "EUR");
    CHECK_FALSE(find_account(tx, key, other.id));

    const auto row = exec(tx, "SELECT auth_token, api_key_secret FROM account").front();
    CHECK(as_bytes(row[0]).find("first-token") == std::string::npos);
    CHECK(as_bytes(row[1]).find("key-secret") == std::string::npos);

    change = {};
    change.api_key_sid = "";
    change.messaging_service = "";
    const auto bare = set_account(tx, key, acme.id, change, now());
    CHECK(bare.api_key_sid.empty());
    CHECK(bare.api_key_secret.empty());
    CHECK(bare.messaging_service.empty());
  });
}

TEST_CASE("while tokens rotate, webhooks may be signed with either") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  const auto key = new_secret_key();
  db.run([&](Tx& tx) {
    set_account(tx, key, acme.id, new_account(), now());
    const auto rotating = set_account(tx, key, acme.id, token("second"), now());
    CHECK(rotating.auth_token == "second");
    CHECK(rotating.webhook_tokens == std::vector<std::string>{"second", "first-token"});
    AccountChange rate;
    rate.rate = 5;
    CHECK(set_account(tx, key, acme.id, rate, now()).webhook_tokens.size() == 2);
    const auto rotated = set_account(tx, key, acme.id, token("second"), now());
    CHECK(rotated.webhook_tokens == std::vector<std::string>{"second"});
    CHECK_FALSE(rotated.previous_token_until);
  });
}

TEST_CASE("a token that was replaced ends by itself after three days, or at once when it is revoked") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  const auto key = new_secret_key();
  const auto at = now();
  db.run([&](Tx& tx) {
    set_account(tx, key, acme.id, new_account(), at);
    CHECK(set_account(tx, key, acme.id, token("second"), at).previous_token_until == at + 72h);
    exec(tx, "UPDATE account SET previous_token_until = now()");
    const auto later = get_account(tx, key, acme.id);
    CHECK(later.webhook_tokens == std::vector<std::string>{"second"});
    CHECK_FALSE(later.previous_token_until);
    CHECK(list_accounts(tx, key).at(acme.id).webhook_tokens == later.webhook_tokens);

    CHECK(set_account(tx, key, acme.id, token("third"), at).webhook_tokens.size() == 2);
    AccountChange revoke;
    revoke.revoke_previous_token = true;
    CHECK(set_account(tx, key, acme.id, revoke, at).webhook_tokens == std::vector<std::string>{"third"});
    auto leaked = token("fourth");
    leaked.revoke_previous_token = true;
    CHECK(set_account(tx, key, acme.id, leaked, at).webhook_tokens == std::vector<std::string>{"fourth"});
  });
}

TEST_CASE("setting an account lets its lane go on") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  const auto key = new_secret_key();
  db.run([&](Tx& tx) {
    set_account(tx, key, acme.id, new_account(), now());
    exec(tx,
         "UPDATE lane SET epoch = 7, paused_at = now(), pause_code = 20003, pause_reason = 'wrong token'");
    const auto paused = get_account(tx, key, acme.id);
    CHECK(paused.paused_at);
    CHECK(paused.pause_reason == "wrong token");
    CHECK_FALSE(set_account(tx, key, acme.id, token("second"), now()).paused_at);
    const auto lane = exec(tx, "SELECT epoch, pause_code IS NULL FROM lane").front();
    CHECK(lane[0].as<int>() == 7);
    CHECK(lane[1].as<bool>());
  });
}

TEST_CASE("another account is not asked about messages that left through the one before") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  const auto key = new_secret_key();
  db.run([&](Tx& tx) {
    set_account(tx, key, acme.id, new_account(), now());
    const auto lanes = lease_lanes(tx, "d1", std::chrono::seconds{30});
    exec(tx,
         "INSERT INTO work_claim (tenant_id, epoch, message_ids, claimed_at) VALUES ($1, 1, '{1}', now())",
         acme.id);
    exec(tx, "INSERT INTO work_due (tenant_id, message_id, due_at, task) VALUES ($1, 2, now(), 'resolve')",
         acme.id);
    auto other = new_account();
    other.sid = "AC" + std::string(32, '1');
    CHECK_THROWS_WITH_AS(set_account(tx, key, acme.id, other, now()),
                         ("messages are on their way through account " + sid).c_str(), Error);
    set_account(tx, key, acme.id, new_account(), now());  // the same one
    CHECK(hold_lane(tx, lanes.at(0)));
    exec(tx, "DELETE FROM work_claim WHERE tenant_id = $1", acme.id);
    CHECK(set_account(tx, key, acme.id, other, now()).sid == other.sid);
    CHECK_FALSE(hold_lane(tx, lanes.at(0)));
    CHECK(exec(tx, "SELECT task FROM work_due WHERE tenant_id = $1", acme.id).front()[0].as<std::string>() ==
          "hold");
  });
}

TEST_CASE("secrets sealed with another key are an error until all are set again") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  const auto key = new_secret_key(), stranger = new_secret_key();
  db.run([&](Tx& tx) {
    set_account(tx, key, acme.id, new_account(), now());
    CHECK_THROWS_AS(get_account(tx, stranger, acme.id), Error);
    CHECK(set_account(tx, stranger, acme.id, token("second"), now()).webhook_tokens.size() == 1);
  });
}

TEST_CASE("values of the wrong shape are refused") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  const auto key = new_secret_key();
  const auto refused = [&](auto edit) {
    auto change = new_account();
    edit(change);
    CHECK_THROWS_AS(db.run([&](Tx& tx) { set_account(tx, key, acme.id, change, now()); }), Error);
  };
  refused([](AccountChange& c) { c.sid = "AC123"; });
  refused([](AccountChange& c) { c.sid = "SK0123456789abcdef0123456789abcdef"; });
  refused([](AccountChange& c) { c.sid.reset(); });
  refused([](AccountChange& c) { c.auth_token.reset(); });
  refused([](AccountChange& c) { c.auth_token = ""; });
  refused([](AccountChange& c) { c.auth_token = "two words"; });
  refused([](AccountChange& c) { c.api_key_sid = "SK0123456789abcdef0123456789abcdef"; });
  refused([](AccountChange& c) { c.api_key_secret = "alone"; });
  refused([](AccountChange& c) { c.messaging_service = "MG1"; });
  refused([](AccountChange& c) { c.rate = 0; });
  refused([](AccountChange& c) { c.max_in_flight = 0; });
  refused([](AccountChange& c) { c.part_price = -0.01; });
  refused([](AccountChange& c) { c.currency = "usd"; });
  CHECK_FALSE(db.run([&](Tx& tx) { return find_account(tx, key, acme.id); }));
}
