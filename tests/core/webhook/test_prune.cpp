// What becomes of deliveries in the end.
#include <thread>

#include <doctest/doctest.h>

#include "tests/support/webhook_flow.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::start;
using test::what;
using Fixture = test::WebhookFlow;

namespace {}  // namespace

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

TEST_CASE("nothing is put off behind one that is given up between the look and the putting off") {
  Fixture f;
  f.write({"a"});
  f.at += 1h;
  f.write({"a"});
  const auto held = f.lease("d1").at(0);
  Connection pruner{f.db.url()}, claimer{f.db.url(), "claimer"};
  pqxx::work prune{pruner.handle()};
  CHECK(prune_deliveries(prune, 30min, 100, f.at) == 1);
  std::jthread thread{[&] {
    in_transaction(claimer, [&](Tx& tx) {
      claim_deliveries(tx, "d1", {{held.tenant, held.id, held.epoch, 10, {}}}, f.at);
    });
  }};
  CHECK(f.db.await_lock("claimer"));
  prune.commit();
  thread.join();
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
  CHECK(f.db.await_lock("pruner"));
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
