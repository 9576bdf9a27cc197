// What is delivered next, and what its outcome does.
#include <algorithm>

#include <doctest/doctest.h>

#include "core/db/roles.hpp"
#include "tests/support/webhook_flow.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::add_test_deliveries;
using test::add_test_webhook;
using test::start;
using test::what;
using Fixture = test::WebhookFlow;

namespace {

// Rows and index entries of deliveries that were read so far.
std::int64_t entries_read(Fixture& f) {
  f.db.run([](Tx& tx) { exec(tx, "SELECT pg_stat_force_next_flush()"); });
  return f.db.run([](Tx& tx) {
    return exec(tx,
                "SELECT coalesce(sum(idx_tup_read), 0) + coalesce(sum(DISTINCT t.seq_tup_read), 0)"
                "  FROM pg_stat_user_indexes i JOIN pg_stat_user_tables t USING (relid)"
                " WHERE i.relname = 'webhook_delivery'")
        .front()[0]
        .as<std::int64_t>();
  });
}

// As the daemon's own loops: a policy hides from the planner what it knows of conditions.
void act_as_worker(Fixture& f) {
  f.db.run([](Tx& tx) { exec(tx, fmt::format("SET ROLE {}", tx.quote_name(find_roles(tx).worker))); });
}

}  // namespace

TEST_CASE("of each key one is under way, the oldest, and many keys at once") {
  Fixture f;
  f.write({"a", "a", "b", "a", "c"});
  const auto first = f.claim();
  CHECK(what(first) == "a0 b2 c4");
  CHECK(f.claim().empty());
  f.deliver({first[1]});
  CHECK(f.claim().empty());  // b has no more
  f.deliver({first[0]});
  const auto second = f.claim();
  CHECK(what(second) == "a1");
  f.deliver(second);
  const auto third = f.claim();
  CHECK(what(third) == "a3");
  f.deliver(third);
  f.deliver({first[2]});
  CHECK(f.claim().empty());
  CHECK(f.load().waiting == 0);
  CHECK(f.log("delivered").size() == 5);
}

TEST_CASE("room is kept, and what it leaves out is claimed later") {
  Fixture f;
  f.write({"a", "b", "c", "d", "e"});
  CHECK(what(f.claim(2)) == "a0 b1");
  CHECK(what(f.claim(2)) == "c2 d3");
  CHECK(what(f.claim(2)) == "e4");
}

TEST_CASE("events written while their key is under way wait for their turn") {
  Fixture f;
  f.write({"a"});
  const auto first = f.claim();
  f.write({"a", "b"});
  CHECK(what(f.claim()) == "b1");
  f.deliver(first);
  CHECK(what(f.claim()) == "a0");  // the second writing's numbers
}

TEST_CASE("a failure holds up its own key until it succeeds, and no other") {
  Fixture f;
  f.write({"a", "a", "b"});
  const auto first = f.claim();
  CHECK(f.fail({first[0]}).retried == 1);
  f.deliver({first[1]});
  CHECK(f.claim().empty());
  const auto waiting = f.log("waiting");
  CHECK(waiting.at(1).due_at == start + 5s);
  CHECK_FALSE(waiting.at(0).due_at);
  CHECK(waiting.at(1).failures.size() == 1);
  CHECK(waiting.at(1).failures.at(0).reply == "oh no");
  CHECK(waiting.at(1).failures.at(0).http_status == 500);
  CHECK(f.load().waiting == 2);
  CHECK(f.load().retrying == 1);
  f.at += 5s;
  const auto again = f.claim();
  CHECK(what(again) == "a0");
  CHECK(again[0].failures == 1);
  CHECK(again[0].event_id == first[0].event_id);
  f.deliver(again);
  CHECK(what(f.claim()) == "a1");
}

TEST_CASE("what is given up stays for a replay, and its key goes on") {
  Fixture f;
  f.write({"a", "a"});
  const auto first = f.claim();
  CHECK(f.fail(first, std::nullopt).failed == 1);
  const auto second = f.claim();
  CHECK(what(second) == "a1");
  f.deliver(second);
  CHECK(f.load().failed == 1);
  CHECK(f.claim().empty());
  CHECK(f.replay(start, true) == 1);
  const auto again = f.claim();
  CHECK(what(again) == "a0");
  CHECK(again[0].event_id == first[0].event_id);
  CHECK(again[0].failures == 0);
  f.deliver(again);
  CHECK(f.load().failed == 0);
  CHECK(f.log("delivered").size() == 2);
}

TEST_CASE("a replay is of one delivery, or of all since a time, in order") {
  Fixture f;
  f.write({"a", "a", "b"});
  for (auto some = f.claim(); !some.empty(); some = f.claim()) f.deliver(some);
  f.at += 1h;
  f.write({"a"});
  for (auto some = f.claim(); !some.empty(); some = f.claim()) f.deliver(some);
  CHECK(f.replay(start, true) == 0);
  CHECK(f.replay(start + 1min, false) == 1);
  f.deliver(f.claim());
  CHECK(f.replay(start, false) == 4);
  CHECK(what(f.claim()) == "a0 b2");
  const auto id = f.log().front().id;
  f.db.run([&](Tx& tx) {
    CHECK_NOTHROW(replay_delivery(tx, f.tenant.id, f.hook.id, id, f.at));
    CHECK_THROWS_AS(replay_delivery(tx, f.tenant.id, f.hook.id, {id.value + 1000}, f.at), Error);
  });
}

