// Commands while daemons send: launches that come together, pause, resume, cancel, and what a launch has
// fixed.
#include <functional>
#include <set>
#include <thread>

#include <doctest/doctest.h>

#include "tests/support/world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

Timestamp last_sent(const World& world) {
  Timestamp last{};
  for (const auto& message : world.accepted())
    last = std::max(last, parse_rfc3339(message["requested_at"].get<std::string>()));
  return last;
}

}  // namespace

TEST_CASE("twenty launches at once with one key are one, and all get the same answer") {
  World world;
  world.set_up();
  world.add_contacts(20);
  world.add_campaign("Hi {{first_name}}");
  std::vector<CommandResult> results(20);
  {
    std::vector<std::jthread> threads;
    for (auto& result : results)
      threads.emplace_back([&] {
        result = world({"campaign", "launch", "spring", "--key", "k1", "-o", "json"});
      });
  }
  std::set<std::string> launches;
  int first = 0;
  for (const auto& result : results) {
    REQUIRE_MESSAGE(result.status == 0, result.err);
    const auto answer = result.json();
    launches.insert(answer["launch"].get<std::string>());
    first += answer["replayed"] == false;
    CHECK(answer["audience"] == 20);
    CHECK(answer["status"] == "running");
  }
  CHECK(launches.size() == 1);
  CHECK(first == 1);
  CHECK(world.db.run([](Tx& tx) { return exec(tx, "SELECT count(*) FROM message").front()[0].as<int>(); }) ==
        20);
  CHECK(world({"campaign", "launch", "spring"}).status == 6);
  CHECK(world({"campaign", "launch", "spring", "--key", "k2"}).status == 6);
}

TEST_CASE("pause, resume and cancel act within a second, and nothing is left half done") {
  const char* faults = nullptr;
  SUBCASE("with a quick provider") { faults = ""; }
  SUBCASE("with one that is slow and often busy") {
    faults = "[settings]\nsend_ms = 400\n[faults]\ntoo_many = 0.4\n";
  }
  World world{faults};
  world.set_up(60);
  world.add_contacts(600);
  world.add_campaign("Hi {{first_name}}");
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  REQUIRE(await([&] { return world.accepted().size() >= 30; }));

  world.must({"campaign", "pause", "spring"});
  const auto paused = now();
  REQUIRE(await([&] { return world.report()["in_flight"] == 0; }));
  std::this_thread::sleep_for(1500ms);  // a silence has no other sign
  CHECK(last_sent(world) < paused + 1s);

  const auto before = world.accepted().size();
  world.must({"campaign", "resume", "spring"});
  const auto resumed = now();
  REQUIRE(await([&] { return world.accepted().size() > before; }));
  CHECK(now() - resumed < 2s);  // with the time that it takes to look

  world.must({"-y", "campaign", "cancel", "spring"});
  const auto canceled = now();
  REQUIRE(await([&] { return world.report()["in_flight"] == 0; }));
  std::this_thread::sleep_for(1500ms);
  CHECK(last_sent(world) < canceled + 1s);
  const auto report = world.report();
  CHECK(report["status"] == "canceled");
  CHECK(report["waiting"] == 0);
  CHECK(report["outcomes"]["canceled"].get<std::size_t>() + world.accepted().size() == 600);
  CHECK(world.must({"campaign", "verify", "spring"}).status == 0);
  CHECK(world.must({"report", "verify"}).status == 0);
}

TEST_CASE("a late job is refused, a canceled campaign ends the waiting, and a changed text changes nothing") {
  World world;
  world.set_up(20);
  world.add_contacts(400);  // more than leave before a slow machine cancels
  world.add_campaign("As it was launched");
  CHECK(
      world({"campaign", "launch", "spring", "--key", "k1", "--not-after", "2026-01-01T00:00:00Z"}).status ==
      8);
  CHECK(world.report()["status"] == "draft");
  CommandResult waited;
  {
    const std::jthread waiting{[&] {
      waited = world({"campaign", "launch", "spring", "--key", "k1", "--wait", "-o", "json"});
    }};
    REQUIRE(await([&] { return world.report()["status"] == "running"; }));
    // A launch that has happened is no later for it.
    CHECK(world({"campaign", "launch", "spring", "--key", "k1", "--not-after", "2026-01-01T00:00:00Z"})
              .status == 0);
    world.must({"template", "update", "spring", "--body", "As it is now"});
    world.start_daemon();
    REQUIRE(await([&] { return world.accepted().size() >= 20; }));
    world.must({"-y", "campaign", "cancel", "spring"});
  }
  CHECK(waited.status == 1);
  CHECK(waited.json()["status"] == "canceled");
  for (const auto& message : world.accepted()) CHECK(message["body"] == "As it was launched");
}
