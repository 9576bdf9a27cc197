// smscrm top: one look in a pipe, and what it shows of lanes and campaigns.
#include <doctest/doctest.h>

#include "tests/support/world.hpp"

using namespace smscrm;

TEST_CASE("top tells programs what is due, of which lane and campaign, and people the same") {
  World world;
  world.set_up();
  world.add_contacts(30);
  world.add_campaign();
  auto quiet = world.must({"top", "-o", "json", "--interval", "1s"}).json();
  CHECK(quiet["due"] == 0);
  CHECK(quiet["fenced"] == false);
  CHECK(quiet["lanes"].empty());
  CHECK(quiet["campaigns"].empty());
  CHECK(quiet["daemons"].empty());

  world.must({"campaign", "launch", "spring"});
  auto seen = world.must({"top", "-o", "json", "--interval", "1s"}).json();
  CHECK(seen["due"] == 30);
  REQUIRE(seen["lanes"].size() == 1);
  CHECK(seen["lanes"][0]["tenant"] == "acme");
  CHECK(seen["lanes"][0]["state"] == "no_daemon");
  CHECK(seen["lanes"][0]["due"] == 30);
  REQUIRE(seen["campaigns"].size() == 1);
  CHECK(seen["campaigns"][0]["waiting"] == 30);
  CHECK(seen["campaigns"][0]["accepted_per_second"] == 0);

  const auto page = world.must({"top", "--interval", "1s"}).out;
  CAPTURE(page);
  for (const char* words : {"no daemon", "due 30", "acme", "no daemon", "spring", "waiting"})
    CHECK(page.find(words) != std::string::npos);
  CHECK(page.find('\033') == std::string::npos);  // a pipe has no screen

  world.must({"account", "pause", "--reason", "a look at the list"});
  seen = world.must({"top", "-o", "json", "--interval", "1s"}).json();
  CHECK(seen["due"] == 0);
  CHECK(seen["lanes"][0]["state"] == "paused");
  CHECK(seen["lanes"][0]["due"] == 30);
  CHECK(world.must({"top", "--interval", "1s"}).out.find("a look at the list") != std::string::npos);

  world.must({"account", "resume"});
  world.start_daemon();
  world.wait_until_settled();
  seen = world.must({"top", "-o", "json", "--interval", "1s"}).json();
  CHECK(seen["due"] == 0);
  CHECK(seen["daemons"].size() == 1);
  REQUIRE(seen["lanes"].size() == 1);
  CHECK(seen["lanes"][0]["claimed_in_last_minute"] == 30);
  CHECK(seen["campaigns"].empty());
}

TEST_CASE("rates are of the time between two looks") {
  World world{"[settings]\n[faults]\nlatency_ms = 20\n"};
  world.set_up(20);  // parts a second
  world.add_contacts(200);
  world.add_campaign();
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  nlohmann::ordered_json seen;
  CHECK(await([&] {
    seen = world.must({"top", "-o", "json", "--interval", "1s"}).json();
    return seen["accepted_per_second"] > 5;
  }));
  CHECK(seen["accepted_per_second"] < 60);
  REQUIRE(seen["campaigns"].size() == 1);
  CHECK(seen["campaigns"][0]["accepted_per_second"] == seen["accepted_per_second"]);
  CHECK(seen["lanes"][0]["state"] == "sending");
  CHECK(seen["lanes"][0]["host"] != "");
}

TEST_CASE("an interval that cannot be kept is refused") {
  World world;
  for (const char* wrong : {"0s", "2h"}) {
    const auto result = world({"top", "--interval", wrong});
    CHECK(result.status == 2);
    CHECK(result.err.find("1s to 1h") != std::string::npos);
  }
}