TEST_CASE("an older one that is replayed goes before a newer one that is tried again, and neither is stuck") {
  Fixture f;
  f.write({"a"});
  f.deliver(f.claim());
  f.at += 1min;
  f.write({"a", "a"});
  const auto newer = f.claim();
  CHECK(f.replay(start, false) == 1);
  CHECK(f.claim().empty());  // its key is under way
  f.fail(newer, 1h);
  const auto older = f.claim();
  REQUIRE(older.size() == 1);
  CHECK(older[0].id < newer[0].id);
  f.fail(older, 2h);
  f.at += 1h;
  CHECK(f.claim().empty());  // the newer one's time has come, but not its turn
  f.at += 1h;
  f.deliver(f.claim());
  CHECK(f.claim().at(0).id == newer[0].id);
}

TEST_CASE("a key with an older one and a younger one under way goes on when the owner of both is lost") {
  Fixture f;
  f.write({"a"});
  f.deliver(f.claim());
  f.at += 1min;
  f.write({"a", "a"});
  const auto younger = f.claim();
  REQUIRE(younger.size() == 1);
  CHECK(f.replay(start, false) == 1);
  CHECK(f.claim().empty());
  // What a version that put off the older one left behind.
  SUBCASE("as it is") {}
  SUBCASE("the older one put off") {
    f.db.run([](Tx& tx) {
      exec(tx,
           "UPDATE webhook_delivery SET due_at = 'infinity' WHERE id = (SELECT min(id) FROM "
           "webhook_delivery)");
    });
  }
  f.db.run([](Tx& tx) { release_webhooks(tx, "d1"); });
  f.owner = "d2";
  f.under_way.clear();
  std::size_t delivered = 0;
  for (auto some = f.claim(); !some.empty(); some = f.claim()) {
    CHECK(some.size() == 1);
    delivered += some.size();
    f.deliver(some);
  }
  CHECK(delivered == 3);
  CHECK(f.load().waiting == 0);
}

TEST_CASE("one that waits may be asked for at once") {
  Fixture f;
  f.write({"a"});
  const auto first = f.claim();
  f.fail(first, 24h);
  CHECK(f.claim().empty());
  f.db.run([&](Tx& tx) { replay_delivery(tx, f.tenant.id, f.hook.id, first[0].id, f.at); });
  CHECK(f.claim().at(0).failures == 1);
}

TEST_CASE("after five days of nothing but failures an endpoint is disabled, and enabled it goes on") {
  Fixture f;
  f.write({"a", "b"});
  const auto a = f.claim(1);
  f.fail(a, 24h);
  CHECK(f.current().state() == "failing");
  CHECK(f.current().failing_since == start);
  CHECK(f.current().last_error == "HTTP status 500");
  for (int day = 1; day < 5; ++day) {
    f.at = start + day * 24h;
    const auto again = f.claim(1);
    REQUIRE(again.size() == 1);
    CHECK(f.fail(again, 23h).disabled.empty());
  }
  f.at = start + 5 * 24h;
  const auto last = f.fail(f.claim(1), 24h);
  REQUIRE(last.disabled.size() == 1);
  CHECK(last.disabled[0].slug == "crm");
  CHECK(last.disabled[0].reason == "nothing but failures since 2026-05-01T09:00:00Z");
  CHECK(f.current().state() == "disabled");
  CHECK(f.lease("d1").empty());
  f.db.run([&](Tx& tx) {
    const auto troubles = list_webhook_troubles(tx, f.at);
    REQUIRE(troubles.size() == 1);
    CHECK(troubles[0].kind == WebhookTrouble::Kind::disabled);
    CHECK(troubles[0].error == "HTTP status 500");
    WebhookChange change;
    change.enabled = true;
    update_webhook(tx, f.key, f.tenant.id, "crm", change, f.at);
  });
  CHECK(f.current().state() == "active");
  f.under_way.clear();
  CHECK(f.claim().size() == 2);  // at once, whatever was left of its wait
}

TEST_CASE("a success, or a day and a half without an attempt, begins the five days anew") {
  Fixture f;
  f.write({"a", "b"});
  const auto both = f.claim();
  f.fail({both[0]}, 24h);
  f.at += 2h;
  f.deliver({both[1]});
  CHECK(f.current().state() == "active");
  CHECK_FALSE(f.current().failing_since);
  f.at = start + 24h;
  f.fail(f.claim(), 5 * 24h);
  CHECK(f.current().failing_since == start + 24h);
  f.at = start + 6 * 24h;
  CHECK(f.fail(f.claim(), 1h).disabled.empty());
  CHECK(f.current().failing_since == f.at);
}

