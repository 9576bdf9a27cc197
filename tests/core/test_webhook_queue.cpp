// What is delivered next, what its outcome does, and who may do it.
#include <thread>

#include <doctest/doctest.h>

#include "core/base/log.hpp"
#include "core/base/wait.hpp"
#include "core/webhook_log.hpp"
#include "tests/support/webhook.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::add_test_deliveries;
using test::add_test_webhook;

namespace {

const auto start = parse_rfc3339("2026-05-01T09:00:00Z");

struct Fixture {
  TestDb db;
  SecretKey key = new_secret_key();
  Tenant tenant = add_test_tenant(db);
  Webhook hook = add_test_webhook(db, key, tenant.id, "crm", {"*"});
  std::string owner = "d1";
  std::map<WebhookId, std::map<std::string, WebhookDeliveryId>> under_way;
  Timestamp at = start;

  std::vector<LeasedWebhook> lease(const std::string& daemon, std::vector<WebhookId> busy = {}) {
    return db.run([&](Tx& tx) { return lease_webhooks(tx, key, daemon, 30s, busy); });
  }
  void write(const std::vector<std::string>& keys) { add_test_deliveries(db, tenant.id, hook.id, keys, at); }
  std::vector<WebhookDelivery> claim(int room = 100) {
    std::vector<WebhookRoom> rooms;
    for (const auto& leased : lease(owner))
      rooms.push_back({leased.tenant, leased.id, leased.epoch, room, under_way[leased.id]});
    auto claimed = db.run([&](Tx& tx) { return claim_deliveries(tx, owner, rooms, at); });
    for (const auto& delivery : claimed.deliveries)
      under_way[delivery.webhook].emplace(delivery.order_key, delivery.id);
    return claimed.deliveries;
  }
  WebhookSummary end(const std::vector<WebhookDelivery>& deliveries, const WebhookResult& outcome) {
    std::vector<WebhookResult> results;
    for (const auto& delivery : deliveries) {
      results.push_back(outcome);
      results.back().delivery = delivery;
      under_way[delivery.webhook].erase(delivery.order_key);
    }
    return db.run([&](Tx& tx) { return record_deliveries(tx, owner, results, at); });
  }
  WebhookSummary deliver(const std::vector<WebhookDelivery>& deliveries) {
    WebhookResult outcome;
    outcome.delivered = true;
    outcome.http_status = 200;
    return end(deliveries, outcome);
  }
  WebhookSummary fail(const std::vector<WebhookDelivery>& deliveries,
                      std::optional<std::chrono::milliseconds> retry_in = 5s) {
    WebhookResult outcome;
    outcome.http_status = 500;
    outcome.error = "HTTP status 500";
    outcome.reply = "oh no";
    outcome.retry_in = retry_in;
    return end(deliveries, outcome);
  }
  Webhook current() {
    return db.run([&](Tx& tx) { return list_webhooks(tx, tenant.id).at(0); });
  }
  WebhookLoad load() {
    return db.run([&](Tx& tx) { return count_deliveries(tx, tenant.id, hook.id); });
  }
  std::vector<LoggedDelivery> log(const std::string& state = "") {
    return db.run([&](Tx& tx) { return list_deliveries(tx, tenant.id, hook.id, {{}, state, 100}); });
  }
  std::int64_t replay(Timestamp since, bool failed_only) {
    return db.run([&](Tx& tx) { return replay_deliveries(tx, tenant.id, hook.id, since, failed_only, at); });
  }
};

// "KEY DATA" of each.
std::string what(const std::vector<WebhookDelivery>& deliveries) {
  std::vector<std::string> all;
  for (const auto& delivery : deliveries)
    all.push_back(
        fmt::format("{}{}", delivery.order_key, nlohmann::json::parse(delivery.data)["n"].get<int>()));
  return fmt::format("{}", fmt::join(all, " "));
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

TEST_CASE("a daemon that lost its lease neither claims, nor puts off, nor ends anything") {
  Fixture f;
  f.write({"a", "a"});
  const auto held = f.lease("d1").at(0);
  const auto first = f.claim();
  f.db.run([](Tx& tx) { exec(tx, "UPDATE webhook SET leased_until = now() - interval '1 s'"); });
  CHECK(f.lease("d2").at(0).epoch == held.epoch + 1);
  const auto stale = f.db.run([&](Tx& tx) {
    return claim_deliveries(tx, "d1", {{held.tenant, held.id, held.epoch, 10, {}}}, f.at);
  });
  CHECK(stale.deliveries.empty());
  CHECK(f.deliver(first).delivered == 0);
  f.owner = "d2";
  f.under_way.clear();
  const auto again = f.claim();
  CHECK(what(again) == "a0");  // delivered a second time rather than lost
  f.deliver(again);
  CHECK(what(f.claim()) == "a1");
}

TEST_CASE("endpoints spread over the living daemons, and those of a dead one are taken over") {
  Fixture f;
  for (const char* slug : {"two", "three", "four"}) add_test_webhook(f.db, f.key, f.tenant.id, slug, {"*"});
  const auto all = f.lease("d1");
  REQUIRE(all.size() == 4);
  CHECK(f.lease("d2").empty());
  const auto kept = f.lease("d1", {all[0].id});
  REQUIRE(kept.size() == 2);
  CHECK(kept[0].id == all[0].id);  // the busy one stays
  CHECK(f.lease("d2").size() == 2);
  f.db.run([](Tx& tx) {
    exec(tx, "UPDATE webhook SET leased_until = now() - interval '1 s' WHERE owner = 'd1'");
    exec(tx, "UPDATE webhook_deliverer SET seen_at = now() - interval '1 h' WHERE id = 'd1'");
  });
  CHECK(f.lease("d2").size() == 4);
  f.db.run([](Tx& tx) { release_webhooks(tx, "d2"); });
  CHECK(f.lease("d3").size() == 4);
}

TEST_CASE("one whose secret cannot be opened is given back and seen to fail, until somebody can") {
  Fixture f;
  const auto right = f.key, wrong = new_secret_key();
  const auto troubles = [&] { return f.db.run([](Tx& tx) { return list_webhook_troubles(tx, now()); }); };
  const auto free_again = [&] {
    f.db.run([](Tx& tx) { exec(tx, "UPDATE webhook SET leased_until = now() WHERE owner = ''"); });
  };
  f.key = wrong;
  set_log(LogLevel::off, LogFormat::logfmt);
  CHECK(f.lease("d1").empty());
  CHECK(f.current().state() == "failing");
  CHECK(f.current().last_error == webhook_sealed);
  REQUIRE(troubles().size() == 1);
  CHECK(troubles()[0].kind == WebhookTrouble::Kind::sealed);
  const auto since = f.current().failing_since;
  // It takes no place of one that can be delivered to, though each of two daemons has only one.
  f.lease("d2");
  f.key = right;
  const auto other = add_test_webhook(f.db, right, f.tenant.id, "other", {"*"});
  f.lease("d2");
  free_again();
  f.db.run([](Tx& tx) {
    exec(tx, "UPDATE webhook SET owner = '', leased_until = '-infinity' WHERE slug = 'other'");
  });
  const auto first = f.lease("d1");
  REQUIRE(first.size() == 1);
  CHECK(first[0].id == other.id);
  CHECK(f.current().failing_since == since);
  const auto second = f.lease("d2");
  REQUIRE(second.size() == 1);
  CHECK(second[0].id == f.hook.id);
  CHECK(f.current().state() == "active");
  CHECK(f.current().last_error == "");
  CHECK(troubles().empty());
  SUBCASE("a new secret frees it at once") {
    f.db.run([](Tx& tx) {
      release_webhooks(tx, "d1");
      release_webhooks(tx, "d2");
    });
    f.key = wrong;
    CHECK(f.lease("d3").empty());
    CHECK(f.lease("d3").empty());
    f.db.run([&](Tx& tx) {
      WebhookChange change;
      change.secret = new_webhook_secret();
      update_webhook(tx, wrong, f.tenant.id, "crm", change, now());
    });
    CHECK(f.lease("d3").size() == 1);
  }
  set_log(LogLevel::info, LogFormat::logfmt);
}

TEST_CASE("an endpoint whose events are long overdue is a trouble, one that was just written to is none") {
  Fixture f;
  f.write({"a", "a"});
  const auto troubles = [&] { return f.db.run([&](Tx& tx) { return list_webhook_troubles(tx, f.at); }); };
  CHECK(troubles().empty());
  f.at += 11min;
  REQUIRE(troubles().size() == 1);
  CHECK(troubles()[0].kind == WebhookTrouble::Kind::overdue);
  CHECK(troubles()[0].since == start);
  CHECK(troubles()[0].webhook == "crm");
  f.fail(f.claim(), 24h);  // the next attempt is due some time, and what stands behind it is not
  f.claim();
  CHECK(troubles().empty());
  f.at += 2h;
  REQUIRE(troubles().size() == 1);
  CHECK(troubles()[0].kind == WebhookTrouble::Kind::failing);
  CHECK(troubles()[0].error == "HTTP status 500");
}

TEST_CASE("an endpoint with a hundred thousand waiting does not keep others from theirs") {
  Fixture f;
  f.write({"a"});
  f.fail(f.claim(), 1h);
  f.db.run([&](Tx& tx) {
    exec(tx,
         "INSERT INTO webhook_delivery (tenant_id, webhook_id, type, order_key, data, created_at, due_at)"
         " SELECT $1::bigint, $2::bigint, 'inbound', 'k' || n % 50000, '{\"n\":0}', $3, $3"
         "   FROM generate_series(1, 100000) n",
         f.tenant.id, f.hook.id, f.at);
  });
  const auto other = add_test_webhook(f.db, f.key, f.tenant.id, "other", {"*"});
  add_test_deliveries(f.db, f.tenant.id, other.id, {"z"}, f.at);
  const auto entries_read = [&] {
    f.db.run([](Tx& tx) { exec(tx, "SELECT pg_stat_force_next_flush()"); });
    return f.db.run([](Tx& tx) {
      return exec(tx,
                  "SELECT coalesce(sum(idx_tup_read), 0) + coalesce(sum(DISTINCT t.seq_tup_read), 0)"
                  "  FROM pg_stat_user_indexes i JOIN pg_stat_user_tables t USING (relid)"
                  " WHERE i.relname = 'webhook_delivery'")
          .front()[0]
          .as<std::int64_t>();
    });
  };
  // Statistics of the table are what they were before, as they are after any burst.
  const auto before = entries_read();
  const auto claimed = f.claim(4);
  CHECK(claimed.size() == 5);
  CHECK(claimed.back().webhook == other.id);
  f.deliver({claimed.front()});
  CHECK(entries_read() - before < 1000);
}

TEST_CASE("old deliveries are pruned, and removed endpoints go with theirs") {
  Fixture f;
  f.write({"a", "b", "c"});
  auto first = f.claim();
  f.deliver({first[0]});
  f.fail({first[1]}, std::nullopt);
  f.fail({first[2]}, 48h);
  f.at += 24h;
  f.write({"d"});
  f.deliver(f.claim());
  const auto prune = [&](Timestamp before) {
    return f.db.run([&](Tx& tx) { return prune_deliveries(tx, f.at - before, 100, f.at); });
  };
  CHECK(prune(start) == 0);
  CHECK(prune(start + 1h) == 3);
  CHECK(f.log().size() == 2);
  CHECK(f.log("failed").size() == 1);  // the one that waited
  CHECK(f.log("failed")[0].error == "it waited for too long");
  CHECK(prune(start + 1h) == 1);
  CHECK(f.log().size() == 1);
  CHECK(f.db.run([](Tx& tx) {
    return exec(tx, "SELECT count(*) FROM webhook_attempt").front()[0].as<int>();
  }) == 0);
  f.db.run([&](Tx& tx) { remove_webhook(tx, f.tenant.id, f.hook.id, now() - 2h); });
  CHECK(prune(start) == 1);
  CHECK(f.db.run([](Tx& tx) { return exec(tx, "SELECT count(*) FROM webhook").front()[0].as<int>(); }) == 0);
}

TEST_CASE(
    "what waits for longer than deliveries are kept is given up, and the next of its key has its turn") {
  Fixture f;
  f.write({"a", "a", "b"});
  f.fail(f.claim(), 24h);
  f.at += 1h;
  f.write({"a", "c"});
  const auto prune = [&](int limit) {
    return f.db.run([&](Tx& tx) { return prune_deliveries(tx, 30min, limit, f.at); });
  };
  CHECK(what(f.claim()) == "c1");
  CHECK(prune(1) == 1);
  CHECK(prune(100) == 3);  // the rest, and the first again: to be deleted
  CHECK(f.load().waiting == 2);
  CHECK(what(f.claim()) == "a0");
  CHECK(prune(100) == 2);
  CHECK(f.log().size() == 2);
}

TEST_CASE("nothing is put off behind one that is given up meanwhile, its owner lost or not") {
  Fixture f;
  f.write({"a"});
  CHECK(f.claim().size() == 1);
  f.at += 1h;
  f.write({"a"});
  SUBCASE("given up first") {}
  SUBCASE("put off first") { CHECK(f.claim().empty()); }
  CHECK(f.db.run([&](Tx& tx) { return prune_deliveries(tx, 30min, 100, f.at); }) == 1);
  CHECK(f.claim().empty());  // the owner has the first under way still
  f.under_way.clear();       // it dies
  CHECK(f.claim().size() == 1);
}

TEST_CASE("one that is replayed while it is pruned is given up as others are, and the next has its turn") {
  Fixture f;
  f.write({"a"});
  f.deliver(f.claim());
  f.at += 24h;
  f.write({"a"});
  Connection replayer{f.db.url()}, pruner{f.db.url(), "pruner"};
  pqxx::work replay{replayer.handle()};
  CHECK(replay_deliveries(replay, f.tenant.id, f.hook.id, start, false, f.at) == 1);
  std::int64_t pruned = -1;
  std::jthread thread{
      [&] { pruned = in_transaction(pruner, [&](Tx& tx) { return prune_deliveries(tx, 23h, 100, f.at); }); }};
  const auto waits = [&] {
    return f.db.run([](Tx& tx) {
      return !exec(tx,
                   "SELECT FROM pg_stat_activity WHERE application_name = 'pruner' AND wait_event_type = "
                   "'Lock'")
                  .empty();
    });
  };
  for (int i = 0; i < 500 && !waits(); ++i) wait_unless_stopped({}, 10ms);
  CHECK(waits());
  replay.commit();
  thread.join();
  CHECK(pruned == 1);
  CHECK(f.log("failed").size() == 1);  // not deleted with what stands behind it put off
  CHECK(f.claim().size() == 1);
}

TEST_CASE(
    "what waited for an endpoint that was disabled long ago is pruned, and enabling it goes on behind") {
  Fixture f;
  f.write({"a"});
  f.at += 1h;
  f.write({"a", "a"});
  CHECK(f.claim().size() == 1);
  const auto set_enabled = [&](bool enabled) {
    f.db.run([&](Tx& tx) {
      WebhookChange change;
      change.enabled = enabled;
      update_webhook(tx, f.key, f.tenant.id, "crm", change, f.at);
    });
  };
  set_enabled(false);
  CHECK(f.db.run([&](Tx& tx) { return prune_deliveries(tx, -1h, 1, f.at); }) == 1);
  set_enabled(true);
  f.under_way.clear();
  const auto next = f.claim();
  CHECK(what(next) == "a0");
  CHECK(next[0].created_at == start + 1h);
  CHECK(f.load().waiting == 2);
}

TEST_CASE("a tenant's deliveries are not another's to see or replay") {
  Fixture f;
  const auto other = add_test_tenant(f.db, "other");
  f.write({"a"});
  f.deliver(f.claim());
  const auto id = f.log().at(0).id;
  f.db.run([&](Tx& tx) {
    CHECK(list_deliveries(tx, other.id, f.hook.id, {}).empty());
    CHECK(replay_deliveries(tx, other.id, f.hook.id, start, false, f.at) == 0);
    CHECK_THROWS_AS(replay_delivery(tx, other.id, f.hook.id, id, f.at), Error);
  });
}
