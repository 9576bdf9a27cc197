#include <doctest/doctest.h>

#include "daemon/sending/lane_runner.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

struct Runner : LaneRunner {
  Clock::time_point at = Clock::now();
  std::mt19937 random{1};

  static Account account() {
    Account account;
    account.provider = "twilio";
    account.rate = 1000;
    account.max_in_flight = 2;
    return account;
  }

  Runner() : LaneRunner({}, account()) {
    set_plan({{},
              {{SenderId{1}, "+15005550006", SenderKind::long_code, 1000}},
              "",
              "",
              LinkKey{SecretKey{std::string(32, 'k')}}},
             account());
    lease_until = at + 1h;
  }
  int free() { return room(at, 500, 100).messages; }
  void claim(int messages, std::chrono::milliseconds age = 0ms) {
    Claim claim;
    claim.id = ++claims;
    for (int i = 0; i < messages; ++i) {
      claim.messages.emplace_back();
      claim.messages.back().id = MessageId{i};
      claim.messages.back().claimed_at = now() - age;
    }
    accept(std::move(claim), at);
  }
  int claims = 0;
};

}  // namespace

TEST_CASE("what has waited for most of a second is given back, the rest is kept") {
  Runner runner;
  runner.claim(3);
  runner.at += 700ms;
  runner.claim(2);
  CHECK(runner.take_stale(runner.at).empty());
  runner.at += 200ms;
  CHECK(runner.take_stale(runner.at).size() == 3);
  CHECK(runner.queue.size() == 2);
  runner.queue.clear();
  runner.claim(3, 10s);  // the database was slow
  CHECK(runner.take_stale(runner.at + 200ms).empty());
  CHECK(runner.take_stale(runner.at + 400ms).size() == 3);
}

TEST_CASE("nothing leaves after the lease, a request that was begun before neither") {
  Runner runner;
  runner.claim(2);
  runner.lease_until = runner.at + 500ms;
  const auto begun = runner.next(runner.at + 500ms);
  REQUIRE(begun);
  CHECK(runner.call_of(*begun).send_before == runner.at + 500ms);
  CHECK_FALSE(runner.next(runner.at + 501ms));
  CHECK(runner.queue.size() == 1);
  runner.lease_until = runner.at + 3s;  // renewed
  CHECK(runner.next(runner.at + 501ms));
}

TEST_CASE("everything is given back when nothing may leave within a second") {
  Runner runner;
  runner.claim(3);
  SendOutcome slower;
  slower.kind = SendOutcome::Kind::retry_later;
  slower.overloaded = true;
  slower.retry_after = 900ms;
  runner.learn(slower, 1ms, runner.at, runner.random);
  CHECK(runner.take_stale(runner.at).empty());
  slower.retry_after = 5s;
  runner.learn(slower, 1ms, runner.at, runner.random);
  CHECK(runner.take_stale(runner.at).size() == 3);
  CHECK(runner.free() == 0);
  slower.retry_after = 24h;
  CHECK(runner.learn(slower, 1ms, runner.at, runner.random) == 5min);
  CHECK(runner.resume_at == runner.at + 5min);
}

TEST_CASE("no more is claimed than replies make place for soon") {
  Runner runner;
  for (int i = 0; i < 100; ++i) {
    runner.in_flight = 1;
    runner.replied({}, 500ms, runner.at);
  }
  CHECK(runner.free() == 5);  // two at once, and 2.8 more in 700 ms
  runner.claim(5);
  CHECK(runner.free() == 0);
  CHECK(runner.next(runner.at));
  CHECK(runner.next(runner.at));
  CHECK_FALSE(runner.next(runner.at));
  runner.queue.clear();
  CHECK(runner.free() == 3);
  runner.at += 1100ms;  // no reply came
  CHECK(runner.free() == 0);
  runner.replied({}, 1100ms, runner.at);
  CHECK(runner.free() > 1);
  CHECK(runner.room(runner.at, 500, 1).messages < runner.free());  // a lane among many
}

