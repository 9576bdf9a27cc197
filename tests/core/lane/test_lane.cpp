#include <doctest/doctest.h>

#include "core/lane/lane.hpp"
#include "core/sending/recover.hpp"
#include "tests/support/send_fixture.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::SendFixture;

namespace {

void add_lanes(TestDb& db, int count) {
  for (int i = 0; i < count; ++i) {
    const auto tenant = add_test_tenant(db, fmt::format("t{}", i));
    db.run([&](Tx& tx) {
      exec(tx,
           "WITH a AS (INSERT INTO account (tenant_id, sid, auth_token) VALUES ($1, 'AC1', '')"
           "           RETURNING tenant_id, id)"
           " INSERT INTO lane (tenant_id, account_id) SELECT tenant_id, id FROM a",
           tenant.id);
    });
  }
}

std::vector<Lane> lease(TestDb& db, const std::string& owner, std::chrono::seconds length = 30s) {
  return db.run([&](Tx& tx) {
    beat(tx, owner, "host", now());
    return lease_lanes(tx, owner, length);
  });
}

bool holds(TestDb& db, const Lane& lane) {
  return db.run([&](Tx& tx) { return hold_lane(tx, lane); });
}

}  // namespace

TEST_CASE("lanes spread over the living daemons") {
  TestDb db;
  add_lanes(db, 5);
  CHECK(lease(db, "d1").size() == 5);
  CHECK(lease(db, "d2").empty());
  const auto surplus = db.run([](Tx& tx) { return count_surplus(tx, "d1", 30s); });
  CHECK(surplus == 2);
  auto held = lease(db, "d1");
  held.resize(2);
  db.run([&](Tx& tx) { release_lanes(tx, held); });
  CHECK(lease(db, "d1").size() == 3);
  CHECK(lease(db, "d2").size() == 2);
  for (const auto& lane : held) CHECK_FALSE(holds(db, lane));
}

TEST_CASE("an expired lease is another's, and its epoch is over") {
  SendFixture f;
  const auto old = lease(f.db, "d1").front();
  CHECK(lease(f.db, "d1").front() == old);  // renewed
  CHECK(holds(f.db, old));
  f.sql("UPDATE lane SET expires_at = now() - interval '1 second' WHERE tenant_id = $1");
  const auto taken = lease(f.db, "d2").front();
  CHECK(taken.epoch == old.epoch + 1);
  CHECK_FALSE(holds(f.db, old));
  CHECK(holds(f.db, taken));
  CHECK(lease(f.db, "d1").empty());
  f.db.run([&](Tx& tx) { release_lanes(tx, {old}); });  // no longer its to give
  CHECK(holds(f.db, taken));
}

TEST_CASE("a pause holds until it is ended, and keeps its first reason") {
  SendFixture f;
  f.lease();
  const auto early = now();
  f.db.run([&](Tx& tx) {
    CHECK_FALSE(find_lane_pause(tx, f.tenant.id));
    CHECK(pause_lane(tx, f.tenant.id, 20003, "Authenticate", now(), now()));
    CHECK(pause_lane(tx, f.tenant.id, 21606, "not a number", now(), now()));
    const auto pause = find_lane_pause(tx, f.tenant.id);
    REQUIRE(pause);
    CHECK(pause->code == 20003);
    CHECK(pause->reason == "Authenticate");
    resume_lane(tx, f.tenant.id);
    CHECK_FALSE(find_lane_pause(tx, f.tenant.id));
    CHECK_FALSE(pause_lane(tx, f.tenant.id, 20003, "of a request from before", early, now()));
    // Whatever our clock says: it may be behind PostgreSQL's.
    CHECK_FALSE(pause_lane(tx, f.tenant.id, 20003, "of a request from before", early, early - 1s));
    exec(tx, "UPDATE lane SET resumed_at = now() + interval '1 hour'");  // by a clock that is wrong
    CHECK(pause_lane(tx, f.tenant.id, 20003, "Authenticate", early, now()));
  });
}

TEST_CASE("taking over makes what was in flight unknown, and nothing else") {
  SendFixture f;
  const auto campaign = f.launch(4);
  const auto old = f.lease("d1");
  f.sql("UPDATE message SET status = 'in_flight', epoch = 1 WHERE tenant_id = $1");
  f.sql("UPDATE message SET status = 'queued' WHERE tenant_id = $1 AND msisdn = '+14155550003'");
  f.sql("UPDATE campaign_counter SET value = 1, counter = 'status:queued' WHERE tenant_id = $1");
  f.sql(
      "INSERT INTO campaign_counter SELECT tenant_id, campaign_id, 1, 'status:in_flight', 3"
      "  FROM campaign_counter WHERE tenant_id = $1");
  f.sql(
      "INSERT INTO work_claim (tenant_id, epoch, message_ids, claimed_at)"
      " SELECT $1, 1, array_agg(id), now() FROM message WHERE tenant_id = $1");
  f.count_again();
  CHECK(f.db.run([&](Tx& tx) { return take_over(tx, old, now()); }) == 0);  // its own work
  f.sql("UPDATE lane SET expires_at = '-infinity' WHERE tenant_id = $1");
  const auto lane = f.lease("d2");
  CHECK(f.db.run([&](Tx& tx) { return take_over(tx, lane, now()); }) == 3);
  CHECK(f.value("SELECT count(*) FROM work_due WHERE tenant_id = $1 AND task = 'resolve'") == "3");
  CHECK(f.value("SELECT count(*) FROM work_claim WHERE tenant_id = $1") == "0");
  CHECK(f.db.run([&](Tx& tx) { return take_over(tx, lane, now()); }) == 0);
  f.check_counters(campaign);
}
