// The main job with the real programs: smscrm, smscrmd and the sandbox, on PostgreSQL and Redis.
#include <regex>
#include <set>

#include <doctest/doctest.h>

#include "core/net/curl.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;

namespace {

void check_conservation(const nlohmann::json& report) {
  std::int64_t all = report["waiting"].get<std::int64_t>() + report["in_flight"].get<std::int64_t>() +
                     report["unknown"].get<std::int64_t>();
  for (const auto& [reason, count] : report["skipped"].items()) all += count.get<std::int64_t>();
  for (const auto& [outcome, count] : report["outcomes"].items()) all += count.get<std::int64_t>();
  CHECK(all == report["audience"].get<std::int64_t>());
}

// How often the sandbox accepted a message for each number.
std::multiset<std::string> recipients(const World& world) {
  std::multiset<std::string> numbers;
  for (const auto& message : world.accepted()) numbers.insert(message["to"].get<std::string>());
  return numbers;
}

void check_each_once(const World& world, int contacts) {
  const auto numbers = recipients(world);
  CHECK(numbers.size() == static_cast<std::size_t>(contacts));
  CHECK(std::set<std::string>(numbers.begin(), numbers.end()).size() == static_cast<std::size_t>(contacts));
}

}  // namespace

TEST_CASE("a campaign goes out, comes back, and adds up") {
  World world;
  world.must({"migrate"});
  world.set_up();
  world.add_contacts(200);
  world.must({"consent", "opt-out", "+14155550007"});
  world.must({"dnc", "add", "+14155550008"});
  world.add_campaign();
  world.start_daemon();

  const auto plan = nlohmann::json::parse(world.must({"campaign", "preflight", "spring", "-o", "json"}).out);
  CHECK(plan["audience"] == 200);
  CHECK(plan["recipients"] == 198);
  CHECK(plan["skipped"]["opted_out"] == 1);
  CHECK(plan["skipped"]["dnc"] == 1);

  const auto launched = nlohmann::json::parse(
      world.must({"campaign", "launch", "spring", "--key", "k1", "--wait", "-o", "json"}).out);
  CHECK(launched["audience"] == 200);
  CHECK(launched["replayed"] == false);
  const auto again =
      nlohmann::json::parse(world.must({"campaign", "launch", "spring", "--key", "k1", "-o", "json"}).out);
  CHECK(again["replayed"] == true);
  CHECK(again["launch"] == launched["launch"]);

  world.wait_until_settled();
  auto report = world.report();
  CHECK(report["audience"] == 200);
  CHECK(report["outcomes"]["delivered"] == 198);
  CHECK(report["skipped"]["opted_out"] == 1);
  check_conservation(report);
  check_each_once(world, 198);
  CHECK(world.must({"campaign", "verify", "spring"}).status == 0);
  CHECK(world.must({"report", "verify"}).status == 0);

  // Replies, STOP and a click come back.
  CHECK(world.inbound("+14155550001", "when do you open?") == 200);
  CHECK(world.inbound("+14155550002", "STOP") == 200);
  const std::string body = world.accepted().front()["body"];
  std::smatch url;
  REQUIRE(std::regex_search(body, url, std::regex{"http://\\S+/r/\\w+"}));
  HttpCall click;
  click.url = url[0];
  click.headers = {"User-Agent: Mozilla/5.0 (iPhone)"};
  CHECK(http_request(click).status == 302);
  CHECK(world.daemon->stop() == 0);
  report = world.report();
  CHECK(report["replies"] == 2);
  CHECK(report["opt_outs"] == 1);
  CHECK(report["unique_clicks"] == 1);
  CHECK(world.must({"consent", "show", "+14155550002", "-o", "json"}).out.find("opted_out") !=
        std::string::npos);
  CHECK(nlohmann::json::parse(world.must({"inbox", "list", "-o", "json"}).out).size() == 2);
}

TEST_CASE("faults of the provider neither lose nor double a message") {
  World world{R"([faults]
too_many = 0.2
server_error = 0.1
reset_after = 0.05
truncate_after = 0.05
close_reused_after = 0.05
callback_drop = 0.2
callback_double = 0.2
callback_delay = 0.2
attempts = 2
)"};
  world.set_up();
  world.add_contacts(300);
  world.add_campaign("Hi {{first_name}}");
  world.start_daemon();
  world.must({"campaign", "launch", "spring", "--wait"});
  check_each_once(world, 300);
  const auto report = world.report();
  CHECK(report["unknown"] == 0);
  check_conservation(report);
  CHECK(world.must({"campaign", "verify", "spring"}).status == 0);
  CHECK(world.must({"report", "verify"}).status == 0);
}

TEST_CASE("a daemon killed at any moment sends nothing twice and forgets nothing") {
  World world;
  world.set_up();
  world.add_contacts(600);
  world.add_campaign("Hi {{first_name}}");
  world.must({"campaign", "launch", "spring"});
  for (int kills = 0; kills < 5; ++kills) {
    world.start_daemon();
    const auto before = recipients(world).size();
    while (recipients(world).size() < before + 60 && recipients(world).size() < 600) {
    }
    world.daemon->kill();
  }
  world.start_daemon();
  world.wait_until_finished();
  check_each_once(world, 600);
  CHECK(world.must({"campaign", "verify", "spring"}).status == 0);
  CHECK(world.must({"report", "verify"}).status == 0);
}

TEST_CASE("who says STOP while the campaign runs gets nothing after the acknowledgement") {
  World world;
  world.set_up(50);
  world.add_contacts(200);
  world.add_campaign("Hi {{first_name}}");
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  for (int i = 199; i > 100; i -= 10) CHECK(world.inbound(fmt::format("+1415555{:04}", i), "Stop") == 200);
  const auto acknowledged = recipients(world);
  world.wait_until_settled();
  const auto sent = recipients(world);
  std::size_t stopped = 0;
  for (int i = 199; i > 100; i -= 10) {
    const auto number = fmt::format("+1415555{:04}", i);
    CHECK(sent.count(number) == acknowledged.count(number));
    stopped += sent.count(number) == 0;
  }
  CHECK(stopped > 0);
  // One that was on its way when the provider heard the STOP, the provider refused.
  const auto refused = world.must({"message", "list", "--status", "failed", "-o", "json"}).json();
  for (const auto& message : refused) CHECK(message["error_code"] == 21610);
  CHECK(world.report()["skipped"].value("opted_out", std::size_t{0}) + refused.size() == stopped);
}
