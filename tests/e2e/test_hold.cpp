// What holds messages up although nobody paused them: daily caps, expiry, errors of the account, a policy.
#include <algorithm>
#include <functional>
#include <thread>

#include <doctest/doctest.h>

#include "core/net/curl.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

std::string metrics(const World& world) {
  HttpCall call;
  call.url = world.daemon_url() + "/metrics";
  return http_request(call).body;
}

}  // namespace

TEST_CASE("a daily cap is kept through a kill, told by status and doctor, and may be raised") {
  World world{R"([faults]
too_many = 0.1
server_error = 0.1
reset_after = 0.1
attempts = 1
)"};
  world.set_up();
  world.must({"sender", "update", world.sender, "--daily-cap", "40"});
  world.add_contacts(60);
  world.add_campaign("Hi {{first_name}}");
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  REQUIRE(await([&] { return world.accepted().size() > 10; }));
  world.daemon->kill();
  world.start_daemon();
  const auto settled = [&](int waiting) {
    const auto report = world.report();
    return report["waiting"] == waiting && report["in_flight"] == 0 && report["unknown"] == 0;
  };
  REQUIRE(await([&] { return settled(20); }));
  CHECK(world.accepted().size() == 40);
  const auto holds = world.report()["holds"];
  REQUIRE(holds.size() == 1);
  CHECK(holds[0]["code"] == "daily_cap");
  CHECK(holds[0]["message"] == "the daily cap of sender +15005550006 is reached: 40 of 40 parts");
  CHECK(holds[0]["until"].is_string());
  CHECK(world({"doctor"}).out.find("the daily cap of sender") != std::string::npos);
  world.must({"sender", "update", world.sender, "--daily-cap", "off"});
  world.wait_until_finished();
  CHECK(world.accepted().size() == 60);
  CHECK(world.must({"campaign", "verify", "spring"}).status == 0);
  CHECK(world.must({"report", "verify"}).status == 0);
}

TEST_CASE("nothing leaves after its expiry, and the provider is told how long it may wait") {
  World world;
  world.set_up(10);
  world.add_contacts(60);
  world.add_campaign("Hi {{first_name}}");
  world.must({"campaign", "update", "spring", "--expires-after", "3s"});
  world.must({"template", "create", "later", "--body", "later"});
  world.must({"campaign", "create", "later", "--template", "later", "--audience", "list:spring",
              "--expires-after", "3d"});
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  world.wait_until_finished();
  world.must({"campaign", "launch", "later"});
  const auto expires = world.db.run([](Tx& tx) {
    return exec(tx, "SELECT expires_at FROM campaign WHERE slug = 'spring'").front()[0].as<Timestamp>();
  });
  REQUIRE(await([&] { return world.accepted().size() > 60; }));
  std::size_t in_time = 0;
  for (const auto& message : world.accepted()) {
    const std::chrono::seconds validity{message["validity"].get<int>()};
    if (message["body"] == "later") {
      CHECK(validity == 36'000s);  // the longest that Twilio takes
      continue;
    }
    ++in_time;
    CHECK(validity >= 1s);
    CHECK(parse_rfc3339(message["requested_at"].get<std::string>()) + validity <= expires + 300ms);
  }
  const auto report = world.report();
  CHECK(report["outcomes"]["expired"].get<std::size_t>() + in_time == 60);
  CHECK(report["outcomes"]["expired"] > 0);
}

TEST_CASE("an error of the account pauses sending, is told everywhere, and ends with resume") {
  World world{"[settings]\nnumbers.\"+14155550003\" = {refuse = 21606}\n"};
  world.set_up(20);
  world.add_contacts(10);
  world.add_campaign("Hi {{first_name}}");
  world.start_daemon();
  CommandResult waited;
  std::jthread waiting{[&] { waited = world({"campaign", "launch", "spring", "--wait"}); }};
  REQUIRE(await(
      [&] { return metrics(world).find("smscrm_lanes_paused{code=\"21606\"} 1") != std::string::npos; }));
  const auto holds = world.report()["holds"];
  REQUIRE(holds.size() == 1);
  CHECK(holds[0]["code"] == "lane_paused");
  CHECK(holds[0]["message"].get<std::string>().ends_with("your account (error 21606)"));
  CHECK(world({"campaign", "status", "spring"}).out.find("smscrm account resume") != std::string::npos);
  CHECK(world({"doctor"}).status == 1);
  CHECK(world.daemon->log().find("code=21606") != std::string::npos);
  world.must({"dnc", "add", "+14155550003"});
  const auto follower_looked = [&] {
    return world.db.run([](Tx& tx) {
      return exec(tx,
                  "SELECT 1 FROM pg_stat_activity a, lane l WHERE a.datname = current_database()"
                  " AND a.application_name = 'smscrm' AND a.state = 'idle' AND a.pid <> pg_backend_pid()"
                  " AND a.state_change > l.paused_at + interval '1 s'")
                 .size() > 0;
    });
  };
  CHECK(await(follower_looked));
  world.must({"account", "resume"});
  world.wait_until_finished();
  waiting.join();
  CHECK(waited.status == 0);
  CHECK(waited.err.find("sending is paused") != std::string::npos);
  CHECK(waited.err.find("smscrm account resume") != std::string::npos);
  CHECK(world.accepted().size() == 9);
  CHECK(await([&] { return metrics(world).find("smscrm_lanes_paused{") == std::string::npos; }));
  CHECK(world.must({"campaign", "verify", "spring"}).status == 0);
  CHECK(world.must({"report", "verify"}).status == 0);
}

TEST_CASE("an error of the account that only receipts tell spares the rest of the audience") {
  World world{"[settings]\nnumbers.\"+14155550003\" = {status = \"undelivered\", error_code = 30034}\n"};
  world.set_up(10);
  world.add_contacts(60);
  world.add_campaign("Hi {{first_name}}");
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  REQUIRE(await(
      [&] { return metrics(world).find("smscrm_lanes_paused{code=\"30034\"} 1") != std::string::npos; }));
  CHECK(world.daemon->log().find("code=30034") != std::string::npos);
  CHECK(world.report()["holds"][0]["code"] == "lane_paused");
  CHECK(world({"doctor"}).status == 1);
  CHECK(world.accepted().size() < 60);
  world.must({"account", "resume"});
  world.wait_until_finished();
  CHECK(world.accepted().size() == 60);
  CHECK(world.must({"campaign", "verify", "spring"}).status == 0);
  CHECK(world.must({"report", "verify"}).status == 0);
}

TEST_CASE("where the policy is to hold, a message proven absent waits for somebody's word, and leaves once") {
  World world{"[faults]\nhang = 1\nattempts = 1\n"};
  world.set_up();
  world.must({"tenant", "update", "acme", "--unknown-policy", "hold"});
  world.add_contacts(3);
  world.add_campaign("Hi {{first_name}}");
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  REQUIRE(await([&] {
    return std::ranges::any_of(world.report()["holds"], [](const auto& hold) {
      return hold["code"] == "unknown" &&
             hold["message"].template get<std::string>().starts_with("3 unknown messages");
    });
  }));
  CHECK(world.report()["status"] == "running");
  CHECK(world({"doctor"}).out.find("3 unknown messages") != std::string::npos);
  CHECK(world.accepted().empty());
  world.must({"-y", "message", "resolve", "--campaign", "spring", "--as", "resend"});
  world.wait_until_finished();
  CHECK(world.accepted().size() == 3);
  CHECK(world.must({"campaign", "verify", "spring"}).status == 0);
  CHECK(world.must({"report", "verify"}).status == 0);
}
