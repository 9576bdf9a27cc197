// A database that has forgotten what was sent: a standby that lagged behind and is promoted, a disk that is
// put back.
#include <set>
#include <thread>

#include <doctest/doctest.h>

#include "tests/support/own_servers.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

nlohmann::json check_of(World& world, const std::string& name) {
  for (const auto& check : world({"doctor", "-o", "json"}).json())
    if (check["check"] == name) return check;
  return {};
}

// Nobody's silence has another sign.
bool is_silent(World& world, std::size_t accepted) {
  std::this_thread::sleep_for(3s);
  return world.accepted().size() == accepted;
}

}  // namespace

TEST_CASE("a database that has forgotten texts sends none of them again, and nothing else by itself") {
  std::string how;
  SUBCASE("a standby that lagged behind is promoted") { how = "standby"; }
  SUBCASE("a disk is put back") { how = "disk"; }
  CAPTURE(how);
  const OwnServers servers;
  World world;
  world.set_up(10);  // so that it is under way for long enough
  world.add_contacts(300);
  world.add_campaign();
  world.must({"template", "create", "other", "--body", "Another"});
  for (const auto* slug : {"other", "planned"})
    world.must({"campaign", "create", slug, "--template", "other", "--audience", "list:spring"});
  world.start_daemon();
  world.must({"campaign", "schedule", "planned", "--at", "in 2 hours"});
  CHECK(check_of(world, "fence")["status"] == "ok");
  CHECK(world({"backup", "resume", "--yes"}).status == 6);
  world.must({"campaign", "launch", "spring", "--yes"});
  REQUIRE(await([&] { return world.accepted().size() > 40; }));
  servers.take_snapshot();
  const auto remembered = world.accepted().size();
  REQUIRE(await([&] { return world.accepted().size() > remembered + 50; }));
  world.daemon->kill();
  const auto accepted = world.accepted().size();
  REQUIRE(accepted < 300);
  servers.put_back(how);

  world.start_daemon();
  CHECK(check_of(world, "fence")["status"] == "fail");
  CHECK(is_silent(world, accepted));
  const auto status = world.must({"backup", "status", "-o", "json"}).json();
  CHECK(status["fenced"] == true);
  CHECK(status["campaigns"].size() == 1);
  CHECK(status["campaigns"][0]["waiting"].get<int>() > 50);
  const auto launched = world({"campaign", "launch", "other", "--yes"});
  CHECK(launched.status == 8);
  CHECK(launched.err.find("smscrm backup status") != std::string::npos);
  CHECK(world({"message", "test", "--to", contact_number(0), "--body", "x"}).status != 0);
  world.db.run([](Tx& tx) { exec(tx, "UPDATE schedule SET due_at = now() - interval '1 minute'"); });
  // Who says no is heard all the same.
  CHECK(world.inbound(contact_number(299), "STOP") == 200);
  REQUIRE(await([&] {
    return world.must({"contact", "show", contact_number(299), "-o", "json"}).json()["may_be_texted"] ==
           false;
  }));
  CHECK(is_silent(world, accepted));

  const auto lifted = world.must({"backup", "resume", "--yes"});
  CHECK(lifted.err.find("spring of acme") != std::string::npos);
  CHECK(world.report()["status"] == "paused");
  CHECK(world.must({"schedule", "list", "--all", "-o", "json"}).json()[0]["status"] == "missed");
  CHECK(check_of(world, "fence")["status"] == "ok");
  // The daemon took it up again: what was in flight then is known, and nobody was texted twice.
  REQUIRE(await([&] { return world.report()["unknown"] == 0 && world.report()["in_flight"] == 0; }, 60s));
  CHECK(is_silent(world, accepted));
  std::set<std::string> numbers;
  for (const auto& message : world.accepted()) numbers.insert(message["to"].get<std::string>());
  CHECK(numbers.size() == accepted);
  // Numbers that were given out since are not given out again.
  world.must({"campaign", "launch", "other", "--yes"});
  CHECK(world.db.run([](Tx& tx) {
    return exec(tx,
                "SELECT min(m.id) FROM message m JOIN campaign c ON c.id = m.campaign_id WHERE c.slug = "
                "'other'")
        .front()[0]
        .as<std::int64_t>();
  }) > 100'000'000);
}