TEST_CASE("a message keeps its place of each rate until a second after its reply") {
  Runner runner;
  runner.account_pace.set_rate(1);
  runner.claim(2);
  const auto first = runner.next(runner.at);
  REQUIRE(first);
  runner.at += 1500ms;
  CHECK_FALSE(runner.next(runner.at));
  runner.replied(*first, 1500ms, runner.at);
  CHECK(runner.next_at(runner.at) == runner.at + 1s);
}

TEST_CASE("the 429s of one moment halve the requests at once only once, those of later moments again") {
  Runner runner;
  runner.concurrency = 64;
  SendOutcome slower;
  slower.kind = SendOutcome::Kind::retry_later;
  slower.overloaded = true;
  for (int i = 0; i < 20; ++i) runner.learn(slower, 1ms, runner.at, runner.random);
  CHECK(runner.concurrency == 32);
  CHECK(runner.failures == 0);
  CHECK(runner.resume_at - runner.at <= 200ms);
  runner.at += 600ms;
  runner.learn(slower, 1ms, runner.at, runner.random);
  CHECK(runner.concurrency == 16);
}

TEST_CASE("timeouts that come together open the circuit only when no younger request was answered") {
  Runner runner;
  SendOutcome lost, taken;
  lost.kind = SendOutcome::Kind::ambiguous;
  taken.kind = SendOutcome::Kind::accepted;
  runner.learn(taken, 10ms, runner.at, runner.random);
  for (int i = 0; i < 50; ++i) runner.learn(lost, 2s, runner.at, runner.random);
  CHECK(runner.resume_at <= runner.at);
  runner.at += 3s;
  for (int i = 0; i < 10; ++i) runner.learn(lost, 2s, runner.at, runner.random);
  CHECK(runner.failures == 10);
  CHECK(runner.is_open());
  CHECK(runner.free() == (runner.resume_at > runner.at ? 0 : 1));  // a probe, when the pause is over
}

TEST_CASE("each window of successes allows one request more at once, up to the account's own limit") {
  Runner runner;
  runner.max_in_flight = 12;
  runner.concurrency = 8;
  SendOutcome taken;
  taken.kind = SendOutcome::Kind::accepted;
  for (int i = 0; i < 8; ++i) runner.learn(taken, 1ms, runner.at, runner.random);
  CHECK(runner.concurrency > 8.9);
  CHECK(runner.concurrency <= 9);
  for (int i = 0; i < 200; ++i) runner.learn(taken, 1ms, runner.at, runner.random);
  CHECK(runner.concurrency == 12);
}

TEST_CASE("an open circuit lets one probe out at a time, and closes when one is answered") {
  Runner runner;
  runner.max_in_flight = 100;
  runner.concurrency = 100;
  SendOutcome broken, taken;
  broken.kind = SendOutcome::Kind::ambiguous;  // a 5xx or a timeout
  taken.kind = SendOutcome::Kind::accepted;
  runner.claim(50);
  for (int i = 0; i < 10; ++i) runner.learn(broken, 1ms, runner.at += 1ms, runner.random);
  REQUIRE(runner.resume_at > runner.at);
  CHECK_FALSE(runner.next(runner.at));
  // What was claimed before, too.
  const auto pause_over = [&] {
    runner.at = std::max(runner.at, runner.resume_at);
    for (auto& pending : runner.queue) pending.keep_until = runner.at + 2s;
  };
  pause_over();
  CHECK(runner.next(runner.at));
  CHECK_FALSE(runner.next(runner.at));
  // A probe that fails pauses again.
  runner.at += 5ms;
  --runner.in_flight;
  runner.learn(broken, 5ms, runner.at, runner.random);
  CHECK(runner.resume_at > runner.at);
  pause_over();
  CHECK(runner.next(runner.at));
  CHECK_FALSE(runner.next(runner.at));
  runner.at += 5ms;
  --runner.in_flight;
  runner.learn(taken, 5ms, runner.at, runner.random);
  CHECK(runner.next(runner.at));
  CHECK(runner.next(runner.at));
}