TEST_CASE("410 disables at once") {
  Fixture f;
  f.write({"a"});
  WebhookResult gone;
  gone.http_status = 410;
  gone.gone = true;
  gone.error = "HTTP status 410";
  gone.retry_in = 5s;
  CHECK(f.end(f.claim(), gone).disabled.size() == 1);
  CHECK(f.current().disabled_reason == "it answered 410 Gone");
  CHECK(f.load().waiting == 1);
}

TEST_CASE("an endpoint with tens of thousands waiting does not keep others from theirs") {
  Fixture f;
  auto admin = f.db.connect();
  // The statistics are those that the case says, and nobody's look keeps a vacuum from what was deleted.
  pqxx::nontransaction{admin.handle()}.exec("ALTER TABLE webhook_delivery SET (autovacuum_enabled = off)");
  const auto gather = [&] {
    pqxx::nontransaction{admin.handle()}.exec("VACUUM ANALYZE webhook, webhook_delivery");
  };
  const auto burst = [&] {
    f.db.run([&](Tx& tx) {
      exec(tx,
           "INSERT INTO webhook_delivery (tenant_id, webhook_id, type, order_key, data, created_at, due_at)"
           " SELECT $1::bigint, $2::bigint, 'inbound', 'k' || n % 10000, '{\"n\":0}', $3, $3"
           "   FROM generate_series(1, 20000) n",
           f.tenant.id, f.hook.id, f.at);
    });
  };
  // A burst is over before the statistics know of it: whatever they say, it is read by the right index.
  bool then = false, today = false;
  SUBCASE("without statistics") {}
  SUBCASE("by those of an empty table") { gather(); }
  SUBCASE("by those of a quiet hour") {
    f.write({"a", "b", "c"});
    f.deliver(f.claim());
    gather();
  }
  SUBCASE("by those of a table that was emptied") {
    burst();
    f.db.run([](Tx& tx) { exec(tx, "DELETE FROM webhook_delivery"); });
    gather();
  }
  SUBCASE("by those of a log of nothing that waits") {
    burst();
    f.db.run([](Tx& tx) { exec(tx, "UPDATE webhook_delivery SET state = 'delivered'"); });
    gather();
  }
  SUBCASE("by those of one that waits") {
    f.write({"z"});
    gather();
    f.deliver(f.claim());
  }
  SUBCASE("by those of one that is tried again") { then = true; }
  SUBCASE("by those of today") { today = true; }
  f.write({"a"});
  f.fail(f.claim(), 1h);
  if (then) gather();
  burst();
  const auto other = add_test_webhook(f.db, f.key, f.tenant.id, "other", {"*"});
  add_test_deliveries(f.db, f.tenant.id, other.id, {"z"}, f.at);
  if (today) gather();
  act_as_worker(f);
  const auto before = entries_read(f);
  const auto claimed = f.claim(4);
  CHECK(claimed.size() == 5);
  // In whatever order the endpoints come.
  CHECK(std::ranges::count(claimed, other.id, &WebhookDelivery::webhook) == 1);
  f.deliver({claimed.front()});
  CHECK(entries_read(f) - before < 1000);
  const auto many = f.claim(300);
  const auto claimed_many = entries_read(f);
  f.deliver(many);
  CHECK(entries_read(f) - claimed_many < 10000);
}

TEST_CASE(
    "an endpoint that is enabled has the oldest of each key due, and reads what waits a few times only") {
  Fixture f;
  f.db.run([&](Tx& tx) {
    exec(tx,
         "INSERT INTO webhook_delivery (tenant_id, webhook_id, type, order_key, data, created_at, due_at)"
         " SELECT $1::bigint, $2::bigint, 'inbound', 'k' || n % 1000, '{\"n\":0}', $3,"
         "        CASE WHEN n <= 1000 THEN $3::timestamptz + interval '1 day' ELSE 'infinity' END"
         "   FROM generate_series(1, 5000) n",
         f.tenant.id, f.hook.id, f.at);
  });
  act_as_worker(f);
  const auto before = entries_read(f);
  f.db.run([&](Tx& tx) {
    WebhookChange change;
    change.enabled = false;
    update_webhook(tx, f.key, f.tenant.id, "crm", change, f.at);
    change.enabled = true;
    update_webhook(tx, f.key, f.tenant.id, "crm", change, f.at);
  });
  CHECK(entries_read(f) - before < 30'000);
  CHECK(f.db.run([&](Tx& tx) {
    return exec(tx, "SELECT count(*) FROM webhook_delivery WHERE due_at = $1", f.at).front()[0].as<int>();
  }) == 1000);
}

TEST_CASE("a tenant's deliveries are not another's to see or replay") {
  Fixture f;
  const auto other = add_test_tenant(f.db, "other");
  f.write({"a"});
  f.deliver(f.claim());
  const auto id = f.log().at(0).id;
  f.db.run([&](Tx& tx) {
    CHECK(collect(tx, list_deliveries(other.id, f.hook.id, {}), {}).empty());
    CHECK(replay_deliveries(tx, other.id, f.hook.id, start, false, f.at) == 0);
    CHECK_THROWS_AS(replay_delivery(tx, other.id, f.hook.id, id, f.at), Error);
  });
}
