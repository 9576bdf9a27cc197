// What a watcher is told of all that waits.
#include <doctest/doctest.h>

#include "core/lane/lane.hpp"
#include "core/lane/trouble.hpp"
#include "core/sending/load.hpp"
#include "core/sending/single.hpp"
#include "tests/support/send_flow.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using Flow = test::SendFlow;

namespace {

DueLoad due(Flow& f, Timestamp at) {
  return f.db.run([&](Tx& tx) { return count_due(tx, at); });
}

UnknownLoad unknown(Flow& f, Timestamp at) {
  return f.db.run([&](Tx& tx) { return count_unknown(tx, at); });
}

void launch_at(Flow& f, int contacts, Timestamp at) {
  f.launch(contacts, {.chunk = 2});
  f.sql("UPDATE campaign SET launched_at = '" + format_rfc3339(at) + "' WHERE tenant_id = $1");
}

void queue_reply(Flow& f, Timestamp due_at) {
  f.db.run([&](Tx& tx) {
    queue_replies(tx, f.tenant.id,
                  {{.kind = SingleKind::reply,
                    .msisdn = "+14155559999",
                    .body = "ok",
                    .sender = f.sender,
                    .contact = std::nullopt}},
                  due_at);
  });
}

}  // namespace

TEST_CASE("due is what a claim would find: of campaigns and of single messages, whose hour has come") {
  Flow f;
  const auto at = std::chrono::floor<std::chrono::seconds>(now());
  CHECK(due(f, at).messages == 0);
  CHECK(due(f, at).oldest == 0s);
  launch_at(f, 5, at - 100s);
  queue_reply(f, at - 30s);
  CHECK(due(f, at).messages == 6);
  CHECK(due(f, at).oldest == 100s);
  f.sql("UPDATE campaign SET status = 'paused' WHERE tenant_id = $1");
  CHECK(due(f, at).messages == 1);
  CHECK(due(f, at).oldest == 30s);
  CHECK(due(f, at - 31s).messages == 0);
  f.sql("UPDATE campaign SET status = 'running' WHERE tenant_id = $1");
  CHECK(f.claim(3, at).messages.size() == 3);
  CHECK(due(f, at + 40s).messages == 3);
}

TEST_CASE("a lane that works is not late, however much it has to send, and one in trouble is") {
  Flow f;
  const auto at = std::chrono::floor<std::chrono::seconds>(now());
  launch_at(f, 9, at - 1h);
  CHECK(due(f, at).oldest == 1h);
  REQUIRE(f.claim(4, at).messages.size() == 4);
  CHECK(due(f, at + 7s).oldest == 7s);
  f.db.run([&](Tx& tx) { note_trouble(tx, f.lane, LaneTrouble{"provider_failing", "503", at - 600s}); });
  CHECK(due(f, at + 7s).oldest == 607s);
}

TEST_CASE("what waits for somebody, or for room in a cap, is not due") {
  Flow f;
  const auto at = std::chrono::floor<std::chrono::seconds>(now());
  launch_at(f, 9, at - 1h);
  SUBCASE("a lane is paused") {
    f.db.run([&](Tx& tx) { pause_lane(tx, f.tenant.id, 20003, "no", at, at); });
    CHECK(due(f, at).messages == 0);
    f.db.run([&](Tx& tx) { resume_lane(tx, f.tenant.id); });
  }
  SUBCASE("the tenant's cap is full") {
    f.sql("UPDATE tenant SET daily_cap = 3 WHERE id = $1");
    CHECK(f.claim(100, at).messages.size() == 3);
    CHECK(f.claim(100, at).messages.empty());
    CHECK(due(f, at).messages == 0);
    f.sql("UPDATE tenant SET daily_cap = NULL WHERE id = $1");
  }
  SUBCASE("the sender's is") {
    f.sql("UPDATE sender SET daily_cap = 3 WHERE tenant_id = $1");
    CHECK(f.claim(100, at).messages.size() == 3);
    CHECK(f.claim(100, at).messages.empty());
    CHECK(due(f, at).messages == 0);
    f.sql("UPDATE sender SET daily_cap = NULL WHERE tenant_id = $1");
  }
  CHECK(due(f, at).messages > 5);
}

TEST_CASE("unknown messages are counted by who is asked for them, with the age of the oldest") {
  Flow f;
  const auto at = std::chrono::floor<std::chrono::seconds>(now());
  f.launch(6);
  CHECK(unknown(f, at).asked == 0);
  CHECK(unknown(f, at).oldest == 0s);
  SendOutcome lost;
  lost.kind = SendOutcome::Kind::ambiguous;
  f.record(f.claim(2, at - 400s), lost);
  f.record(f.claim(3, at - 100s), lost);
  CHECK(unknown(f, at).asked == 5);
  CHECK(unknown(f, at).held == 0);
  CHECK(unknown(f, at).oldest == 400s);
  f.sql(
      "UPDATE work_due SET task = 'hold' WHERE tenant_id = $1 AND message_id IN"
      " (SELECT id FROM message WHERE tenant_id = $1 AND claimed_at < now() - interval '200 s')");
  CHECK(unknown(f, at).asked == 3);
  CHECK(unknown(f, at).held == 2);
  CHECK(unknown(f, at).oldest == 100s);
}
