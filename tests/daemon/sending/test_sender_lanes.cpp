// Several lanes, and what must not wait in memory.
#include <algorithm>
#include <deque>
#include <thread>

#include <doctest/doctest.h>
#include <fmt/chrono.h>

#include "core/base/form.hpp"
#include "core/base/guarded.hpp"
#include "core/base/log.hpp"
#include "core/net/crypto.hpp"
#include "tests/support/pipeline.hpp"
#include "tests/support/raw_peer.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::http_reply;
using test::Pipeline;
using test::RawPeer;
using test::RawReply;
using test::RawRequest;
using test::SendFixture;

namespace {

RawReply accept(const std::string& sid) {
  return {http_reply(201, R"({"sid":")" + sid + R"(","status":"queued","num_segments":"1"})")};
}

// Its list is out of order.
RawReply accept_by_number(const RawRequest& request) {
  if (request.head.rfind("GET", 0) == 0) return {http_reply(500, "{}")};
  return accept("SM" + std::string{*find_field(parse_form(request.body), "To")});
}

// Runs as long as it lives.
struct Running {
  SendPipeline sender;
  std::jthread thread;
  Running(const Pipeline& p, const std::string& id)
      : sender(p.config, p.key, p.options(id)),
        thread([this](std::stop_token stop) { sender.run(std::move(stop)); }) {}
};

const char* const statuses =
    "SELECT string_agg(s, ' ' ORDER BY s) FROM (SELECT status || '=' || count(*) AS s FROM message"
    " WHERE tenant_id = $1 GROUP BY status) x";

}  // namespace

TEST_CASE("what was claimed is given back when the provider wants a pause") {
  RawPeer peer{[](const RawRequest&) {
    return RawReply{http_reply(429, R"({"code":20429})", "Retry-After: 300\r\n")};
  }};
  Pipeline p{peer.url()};
  const auto campaign = p.f.launch(40);
  Running running{p, "d1"};
  CHECK(p.await("SELECT count(claimed_at) >= 8 FROM message WHERE tenant_id = $1", "t", 20s));
  CHECK(p.await(statuses, "waiting=40", 20s));
  CHECK(p.f.value("SELECT max(attempt) FROM message WHERE tenant_id = $1") == "0");
  p.f.check_counters(campaign);
}

TEST_CASE("what was claimed is given back when the provider does not answer") {
  RawPeer peer{[](const RawRequest&) { return RawReply{}; }};
  Pipeline p{peer.url()};
  p.config.twilio.timeout = 1min;
  p.config.twilio.max_in_flight = 2;
  auto options = p.options("d1");
  options.drain = 0ms;
  const auto campaign = p.f.launch(50);
  SendPipeline sender{p.config, p.key, options};
  std::jthread thread{[&](std::stop_token stop) { sender.run(std::move(stop)); }};
  CHECK(p.await(statuses, "in_flight=2 waiting=48", 20s));
  p.f.check_counters(campaign);
}

TEST_CASE("an unknown message is found at a provider whose clock is minutes behind ours") {
  std::atomic<int> sent{0};
  RawPeer peer{[&](const RawRequest& request) {
    if (request.head.rfind("POST", 0) == 0) {
      ++sent;
      return RawReply{"", true};
    }
    const auto date = fmt::format("{:%a, %d %b %Y %H:%M:%S}", fmt::gmtime(std::time(nullptr) - 300));
    return RawReply{http_reply(
        200,
        R"({"messages":[{"sid":"SM1","status":"queued","direction":"outbound-api","to":"+14155550000",)"
        R"("from":"+15005550006","body":"Hi Ann0!","date_created":")" +
            date + " +0000\"}]}",
        "Date: " + date + " GMT\r\n")};
  }};
  Pipeline p{peer.url()};
  p.f.launch(1);
  Running running{p, "d1"};
  CHECK(p.await(statuses, "queued=1", 20s));
  CHECK(sent == 1);
}

TEST_CASE("twilio.timeout ends a request without an answer") {
  RawPeer peer{[](const RawRequest&) { return RawReply{}; }};
  Pipeline p{peer.url()};
  p.config.twilio.timeout = 300ms;
  p.f.launch(1);
  Running running{p, "d1"};
  CHECK(p.await(statuses, "unknown=1", 10s));
}

