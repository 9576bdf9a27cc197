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

SendOutcome outcome(SendOutcome::Kind kind, Trouble trouble) {
  SendOutcome outcome;
  outcome.kind = kind;
  outcome.trouble = trouble;
  return outcome;
}

const auto taken = outcome(SendOutcome::Kind::accepted, Trouble::none);
const auto refused = outcome(SendOutcome::Kind::retry_later, Trouble::busy);
const auto lost = outcome(SendOutcome::Kind::ambiguous, Trouble::failing);

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
  auto slower = outcome(SendOutcome::Kind::retry_later, Trouble::busy);
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
  const auto told = runner.trouble_at(runner.at);
  REQUIRE(told);
  CHECK(told->code == "provider_busy");
  CHECK(*told->until > now() + 4min);
  CHECK_FALSE(runner.trouble_at(runner.at + 5min));
}

TEST_CASE("no more is claimed than replies make place for soon") {
  Runner runner;
  for (int i = 0; i < 100; ++i) {
    runner.claim(1);
    const auto sent = runner.next(runner.at);
    REQUIRE(sent);
    runner.replied(*sent, taken, runner.at += 500ms);
  }
  CHECK(runner.free() == 5);  // two at once, and 2.8 more in 700 ms
  runner.claim(5);
  CHECK(runner.free() == 0);
  const auto first = runner.next(runner.at);
  CHECK(first);
  CHECK(runner.next(runner.at));
  CHECK_FALSE(runner.next(runner.at));
  runner.queue.clear();
  CHECK(runner.free() == 3);
  runner.at += 1100ms;  // no reply came
  CHECK(runner.free() == 0);
  runner.replied(*first, taken, runner.at);
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
  runner.replied(*first, taken, runner.at);
  CHECK(runner.next_at(runner.at) == runner.at + 1s);
}

TEST_CASE("what was refused for too many at once leaves again from here while its time lasts") {
  Runner runner;
  runner.claim(3);
  auto sent = runner.next(runner.at);
  REQUIRE(sent);
  const auto id = sent->message.id;
  runner.at += 100ms;
  runner.replied(*sent, refused, runner.at);
  CHECK(runner.failures == 0);
  REQUIRE(runner.again(*sent, runner.at));
  CHECK(runner.queue.front().message.id == id);
  CHECK(runner.queue.size() == 3);
  sent = runner.next(runner.at + 1s);
  CHECK_FALSE(sent);  // a pause would have been heard of by then
  sent = runner.next(runner.at + 500ms);
  REQUIRE(sent);
  CHECK_FALSE(runner.again(*sent, runner.at + 690ms));
  runner.paused = 20003;
  CHECK_FALSE(runner.again(*sent, runner.at + 500ms));
  runner.paused.reset();
  runner.lease_until = runner.at;
  CHECK_FALSE(runner.again(*sent, runner.at + 500ms));
}

TEST_CASE("the time that the provider may hold a message shrinks with each attempt") {
  Runner runner;
  runner.claim(1);
  runner.queue.front().message.request.validity = 100s;
  runner.queue.front().keep_until += 1h;
  auto sent = runner.next(runner.at + 2s);
  REQUIRE(sent);
  CHECK(sent->message.request.validity == 98s);
  runner.replied(*sent, refused, runner.at + 3s);
  REQUIRE(runner.again(*sent, runner.at + 3s));
  CHECK(runner.next(runner.at + 5s)->message.request.validity == 95s);
}

TEST_CASE("timeouts that come together open the circuit only when no younger request was answered") {
  Runner runner;
  runner.learn(taken, 10ms, runner.at, runner.random);
  for (int i = 0; i < 50; ++i) runner.learn(lost, 2s, runner.at, runner.random);
  CHECK(runner.resume_at <= runner.at);
  CHECK_FALSE(runner.trouble_at(runner.at + 5s));
  runner.at += 3s;
  for (int i = 0; i < 10; ++i) runner.learn(lost, 2s, runner.at, runner.random);
  CHECK(runner.failures == 10);
  CHECK(runner.is_open());
  CHECK(runner.trouble_at(runner.at + 1s)->code == "provider_failing");
  runner.at = runner.resume_at;
  CHECK(runner.free() == 1);  // a probe
}

