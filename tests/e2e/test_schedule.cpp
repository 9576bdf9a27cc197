// Launches at a time, by daemons that come and go.
#include <thread>

#include <doctest/doctest.h>

#include "core/base/time.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

std::string in_seconds(int seconds) { return format_rfc3339(now() + std::chrono::seconds{seconds}); }

int count(const World& world, const std::string& sql) {
  return const_cast<World&>(world).db.run(
      [&](Tx& tx) { return exec(tx, sql).front()[0].as<int>(); });
}

}  // namespace

TEST_CASE("a scheduled campaign is sent at its time, and doctor tells of one that is late") {
  World world;
  world.set_up();
  world.add_contacts(20);
  world.add_campaign("Hi {{first_name}}");
  const auto planned = world.must({"campaign", "schedule", "spring", "--at", in_seconds(4), "-o", "json"});
  CHECK(planned.json()["status"] == "planned");
  CHECK(planned.err.find("campaign spring launches at ") != std::string::npos);
  CHECK(world.must({"schedule", "list", "-o", "json"}).json().size() == 1);
  CHECK(world.must({"campaign", "show", "spring", "-o", "json"}).json()["scheduled_at"] ==
        planned.json()["due_at"]);
  world.start_daemon();
  CHECK(world.report()["status"] == "draft");
  world.wait_until_settled();
  CHECK(world.accepted().size() == 20);
  const auto ended = world.must({"schedule", "list", "--all", "-o", "json"}).json();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0]["status"] == "launched");
  CHECK(parse_rfc3339(ended[0]["ended_at"].get<std::string>()) -
            parse_rfc3339(ended[0]["due_at"].get<std::string>()) <
        10s);

  world.daemon.reset();
  world.must({"campaign", "create", "late", "--template", "spring", "--audience", "list:spring"});
  world.must({"campaign", "schedule", "late", "--at", in_seconds(3600)});
  world.db.run([](Tx& tx) {
    exec(tx, "UPDATE schedule SET due_at = now() - interval '2 minutes' WHERE status = 'planned'");
  });
  const auto doctor = world({"doctor", "-o", "json"}).json();
  for (const auto& check : doctor)
    if (check["check"] == "schedules") {
      CHECK(check["status"] == "fail");
      CHECK(check["detail"].get<std::string>().find("campaign late of acme") != std::string::npos);
    }
  CHECK(world({"campaign", "schedule", "late", "--at", "yesterday"}).status == 2);
  CHECK(world({"campaign", "schedule", "late", "--at", "tomorrow 9:00", "--zone", "Mars/Base"}).status == 2);
  CHECK(world({"schedule", "cancel", "late"}).status == 0);
  CHECK(world({"schedule", "cancel", "late"}).status == 5);
}

TEST_CASE("daemons that are killed while they launch launch each campaign once") {
  World world;
  world.set_up();
  world.add_contacts(200);
  world.must({"template", "create", "spring", "--body", "Hi {{first_name}}"});
  constexpr int campaigns = 12;
  const auto due = in_seconds(6);
  for (int i = 0; i < campaigns; ++i) {
    const auto slug = fmt::format("c{}", i);
    world.must({"campaign", "create", slug, "--template", "spring", "--audience", "list:spring"});
    world.must({"campaign", "schedule", slug, "--at", due});
  }
  // Two at a time, each killed after a while of its own.
  for (int round = 0; round < 6; ++round) {
    auto one = world.start_another(), other = world.start_another();
    if (round == 0) await([&] { return now() > parse_rfc3339(due); });
    std::this_thread::sleep_for(std::chrono::milliseconds{150 + 170 * round});
    one->kill();
    other->kill();
  }
  world.start_daemon();
  REQUIRE(await([&] { return count(world, "SELECT count(*) FROM schedule WHERE status = 'planned'") == 0; }));
  CHECK(count(world, "SELECT count(*) FROM schedule WHERE status = 'launched'") == campaigns);
  CHECK(count(world, "SELECT count(*) FROM message") == campaigns * 200);
  CHECK(count(world, "SELECT count(*) FROM campaign WHERE launch_id IS NOT NULL") == campaigns);
}
