// Events reach a tenant's endpoint although the daemon is killed again and again.
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "tests/support/webhook.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using test::HookReceiver;
using test::http_reply;
using test::RawReply;

TEST_CASE("every event arrives at least once, in the order of its contact, through kills of the daemon") {
  World world;
  world.variables = {{"SMSCRM_WEBHOOK_ALLOW_NETWORKS", "127.0.0.0/8"}, {"SMSCRM_WEBHOOK_LEASE", "1s"}};
  world.set_up(100);
  world.add_contacts(300);
  world.add_campaign("Hi {{first_name}}");
  std::atomic<int> calls{0};
  HookReceiver receiver{[&](const auto&) {
    // Some are lost on their way back, and so are sent again.
    const int call = ++calls;
    return call % 97 == 0 ? RawReply{"", true} : RawReply{http_reply(204, "")};
  }};
  const auto added = world.must({"webhook", "add", "crm", "--url", receiver.url(), "--events",
                                 "message.*,inbound,opt_out,campaign.*", "-o", "json"});
  receiver.expect_secret(added.json()["secret"].get<std::string>());
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  for (std::size_t kill = 1; kill <= 4; ++kill) {
    REQUIRE(await([&] { return receiver.count() > kill * 60; }, 60s));
    world.daemon->kill();
    world.start_daemon();
  }
  world.wait_until_finished();
  const auto stopping = contact_number(7);
  CHECK(await([&] { return world.inbound(stopping, "STOP") == 200; }));
  const auto waiting = [&] {
    return world.must({"webhook", "show", "crm", "-o", "json"}).json()["waiting"].get<int>();
  };
  while (true) {
    REQUIRE(await([&] { return waiting() == 0; }, 90s));
    world.daemon->stop();
    if (waiting() == 0) break;
    world.start_daemon();  // a receipt came in between
  }

  // What was written, in the order of each key, against what arrived first.
  std::map<std::string, std::vector<std::string>> written, arrived;
  world.db.run([&](Tx& tx) {
    for (const auto& row : exec(tx, "SELECT 'evt_' || event_id, order_key FROM webhook_delivery ORDER BY id"))
      written[row[1].as<std::string>()].push_back(row[0].as<std::string>());
  });
  std::map<std::string, std::string> key_of;
  for (const auto& [key, ids] : written)
    for (const auto& id : ids) key_of[id] = key;
  std::set<std::string> seen;
  const auto arrivals = receiver.arrivals();
  for (const auto& arrival : arrivals) {
    CHECK(arrival.is_signed);
    if (seen.insert(arrival.id).second) arrived[key_of.at(arrival.id)].push_back(arrival.id);
  }
  CHECK(written == arrived);
  CHECK(written.size() == 301);          // the contacts and the campaign
  CHECK(arrivals.size() > seen.size());  // some came twice, as they may
  MESSAGE(arrivals.size() << " arrivals of " << seen.size() << " events");

  std::map<std::string, std::vector<std::string>> types;
  for (const auto& arrival : arrivals)
    if (const auto& data = arrival.event["data"]; data.contains("campaign") && data.contains("audience"))
      types[data["campaign"].get<std::string>()].push_back(arrival.event["type"].get<std::string>());
  CHECK(types["spring"].front() == "campaign.launched");
  CHECK(types["spring"].back() == "campaign.finished");
  // What the ledger says in the end was told.
  std::set<std::pair<int, std::string>> told;
  bool text = false, opt_out = false;
  for (const auto& arrival : arrivals) {
    const auto& data = arrival.event["data"];
    if (data.contains("status") && data.contains("message"))
      told.emplace(data["message"].get<int>(), data["status"].get<std::string>());
    text |= arrival.event["type"] == "inbound" && data["from"] == stopping;
    opt_out |= arrival.event["type"] == "opt_out" && data["number"] == stopping;
  }
  CHECK(text);
  CHECK(opt_out);
  world.db.run([&](Tx& tx) {
    for (const auto& row : exec(tx, "SELECT id, status FROM message"))
      CHECK(told.count({row[0].as<int>(), row[1].as<std::string>()}) == 1);
  });
}
