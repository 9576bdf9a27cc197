// What may forbid a message after its launch, from the command line to the provider: a contact that is
// deleted, a time zone that nobody knows, quiet hours that begin while it is under way, a text that is being
// read.
#include <thread>

#include <doctest/doctest.h>

#include "tests/support/world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

void change(World& world, const std::string& statement) {
  world.db.run([&](Tx& tx) { exec(tx, statement); });
}

std::string hold_codes(const World& world) {
  std::string codes;
  const auto report = world.report();
  for (const auto& hold : report["holds"]) codes += hold["code"].get<std::string>() + " ";
  return codes;
}

// In San Francisco, where the numbers are.
std::string clock_at(World& world, Timestamp at) {
  return world.db.run([&](Tx& tx) {
    return exec(tx, "SELECT to_char($1::timestamptz AT TIME ZONE 'America/Los_Angeles', 'HH24:MI')", at)
        .front()[0]
        .as<std::string>();
  });
}

}  // namespace

TEST_CASE("who is deleted between launch and turn gets no text, and report and explain say why") {
  World world;
  world.set_up();
  world.add_contacts(3);
  world.add_campaign("Hi {{first_name}}");
  world.must({"campaign", "launch", "spring"});
  world.must({"contact", "delete", contact_number(1), "--yes"});
  world.start_daemon();
  world.wait_until_finished();
  CHECK(world.accepted().size() == 2);
  CHECK(world.accepted(contact_number(1)).empty());
  CHECK(world.report()["skipped"] == nlohmann::json{{"deleted", 1}});
  CHECK(world.must({"campaign", "explain", "spring", "--to", contact_number(1)}).out.find("reason deleted") !=
        std::string::npos);
  CHECK(world.must({"campaign", "verify", "spring"}).status == 0);
  CHECK(world.must({"report", "verify"}).status == 0);
}

TEST_CASE("a time zone that this machine does not know stops nobody else, and is told everywhere") {
  World world;
  world.set_up();
  world.add_contacts(3);
  world.add_campaign("Hi {{first_name}}");
  const auto night = now() + 6h;
  world.must({"tenant", "update", "acme", "--quiet-hours",
              clock_at(world, night) + "-" + clock_at(world, night + 30min)});
  change(world, "UPDATE contact SET timezone = 'America/Newtown' WHERE msisdn = '" + contact_number(1) + "'");
  const auto plan = nlohmann::json::parse(world.must({"campaign", "preflight", "spring", "-o", "json"}).out);
  CHECK(plan["held"] == nlohmann::json{{"unknown_zone", 1}});
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  REQUIRE(await([&] { return world.accepted().size() == 2; }));
  CHECK(world.accepted(contact_number(1)).empty());
  REQUIRE(await([&] { return hold_codes(world) == "unknown_zone "; }));
  for (const auto& told : {world.must({"campaign", "status", "spring"}), world({"doctor"})})
    CHECK(told.out.find("America/Newtown") != std::string::npos);
  const auto explained = nlohmann::json::parse(
      world.must({"campaign", "explain", "spring", "--to", contact_number(1), "-o", "json"}).out);
  CHECK(explained["gate_now"]["verdict"] == "hold");
  CHECK(explained["gate_now"]["reason"] == "unknown_zone");
  world.must({"campaign", "test", "spring", "--to", contact_number(7)});
  REQUIRE(await([&] { return world.accepted(contact_number(7)).size() == 1; }));
  world.must({"contact", "update", contact_number(1), "--timezone", "America/Chicago"});
  world.wait_until_finished();
  CHECK(world.accepted(contact_number(1)).size() == 1);
  CHECK(hold_codes(world) == "");
}

TEST_CASE(
    "what is still in the provider's queue when quiet hours begin reaches nobody, and waits for their end") {
  World world{"[settings]\nrate = 1\n"};  // the number's own, whatever it was promised
  world.set_up(50);
  world.add_contacts(100);  // more than leave until then, at one a second
  world.add_campaign("Hi {{first_name}}");
  world.start_daemon();
  auto begin = std::chrono::ceil<std::chrono::minutes>(now() + 20s);
  world.must({"tenant", "update", "acme", "--quiet-hours",
              clock_at(world, begin) + "-" + clock_at(world, begin + 8h)});
  world.must({"campaign", "launch", "spring"});
  REQUIRE(await([&] { return world.accepted().size() == 100; }));
  for (const auto& message : world.accepted()) {
    const auto given = parse_rfc3339(message["requested_at"].get<std::string>()) +
                       std::chrono::seconds{message["validity"].get<int>()};
    CHECK(given <= begin);
  }
  const auto delivered = [&] { return world.report()["outcomes"]["delivered"].get<int>(); };
  REQUIRE(await([&] { return now() > begin; }, 90s));
  REQUIRE(await([&] {
    const auto report = world.report();
    return report["waiting"].get<int>() > 0 && report["outcomes"]["queued"] == 0 &&
           report["outcomes"]["sending"] == 0 && report["outcomes"]["sent"] == 0;
  }));
  const auto before = delivered();
  CHECK(before > 0);
  CHECK(before < 100);
  CHECK(world.report()["waiting"] == 100 - before);
  CHECK(hold_codes(world) == "quiet_hours ");
  std::this_thread::sleep_for(2s);  // nothing comes of what was dropped
  CHECK(delivered() == before);
  // They end.
  world.must({"tenant", "update", "acme", "--quiet-hours", "off"});
  REQUIRE(await([&] { return world.accepted().size() == std::size_t(100 + 100 - before); }));
  CHECK(world.must({"campaign", "verify", "spring"}).status == 0);
  CHECK(world.must({"report", "verify"}).status == 0);
}

TEST_CASE("a text that may be an opt-out keeps everything from leaving for its number until it is read") {
  World world;
  world.set_up();
  world.add_contacts(2);
  world.add_campaign("Hi {{first_name}}");
  world.start_daemon();
  REQUIRE(world.inbound(contact_number(0), "too many messages") / 100 == 2);
  const auto plan = nlohmann::json::parse(world.must({"campaign", "preflight", "spring", "-o", "json"}).out);
  CHECK(plan["held"] == nlohmann::json{{"in_review", 1}});
  world.must({"campaign", "launch", "spring"});
  REQUIRE(await([&] { return hold_codes(world) == "in_review "; }));
  CHECK(world.accepted(contact_number(0)).empty());
  CHECK(world({"inbox", "reply", "1", "--body", "Why?"}).status == 8);
  world.must({"inbox", "dismiss", "1"});
  world.wait_until_finished();
  CHECK(world.accepted(contact_number(0)).size() == 1);
}