TEST_CASE("lanes share the requests at once") {
  Guarded<std::string> order;
  RawPeer peer{[&](const RawRequest& request) {
    const char lane = request.head[request.head.find("/Accounts/AC") + 12];
    return accept("SM" + std::to_string(order.with([&](auto& all) {
                    all += lane;
                    return all.size();
                  })));
  }};
  Pipeline p{peer.url()};
  p.config.twilio.max_in_flight = 2;
  SendFixture other{p.f.db, "other", 100'000};
  p.set_up_account(other, '2');
  p.f.launch(2000);
  other.launch(40);
  Running running{p, "d1"};
  for (const auto end = now() + 30s; other.value(statuses) != "queued=40" && now() < end;)
    wait_unless_stopped({}, 20ms);
  const auto sent = order.with([](const auto& all) { return all; });
  REQUIRE(std::count(sent.begin(), sent.end(), '2') == 40);
  CHECK(sent.rfind('2') < 1000);  // the first to be claimed may be some hundreds ahead
}

TEST_CASE("a lane that fails does not stop the others") {
  RawPeer peer{accept_by_number};
  Pipeline p{peer.url()};
  SendFixture other{p.f.db, "other", 100'000};
  p.set_up_account(other, '2');
  p.f.launch(5);
  p.f.sql("UPDATE campaign SET body = 'Hi {{' WHERE tenant_id = $1");
  other.launch(5);
  set_log(LogLevel::off, LogFormat::logfmt);
  {
    Running running{p, "d1"};
    for (const auto end = now() + 20s; other.value(statuses) != "queued=5" && now() < end;)
      wait_unless_stopped({}, 20ms);
  }
  CHECK(other.value(statuses) == "queued=5");
  CHECK(p.f.value(statuses) == "waiting=5");
}

TEST_CASE("lanes without work are looked at together") {
  RawPeer peer{accept_by_number};
  Pipeline p{peer.url()};
  std::deque<SendFixture> others;
  for (const char digit : std::string{"23456789abcdef"})
    p.set_up_account(others.emplace_back(p.f.db, fmt::format("t{}", digit), 100'000), digit);
  Running running{p, "d1"};
  REQUIRE(p.await("SELECT count(*) FROM lane WHERE owner = 'd1' AND $1 > 0", "15", 20s));
  const auto transactions = [&] {
    const std::string count =
        "SELECT xact_commit + xact_rollback FROM pg_stat_database"
        " WHERE datname = current_database() AND $1 > 0";
    return std::stol(p.f.value(count));
  };
  wait_unless_stopped({}, 1s);
  const auto before = transactions();
  wait_unless_stopped({}, 4s);
  // Five looks, a renewal and a comparison a second; by lane it would be 75 looks.
  CHECK(transactions() - before < 150);
  others.back().launch(1);
  for (const auto end = now() + 20s; others.back().value(statuses) != "queued=1" && now() < end;)
    wait_unless_stopped({}, 20ms);
  CHECK(others.back().value(statuses) == "queued=1");
}

TEST_CASE("an outcome that the database refuses becomes unknown, and the others are kept") {
  RawPeer peer{accept_by_number};
  Pipeline p{peer.url()};
  p.f.db.run([](Tx& tx) { exec(tx, "ALTER TABLE message ADD CHECK (provider_sid <> 'SM+14155550003')"); });
  const auto campaign = p.f.launch(20);
  set_log(LogLevel::off, LogFormat::logfmt);
  {
    Running running{p, "d1"};
    CHECK(p.await(statuses, "queued=19 unknown=1", 20s));
  }
  CHECK(p.f.value("SELECT provider_sid || parts FROM message WHERE tenant_id = $1 AND status = 'unknown'") ==
        "1");
  p.f.check_counters(campaign);
}

TEST_CASE("a lane that is new does not wait until leases are renewed") {
  RawPeer peer{accept_by_number};
  Pipeline p{peer.url()};
  p.config.sender.lease = 90s;
  const auto account = p.f.value("DELETE FROM lane WHERE tenant_id = $1 RETURNING account_id");
  Running running{p, "d1"};
  REQUIRE(p.await("SELECT count(*) FROM daemon WHERE $1::bigint > 0", "1", 10s));
  p.f.db.run([&](Tx& tx) {
    exec(tx, "INSERT INTO lane (tenant_id, account_id) VALUES ($1, $2)", p.f.tenant.id, account);
  });
  p.f.launch(1);
  CHECK(p.await(statuses, "queued=1", 10s));
}

TEST_CASE("an account that is set right goes on, and nothing leaves with the old token") {
  Guarded<int> refused{0};
  const std::string bad = "Basic " + base64_encode("AC" + std::string(32, '1') + ":" + std::string(32, 'a'));
  RawPeer peer{[&](const RawRequest& request) {
    if (request.head.find(bad) == std::string::npos) return accept_by_number(request);
    refused.with([](int& count) { ++count; });
    return RawReply{http_reply(401, R"({"code":20003,"message":"Authenticate"})")};
  }};
  Pipeline p{peer.url()};
  p.f.launch(100);
  set_log(LogLevel::off, LogFormat::logfmt);
  Running running{p, "d1"};
  REQUIRE(p.await("SELECT pause_code FROM lane WHERE tenant_id = $1", "20003", 20s));
  REQUIRE(p.await(statuses, "waiting=100", 20s));
  const auto before = refused.with([](int count) { return count; });
  p.f.db.run([&](Tx& tx) {
    AccountChange change;
    change.auth_token = std::string(32, 'b');
    set_account(tx, p.key, p.f.tenant.id, change, now());
  });
  CHECK(p.await(statuses, "queued=100", 20s));
  CHECK(refused.with([](int count) { return count; }) == before);
}

TEST_CASE("a failure of all lanes is not repeated without a rest, and ends") {
  RawPeer peer{accept_by_number};
  Pipeline p{peer.url()};
  p.f.launch(1);
  const auto execute = [&](const char* sql) { p.f.db.run([&](Tx& tx) { exec(tx, sql); }); };
  execute("CREATE SEQUENCE attempts");
  // Refused by the server, which is there: no lost connection.
  execute(
      "CREATE FUNCTION refuse_daemon() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS"
      " $$ BEGIN PERFORM nextval('attempts'); RAISE EXCEPTION 'no'; END $$");
  execute("CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON daemon EXECUTE FUNCTION refuse_daemon()");
  set_log(LogLevel::off, LogFormat::logfmt);
  Running running{p, "d1"};
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(p.await("SELECT last_value >= 3 AND $1::bigint > 0 FROM attempts", "t", 20s));
  CHECK(std::chrono::steady_clock::now() - begin > 1500ms);
  execute("DROP TRIGGER refuse ON daemon");
  CHECK(p.await(statuses, "queued=1", 20s));
}
