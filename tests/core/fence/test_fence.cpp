// How a database notices that it is not the one it was.
#include <doctest/doctest.h>

#include "core/fence/fence.hpp"
#include "core/lane/lane.hpp"
#include "core/sending/restore.hpp"
#include "core/sending/single.hpp"
#include "tests/support/send_fixture.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

struct Fixture : test::SendFixture {
  std::int64_t watch(std::int64_t witness = 0) {
    return db.run([&](Tx& tx) { return watch_installation(tx, witness); });
  }
  Fence fence() {
    return db.run([](Tx& tx) { return find_fence(tx); });
  }
  bool fenced() {
    return db.run([](Tx& tx) { return is_fenced(tx); });
  }
  void change(const std::string& columns) {
    db.run([&](Tx& tx) { exec(tx, "UPDATE installation SET " + columns); });
  }
};

}  // namespace

TEST_CASE("heartbeats are numbered, and one that nobody forgot raises no fence") {
  Fixture f;
  const auto first = f.watch();
  CHECK(f.watch() == first + 1);
  CHECK(f.watch(first + 1) == first + 2);
  CHECK_FALSE(f.fenced());
  CHECK_FALSE(f.fence().is_raised());
  CHECK_FALSE(f.fence().installation.empty());
  CHECK_NOTHROW(f.db.run([](Tx& tx) { require_unfenced(tx); }));
  f.db.run([](Tx& tx) { CHECK_THROWS_AS(lift_fence(tx, now()), Error); });
}

TEST_CASE("a database on another server, on another timeline or behind its witness is fenced, once") {
  Fixture f;
  auto last = f.watch();
  const auto lane = f.lease();
  const auto installation = f.fence().installation;
  std::string reason;
  std::int64_t witness = 0;
  bool by_itself = true;  // is_fenced() says so before anybody watched
  SUBCASE("another server") {
    f.change("system_identifier = system_identifier + 1");
    reason = "on another server";
  }
  SUBCASE("another timeline") {
    f.change("timeline = timeline + 1");
    reason = "restored to a moment";
  }
  SUBCASE("behind its witness") {
    witness = last + 7;
    by_itself = false;
    reason = fmt::format("heartbeat {} was written, and {} is the last", witness, last);
  }
  CAPTURE(reason);
  CHECK(f.fenced() == by_itself);
  const auto ids = [&] {
    return f.db.run([](Tx& tx) {
      return exec(tx, "SELECT nextval('message_id'), nextval('link_id_seq'), nextval('contact_id_seq')")
          .front();
    });
  };
  const auto before = ids();
  last = f.watch(witness);
  CHECK(last > witness);
  CHECK(f.fenced());
  const auto fence = f.fence();
  CHECK(fence.is_raised());
  CHECK(fence.reason.find(reason) != std::string::npos);
  CHECK(fence.forgot_after <= fence.raised_at);
  const auto after = ids();
  CHECK(after[0].as<std::int64_t>() - before[0].as<std::int64_t>() == 100'000'001);
  CHECK(after[1].as<std::int64_t>() - before[1].as<std::int64_t>() == 10'001);
  CHECK(after[2].as<std::int64_t>() - before[2].as<std::int64_t>() > 1'000'000);
  // Known from now on: the next heartbeat is an ordinary one.
  CHECK(f.watch(last) == last + 1);
  CHECK(ids()[0].as<std::int64_t>() - after[0].as<std::int64_t>() == 1);
  CHECK(f.fence().raised_at == fence.raised_at);
  // Not the old one any more, which may go on to be heard of.
  CHECK(fence.installation != installation);
  CHECK(f.fence().installation == fence.installation);
  f.db.run([&](Tx& tx) {
    lower_fence(tx);
    CHECK_FALSE(hold_lane(tx, lane));  // whoever had it has lost it
  });
  CHECK(f.db.run([](Tx& tx) {
    return exec(tx, "SELECT count(*) FROM audit_event WHERE action = 'installation.update'")
        .front()[0]
        .as<int>();
  }) == 2);  // raised, and lowered
}

TEST_CASE("raised by hand it says what the database may have forgotten, as of the heartbeat before") {
  Fixture f;
  f.watch();
  f.change("seen_at = '2026-05-01Z'");
  f.db.run([](Tx& tx) { raise_fence(tx, "a disk was put back", now()); });
  CHECK(f.fence().reason == "a disk was put back");
  CHECK(f.fence().forgot_after == parse_rfc3339("2026-05-01T00:00:00Z"));
  f.db.run([](Tx& tx) {
    CHECK_THROWS_AS(raise_fence(tx, "", now()), Error);
    raise_fence(tx, "again", now());
  });
  CHECK(f.fence().reason == "a disk was put back");
}

TEST_CASE("while it is fenced no lane is leased or claimed from, and nothing is launched or queued") {
  Fixture f;
  const auto lane = f.lease();
  f.db.run([&](Tx& tx) {
    CHECK(hold_lane(tx, lane));
    raise_fence(tx, "by hand", now());
    CHECK_FALSE(hold_lane(tx, lane));
    CHECK(lease_lanes(tx, "d2", 30s).empty());
    CHECK(take_lanes(tx, "d2", 30s).empty());
    CHECK_THROWS_AS(require_unfenced(tx), Error);
    NewSingle single;
    single.kind = SingleKind::test;
    single.sender = f.sender;
    single.msisdn = "+14155550000";
    single.body = "x";
    CHECK_THROWS_AS(queue_single(tx, f.tenant.id, single, now()), Error);
  });
}