TEST_CASE(
    "an open circuit lets a probe out now and then, ever more seldom, and closes when one is answered") {
  Runner runner;
  runner.max_in_flight = 100;
  runner.window.set_most(100);
  runner.claim(700);
  for (auto& pending : runner.queue) pending.keep_until = runner.at + 24h;
  runner.lease_until = runner.at + 24h;
  for (int i = 0; i < 10; ++i) runner.learn(lost, 1ms, runner.at += 1ms, runner.random);
  const auto begin = runner.at;
  const auto probe_for = [&](Runner::Clock::duration length) {
    int probes = 0;
    for (const auto end = runner.at + length; runner.at < end; runner.at += 5ms)
      while (const auto sent = runner.next(runner.at)) {
        ++probes;
        runner.replied(*sent, lost, runner.at);
        runner.learn(lost, 1ms, runner.at, runner.random);
      }
    return probes;
  };
  const int soon = probe_for(10s);
  CHECK(soon >= 30);
  CHECK(soon <= 60);
  probe_for(begin + 1min - runner.at);
  // The end of a minute's outage is noticed within two seconds, and of an hour's within a quarter of a
  // minute.
  CHECK(runner.resume_at - runner.at < 1600ms);
  const int later = probe_for(1h);
  CHECK(later < 500);
  CHECK(runner.resume_at - runner.at <= 12500ms);
  // Also where the probes themselves hang.
  runner.at = runner.resume_at;
  REQUIRE(runner.next(runner.at));
  CHECK_FALSE(runner.next(runner.at));
  CHECK(runner.next(runner.at + 1s));
  const auto answered = runner.next(runner.at += 20s);
  REQUIRE(answered);
  runner.replied(*answered, taken, runner.at += 5ms);
  runner.learn(taken, 5ms, runner.at, runner.random);
  runner.at = std::max(runner.at, runner.resume_at);
  CHECK(runner.next(runner.at));
  CHECK(runner.next(runner.at));
}

TEST_CASE("a provider that refuses everything is asked now and then, and that is told") {
  Runner runner;
  runner.claim(400);
  for (auto& pending : runner.queue) pending.keep_until = runner.at + 1h;
  int asked = 0;
  for (const auto end = runner.at + 60s; runner.at < end; runner.at += 5ms)
    while (auto sent = runner.next(runner.at)) {
      ++asked;
      runner.replied(*sent, refused, runner.at);
      runner.learn(refused, 1ms, runner.at, runner.random);
      runner.again(*sent, runner.at);
    }
  CHECK(asked > 50);
  CHECK(asked < 200);
  CHECK_FALSE(runner.is_open());
  CHECK(runner.window.busy() < 5);  // what was refused long ago takes no place
  CHECK(runner.trouble_at(runner.at)->code == "provider_busy");
  runner.learn(taken, 1ms, runner.at, runner.random);
  CHECK_FALSE(runner.trouble_at(runner.at));
}

TEST_CASE("trouble is told from the first sign on, by its last word, and not for ever") {
  Runner runner;
  auto unreachable = outcome(SendOutcome::Kind::retry_later, Trouble::out_of_reach);
  unreachable.reason = "Could not resolve host";
  runner.learn(unreachable, 1ms, runner.at, runner.random);
  CHECK_FALSE(runner.trouble_at(runner.at + 500ms));  // it may be over at once
  const auto first = runner.trouble_at(runner.at + 1s);
  REQUIRE(first);
  CHECK(first->code == "provider_unreachable");
  auto stranger = outcome(SendOutcome::Kind::retry_later, Trouble::not_the_vendor);
  runner.learn(stranger, 1ms, runner.at + 10s, runner.random);
  CHECK(runner.trouble_at(runner.at + 10s)->code == "not_the_provider");
  CHECK(runner.trouble_at(runner.at + 10s)->since == first->since);
  CHECK_FALSE(runner.trouble_at(runner.at + 2min));  // nobody has tried since
}
