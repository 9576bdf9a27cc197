// SIGTERM while requests are under way: what can be finished is, and nobody waits for ever for what cannot.
#include <csignal>

#include <doctest/doctest.h>

#include "tests/daemon/http/peer.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

int count(World& world, const std::string& statuses) {
  return world.db.run([&](Tx& tx) {
    return exec(tx, "SELECT count(*) FROM message WHERE status::text = ANY(string_to_array($1, ' '))",
                statuses)
        .front()[0]
        .as<int>();
  });
}

std::string owner(World& world) {
  return world.db.run([](Tx& tx) { return exec(tx, "SELECT owner FROM lane").front()[0].as<std::string>(); });
}

}  // namespace

TEST_CASE("a stop finishes the requests under way, writes down what became of them, and lets the lane go") {
  World world{"[faults]\nlatency_ms = 700\n"};
  world.variables["SMSCRM_TWILIO_TIMEOUT"] = "20s";
  world.set_up();
  world.add_contacts(300);
  world.add_campaign("Hi {{first_name}}");
  world.must({"account", "set", "--max-in-flight", "20"});
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  REQUIRE(await([&] { return world.accepted().size() >= 20; }));
  CHECK(world.daemon->stop() == 0);
  const auto taken = world.accepted().size();
  CHECK(taken < 300);
  CHECK(count(world, "in_flight unknown") == 0);
  CHECK(count(world, "waiting") == 300 - static_cast<int>(taken));
  CHECK(owner(world) == "");
  CHECK(world.must({"campaign", "verify", "spring"}).status == 0);
  CHECK(world.must({"report", "verify"}).status == 0);
}

TEST_CASE("a stop ends the sending at once, whoever holds up the edge") {
  World world;
  world.set_up(10);
  world.add_contacts(300);
  world.add_campaign("Hi {{first_name}}");
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  REQUIRE(await([&] { return world.accepted().size() > 0; }));
  Client slow{world.daemon_url()};
  slow.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n");  // and no more
  world.daemon->signal(SIGTERM);
  CHECK(await([&] { return owner(world).empty(); }, 5s));
  CHECK(world.daemon->stop() == 0);
}

TEST_CASE("a stop does not wait for a provider that hangs; the next daemon finds out what it took") {
  World world{"[faults]\nhang_after = 1\nattempts = 1\ncallback_drop = 1\n"};
  world.variables["SMSCRM_TWILIO_TIMEOUT"] = "60s";
  world.set_up();
  world.add_contacts(8);  // as many as leave before the first answer
  world.add_campaign("Hi {{first_name}}");
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  REQUIRE(await([&] { return world.accepted().size() == 8; }));
  const auto begin = now();
  CHECK(world.daemon->stop() == 0);
  CHECK(now() - begin > 9s);
  CHECK(now() - begin < 20s);
  CHECK(count(world, "in_flight") == 8);
  CHECK(owner(world) == "");
  world.start_daemon();
  world.wait_until_finished();
  CHECK(world.accepted().size() == 8);
  CHECK(world.report()["outcomes"]["failed"] == 0);
  CHECK(world.must({"campaign", "verify", "spring"}).status == 0);
  CHECK(world.must({"report", "verify"}).status == 0);
}
