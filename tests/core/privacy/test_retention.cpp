// What is older than its tenant keeps it goes, in steps, and a legal hold keeps it.
#include <doctest/doctest.h>

#include "core/fence/fence.hpp"
#include "core/privacy/erasure.hpp"
#include "core/privacy/retention.hpp"
#include "tests/support/person_world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

struct Keeping : test::PersonWorld {
  Timestamp at = now();

  void set(std::string_view kind, std::optional<int> days) {
    db.run([&](Tx& tx) { set_retention(tx, tenant.id, kind, days); });
  }
  // All that is too old; returns how many steps there were.
  int tidy_all(int most = 1000) {
    int steps = 0;
    const auto turns = db.run([](Tx& tx) { return count_tidy_turns(tx); });
    for (std::uint64_t turn = 0; turn < turns; ++turn)
      while (db.run([&](Tx& tx) { return tidy(tx, turn, most, at); })) {
        ++steps;
        REQUIRE(steps < 1000);
      }
    return steps;
  }
  Retention of(const std::string& kind) {
    for (const auto& one : db.run([&](Tx& tx) { return list_retention(tx, tenant.id, at); }))
      if (one.kind == kind) return one;
    return {};
  }
  std::string count(const std::string& what) { return value("SELECT count(*) FROM " + what); }
  std::chrono::seconds lag() {
    return db.run([&](Tx& tx) { return retention_lag(tx, at); });
  }
};

}  // namespace

TEST_CASE("each kind goes when it is older than it is kept, and counts stay") {
  Keeping world;
  world.sql("UPDATE message SET status = 'delivered' WHERE tenant_id = $1");
  world.at = now() + 24h * 40;
  CHECK(world.tidy_all() == 0);  // nothing is set
  CHECK(world.count("message WHERE tenant_id = $1 AND body <> ''") == "2");
  world.set("texts", 90);
  world.set("agents", 30);
  world.set("rejects", 30);
  CHECK(world.lag() > 24h * 9);
  world.db.run([&](Tx& tx) { raise_fence(tx, "a copy", world.at); });
  CHECK(world.tidy_all() == 0);
  world.db.run([](Tx& tx) { lower_fence(tx); });
  world.tidy_all();
  CHECK(world.lag() == 0s);
  CHECK(world.count("message WHERE tenant_id = $1 AND body <> ''") == "2");
  CHECK(world.count("inbound WHERE tenant_id = $1 AND body <> ''") == "2");
  CHECK(world.count("click WHERE tenant_id = $1 AND user_agent <> ''") == "0");
  CHECK(world.count("click WHERE tenant_id = $1") == "2");
  CHECK(world.count("import_reject WHERE tenant_id = $1") == "0");
  CHECK(world.of("agents").rows == 2);
  CHECK(world.of("rejects").rows == 2);
  world.at = now() + 24h * 91;
  world.tidy_all();
  CHECK(world.count("message WHERE tenant_id = $1 AND body <> ''") == "0");
  CHECK(world.count("message WHERE tenant_id = $1 AND status = 'delivered' AND msisdn <> ''") == "2");
  CHECK(world.count("inbound WHERE tenant_id = $1 AND body <> ''") == "0");
  CHECK(world.count("consent_event WHERE tenant_id = $1") != "0");
  CHECK(world.of("texts").rows == 4);
  CHECK(world.tidy_all() == 0);
  world.set("texts", std::nullopt);
  CHECK(!world.of("texts").days);
  CHECK_THROWS_AS(world.set("messages", 3), Error);
  CHECK_THROWS_AS(world.set("texts", 0), Error);
}

TEST_CASE("step by step it comes to the first row that is young, and goes on there") {
  Keeping world;
  world.sql("UPDATE click SET clicked_at = now() - interval '50 days' WHERE tenant_id = $1");
  world.sql(
      "INSERT INTO click (tenant_id, link_id, message_id, clicked_at, method, class, user_agent)"
      " SELECT $1, 7, 1, now() - (50 - n) * interval '1 day', 'GET', 'person', 'B' || n"
      "   FROM generate_series(0, 49) n");
  world.set("agents", 30);
  world.tidy_all(7);
  CHECK(world.count("click WHERE tenant_id = $1 AND user_agent <> ''") == "30");
  CHECK(world.lag() <= 0s);
  world.at += 24h * 10;
  CHECK(world.lag() >= 24h * 9);
  world.tidy_all(7);
  CHECK(world.count("click WHERE tenant_id = $1 AND user_agent <> ''") == "20");
  // Several rows of one import, more than a step takes.
  world.sql(
      "INSERT INTO import_reject (tenant_id, import_id, line, reason, fields)"
      " SELECT $1, max(id), n + 10, 'x', '{}' FROM import, generate_series(1, 20) n"
      "  WHERE tenant_id = $1 GROUP BY n");
  world.set("rejects", 1);
  world.tidy_all(7);
  CHECK(world.count("import_reject WHERE tenant_id = $1") == "0");
}

TEST_CASE("what waits, and what somebody has to read, keeps its text") {
  Keeping world;
  world.sql("UPDATE message SET status = 'unknown' WHERE tenant_id = $1");
  world.sql(
      "INSERT INTO opt_out_review (tenant_id, inbound_id, msisdn, due_at)"
      " SELECT $1, id, msisdn, now() FROM inbound WHERE tenant_id = $1 ORDER BY id LIMIT 1");
  world.at = now() + 24h * 91;
  world.set("texts", 90);
  world.tidy_all();
  CHECK(world.count("message WHERE tenant_id = $1 AND body <> ''") == "2");
  CHECK(world.count("inbound WHERE tenant_id = $1 AND body <> ''") == "1");
}

TEST_CASE("a legal hold keeps everything of the tenant, or of a number, and is released") {
  Keeping world;
  world.sql("UPDATE message SET status = 'delivered' WHERE tenant_id = $1");
  world.at = now() + 24h * 91;
  world.set("texts", 90);
  world.set("agents", 30);
  const auto begin = [&](std::optional<std::string> number) {
    return world.db.run([&](Tx& tx) { return add_hold(tx, world.tenant.id, number, "case 12", world.at); });
  };
  const auto release = [&](LegalHoldId id) {
    world.db.run([&](Tx& tx) { release_hold(tx, world.tenant.id, id, world.at); });
  };
  const auto erase = [&](const std::string& number) {
    world.db.run([&](Tx& tx) { erase_person(tx, world.tenant, new_secret_key(), number, "", world.at); });
  };
  const auto all = begin(std::nullopt);
  CHECK(world.tidy_all() == 0);
  CHECK(world.lag() == 0s);
  CHECK_THROWS_WITH_AS(erase(world.ben), doctest::Contains("case 12"), Error);
  release(all.id);
  CHECK_THROWS_AS(release(all.id), Error);
  CHECK_THROWS_AS(release(LegalHoldId{99}), Error);

  const auto one = begin(world.anna);
  world.tidy_all();
  CHECK(world.value("SELECT string_agg(msisdn, ' ') FROM message WHERE tenant_id = $1 AND body <> ''") ==
        world.anna);
  CHECK_THROWS_AS(erase(world.anna), Error);
  release(one.id);
  world.tidy_all();
  CHECK(world.count("message WHERE tenant_id = $1 AND body <> ''") == "0");
  erase(world.anna);
  CHECK_THROWS_AS(world.db.run([&](Tx& tx) { add_hold(tx, world.tenant.id, {}, "", world.at); }), Error);
}
