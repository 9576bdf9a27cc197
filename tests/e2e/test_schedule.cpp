// Launches at a time, by daemons that come and go.
#include <thread>

#include <doctest/doctest.h>

#include "core/base/time.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

// All that is planned is due so many seconds from now.
void make_due(World& world, int seconds) {
  world.db.run([&](Tx& tx) {
    exec(tx, "UPDATE schedule SET due_at = now() + $1 * interval '1 second' WHERE status = 'planned'",
         seconds);
  });
}

int count_rows(World& world, const std::string& sql) {
  return world.db.run([&](Tx& tx) { return exec(tx, sql).front()[0].as<int>(); });
}

}  // namespace

TEST_CASE("a scheduled campaign is sent at its time, and doctor tells of one that is late") {
  World world;
  world.set_up();
  world.add_contacts(20);
  world.add_campaign("Hi {{first_name}}");
  const auto planned = world.must({"campaign", "schedule", "spring", "--at", "in 2 hours", "-o", "json"});
  CHECK(planned.json()["status"] == "planned");
  CHECK(planned.err.find("campaign spring launches at ") != std::string::npos);
  CHECK(world.must({"schedule", "list", "-o", "json"}).json().size() == 1);
  CHECK(world.must({"schedule", "list"}).out.find("Z") == std::string::npos);  // all by the tenant's clock
  CHECK(world.must({"campaign", "show", "spring", "-o", "json"}).json()["scheduled_at"] ==
        planned.json()["due_at"]);
  world.start_daemon();
  std::this_thread::sleep_for(1500ms);  // a silence has no other sign
  CHECK(world.report()["status"] == "draft");
  make_due(world, 1);
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
  world.must({"campaign", "schedule", "late", "--at", "in 2 hours"});
  make_due(world, -120);
  int told = 0;
  for (const auto& check : world({"doctor", "-o", "json"}).json())
    told += check["check"] == "schedules" && check["status"] == "fail" &&
            check["detail"].get<std::string>().find("campaign late of acme") != std::string::npos;
  CHECK(told == 1);
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
  for (int i = 0; i < campaigns; ++i) {
    const auto slug = fmt::format("c{}", i);
    world.must({"campaign", "create", slug, "--template", "spring", "--audience", "list:spring"});
    world.must({"campaign", "schedule", slug, "--at", "in 2 hours"});
  }
  make_due(world, 2);
  // Two at a time, each killed after a while of its own.
  for (int round = 0; round < 6; ++round) {
    auto one = world.start_another(), other = world.start_another();
    std::this_thread::sleep_for(std::chrono::milliseconds{900 + 170 * round});
    one->kill();
    other->kill();
  }
  world.start_daemon();
  REQUIRE(await(
      [&] { return count_rows(world, "SELECT count(*) FROM schedule WHERE status = 'planned'") == 0; }));
  CHECK(count_rows(world, "SELECT count(*) FROM schedule WHERE status = 'launched'") == campaigns);
  CHECK(count_rows(world, "SELECT count(*) FROM message") == campaigns * 200);
  CHECK(count_rows(world, "SELECT count(*) FROM campaign WHERE launch_id IS NOT NULL") == campaigns);
}

TEST_CASE("runs of a repetition come once each, whichever daemons are killed while they launch") {
  World world;
  world.set_up();
  world.add_contacts(50);
  world.add_campaign("Hi {{first_name}}");
  // Its own time is months away: the test says when it is due.
  world.must({"campaign", "schedule", "spring", "--cron", "0 9 1 1 *", "--zone", "UTC"});
  constexpr int rounds = 4;
  for (int round = 1; round <= rounds; ++round) {
    make_due(world, 1);
    auto one = world.start_another(), other = world.start_another();
    std::this_thread::sleep_for(std::chrono::milliseconds{900 + 230 * round});
    one->kill();
    other->kill();
    auto last = world.start_another();
    REQUIRE(await([&] {
      return count_rows(world, "SELECT count(*) FROM schedule WHERE status = 'launched'") == round &&
             count_rows(world, "SELECT count(*) FROM schedule WHERE status = 'planned' AND due_at > now()") ==
                 1;
    }));
    REQUIRE(await([&] {
      return count_rows(world, "SELECT count(*) FROM campaign WHERE status IN ('running', 'paused')") == 0;
    }));
    last->kill();
  }
  CHECK(count_rows(world, "SELECT count(*) FROM campaign WHERE launch_id IS NOT NULL") == rounds);
  CHECK(count_rows(world, "SELECT count(*) FROM message") == rounds * 50);
  CHECK(world.accepted().size() == rounds * 50U);
  const auto listed = world.must({"schedule", "list", "-o", "json"}).json();
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["last_status"] == "launched");
  CHECK(listed[0]["last_run"].get<std::string>().starts_with("spring-"));
  CHECK(world.report()["status"] == "draft");
}
