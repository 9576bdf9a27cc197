// Receipts that never come, with the real programs.
#include <doctest/doctest.h>

#include "tests/support/world.hpp"

using namespace smscrm;

namespace {

constexpr const char* no_callbacks = R"([settings]
failed = 0.1
undelivered = 0.1
[faults]
callback_drop = 1.0
)";

std::int64_t pending(const nlohmann::json& report) {
  const auto& outcomes = report["outcomes"];
  return outcomes["queued"].get<std::int64_t>() + outcomes["sending"].get<std::int64_t>() +
         outcomes["sent"].get<std::int64_t>();
}

// What the provider says of each status.
std::map<std::string, int> fates(const World& world) {
  std::map<std::string, int> counts;
  for (const auto& message : world.accepted()) ++counts[message["status"].get<std::string>()];
  return counts;
}

}  // namespace

TEST_CASE("without one callback the daemon's own sweep learns what became of every message") {
  World world{no_callbacks};
  world.variables["SMSCRM_SCHEDULER_RECEIPT_OVERDUE"] = "1s";
  world.set_up();
  world.must({"tenant", "update", "acme", "--undelivered-retries", "0"});
  world.add_contacts(300);
  world.add_campaign("Hi {{first_name}}");
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  world.wait_until_settled();
  const auto report = world.report();
  auto said = fates(world);
  for (const std::string status : {"delivered", "undelivered", "failed"})
    CHECK(report["outcomes"][status] == said[status]);
  CHECK(report["cost"]["estimated"] == false);
  CHECK(world.must({"campaign", "verify", "spring"}).status == 0);
  CHECK(world.must({"report", "verify"}).status == 0);
}

TEST_CASE("reconcile asks at once, says what it found, and finds nothing the second time") {
  World world{no_callbacks};
  world.variables["SMSCRM_SCHEDULER_RECEIPT_OVERDUE"] = "1h";
  world.set_up();
  world.add_contacts(200);
  world.add_campaign("Hi {{first_name}}");
  world.start_daemon();
  world.must({"campaign", "launch", "spring", "--wait"});
  CHECK(pending(world.report()) == 200);
  CHECK(world.must({"reconcile", "--older-than", "1h", "-o", "json"}).json()["overdue"] == 0);
  const auto dry = world.must({"reconcile", "--older-than", "0s", "--dry-run", "-o", "json"}).json();
  CHECK(dry["overdue"] == 200);
  CHECK(dry["requests"] == 0);
  CHECK(pending(world.report()) == 200);

  REQUIRE(await([&] {
    auto said = fates(world);
    return said["sent"] + said["queued"] + said["sending"] == 0;
  }));
  const auto done =
      world.must({"reconcile", "--campaign", "spring", "--older-than", "0s", "-o", "json"}).json();
  CHECK(done["raised"] == 200);
  CHECK(done["priced"].get<int>() + fates(world)["failed"] >= 200);
  // What was sent comes by pages; what never was is asked for one by one.
  CHECK(done["requests"].get<int>() < 60);
  CHECK(pending(world.report()) == 0);
  CHECK(world.must({"reconcile", "--older-than", "0s", "-o", "json"}).json()["overdue"] == 0);
  CHECK(world.must({"campaign", "verify", "spring"}).status == 0);
  CHECK(world.must({"report", "verify"}).status == 0);
}

TEST_CASE("reconcile tells scripts that the provider is away") {
  World world{no_callbacks};
  world.variables["SMSCRM_SCHEDULER_RECEIPT_OVERDUE"] = "1h";
  world.set_up();
  world.add_contacts(3);
  world.add_campaign("Hi {{first_name}}");
  world.start_daemon();
  world.must({"campaign", "launch", "spring", "--wait"});
  world.variables["SMSCRM_TWILIO_API_URL"] = fmt::format("http://127.0.0.1:{}", free_port());
  const auto result = world({"reconcile", "--older-than", "0s", "-o", "json"});
  CHECK(result.status == 7);
  CHECK(result.json()["unanswered"] == 3);
}
