// Campaigns as they go, over server-sent events: told to whoever may know, for as long as they may.
#include <fstream>
#include <iterator>
#include <thread>

#include <doctest/doctest.h>

#include "tests/support/daemon.hpp"
#include "tests/support/people.hpp"

using namespace smscrm;
using namespace smscrm::test;

namespace {

// curl(1) that goes on reading, and what it has read.
class Listener {
 public:
  Listener(const std::string& url, std::vector<std::string> headers) {
    file_ = dir_.write("events", "");
    std::string command = "exec curl -sSN -i --max-time 120 " + url;
    for (const auto& header : headers) command += " -H '" + header + "'";
    thread_ = std::jthread([command = command + " > " + file_ + " 2>&1"] {
      run_command({"sh", "-c", command});
    });
  }
  std::string heard() const {
    std::ifstream in{file_};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  bool hears(const std::string& text) const {
    return await([&] { return heard().find(text) != std::string::npos; });
  }

 private:
  TempDir dir_;
  std::string file_;
  std::jthread thread_;
};

std::string last_event(const std::string& heard) {
  const auto at = heard.rfind("data: ");
  return at == std::string::npos ? "" : heard.substr(at + 6, heard.find('\n', at) - at - 6);
}

}  // namespace

TEST_CASE(
    "a campaign is told of until it is over, to whoever may know, and to nobody whose session has ended") {
  People people;
  auto& world = people.world;
  world.must({"sender", "update", world.sender, "--rate", "5"});
  world.add_contacts(20);
  world.add_campaign();
  people.add("ann@acme.example");
  people.add("vic@acme.example", "viewer");
  auto ann = people.sign_in("ann@acme.example"), vic = people.sign_in("vic@acme.example");
  const auto url = world.daemon_url() + "/api/v1/tenants/acme/events";
  CHECK(ann("HEAD", "/tenants/acme/events").headers.at("content-type") == "text/event-stream");
  CHECK(ann("GET", "/tenants/acme/events?campaign=none").status == 404);
  CHECK(ann("GET", "/tenants/other/events").status == 404);
  CHECK(people.browser()("GET", "/tenants/acme/events").status == 401);
  auto ended = std::chrono::steady_clock::now();
  {
    const Listener watcher{url, {"Cookie: __Host-smscrm=" + vic.cookie}};
    const Listener named{url + "?campaign=spring", {"Cookie: __Host-smscrm=" + ann.cookie}};
    REQUIRE(watcher.hears("retry: 2000"));
    CHECK(watcher.heard().find("X-Accel-Buffering: no") != std::string::npos);
    CHECK(named.hears("\"status\":\"draft\""));
    world.must({"campaign", "launch", "spring", "-y"});
    REQUIRE(watcher.hears("event: campaign\ndata: {\"campaign\":\"spring\",\"status\":\"running\""));
    // The same as the status, and what did not change is not told again.
    const auto status = ann("GET", "/tenants/acme/campaigns/spring/status");
    CHECK(nlohmann::json::parse(last_event(watcher.heard())).size() == status.json().size());
    CHECK(watcher.hears("\"status\":\"finished\""));
    const auto tag = ann("GET", "/tenants/acme/campaigns/spring/status").headers.at("etag");
    CHECK(ann("GET", "/tenants/acme/campaigns/spring/status", "", {"If-None-Match: " + tag}).status == 304);
    CHECK(named.hears("\"status\":\"finished\""));
    // Listening is no use of the session.
    const auto seen = [&] {
      return world.db.run([](Tx& tx) {
        return exec(tx, "SELECT max(seen_at) FROM user_session").front()[0].as<std::string>();
      });
    };
    people.age_sessions("seen_at = now() - interval '5 minutes'");
    const auto before = seen();
    world.must({"user", "disable", "vic@acme.example"});
    CHECK(ann("POST", "/auth/logout").status == 204);
    CHECK(seen() == before);
    ended = std::chrono::steady_clock::now();
  }
  CHECK(std::chrono::steady_clock::now() - ended <
        std::chrono::seconds{60});  // not by curl, after two minutes
}

TEST_CASE("each session listens only so often, and a daemon that stops ends it") {
  People people;
  people.add("ann@acme.example");
  auto ann = people.sign_in("ann@acme.example");
  const auto url = people.world.daemon_url() + "/api/v1/tenants/acme/events";
  std::vector<std::unique_ptr<Listener>> all;
  for (int i = 0; i < 8; ++i)
    all.push_back(
        std::make_unique<Listener>(url, std::vector<std::string>{"Cookie: __Host-smscrm=" + ann.cookie}));
  for (const auto& one : all) CHECK(one->hears("retry: 2000"));
  CHECK(ann("GET", "/tenants/acme/events").status == 429);
  const auto begun = std::chrono::steady_clock::now();
  CHECK(people.world.daemon->stop() == 0);
  all.clear();
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds{30});
}
