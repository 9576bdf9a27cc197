// How fast messages leave, judged by what the sandbox received: rates, lanes that change hands, and fairness.
#include <algorithm>
#include <functional>
#include <thread>

#include <doctest/doctest.h>

#include "tests/support/world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

struct Sent {
  Timestamp at;
  int parts;
  std::string from, to, body;
};

std::vector<Sent> sent(const World& world) {
  std::vector<Sent> all;
  for (const auto& message : world.accepted())
    all.push_back({parse_rfc3339(message["requested_at"].get<std::string>()), message["parts"].get<int>(),
                   message["from"].get<std::string>(), message["to"].get<std::string>(),
                   message["body"].get<std::string>()});
  std::sort(all.begin(), all.end(), [](const Sent& a, const Sent& b) { return a.at < b.at; });
  return all;
}

// In every window of a second, wherever it begins.
void check_rate(const std::vector<Sent>& all, double rate, const std::function<bool(const Sent&)>& of) {
  std::vector<Sent> chosen;
  std::copy_if(all.begin(), all.end(), std::back_inserter(chosen), of);
  REQUIRE(chosen.size() > 20);
  double most = 0, held = 0;
  auto first = chosen.begin();
  for (const auto& message : chosen) {
    held += message.parts;
    for (; first->at <= message.at - 1s; ++first) held -= first->parts;
    most = std::max(most, held);
  }
  CHECK(most <= rate);
}

const std::string second_sender = "+12025550100";

// An account of 40 parts a second, senders of 20 and 30, and two campaigns: one of two parts a message, and
// one that may send 8 parts a second.
void set_up_rates(World& world, int contacts) {
  world.set_up(20);
  world.must({"account", "set", "--rate", "40"});
  world.must({"sender", "add", second_sender, "--rate", "30"});
  world.add_contacts(contacts);
  world.add_campaign(std::string(200, 'a'));
  world.must({"template", "create", "slow", "--body", "slowly"});
  world.must(
      {"campaign", "create", "slow", "--template", "slow", "--audience", "list:spring", "--rate", "8"});
}

void check_rates(const World& world) {
  const auto all = sent(world);
  check_rate(all, 40, [](const Sent&) { return true; });
  check_rate(all, 20, [&](const Sent& message) { return message.from == world.sender; });
  check_rate(all, 30, [](const Sent& message) { return message.from == second_sender; });
  check_rate(all, 8, [](const Sent& message) { return message.body == "slowly"; });
}

std::string owner(World& world) {
  return world.db.run([](Tx& tx) { return exec(tx, "SELECT owner FROM lane").front()[0].as<std::string>(); });
}

bool owns(World& world, pid_t daemon) {
  return owner(world).find(fmt::format("-{}-", daemon)) != std::string::npos;
}

}  // namespace

TEST_CASE("account, sender and campaign keep their rates in every second") {
  World world;
  set_up_rates(world, 80);
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  world.must({"campaign", "launch", "slow"});
  REQUIRE(await([&] { return world.accepted().size() == 160; }, 60s));
  check_rates(world);
}

TEST_CASE("three daemons keep them as one does, while the lane goes from hand to hand") {
  World world;
  set_up_rates(world, 120);
  world.start_daemon();
  std::vector<std::unique_ptr<Daemon>> all;
  all.push_back(std::move(world.daemon));
  all.push_back(world.start_another());
  all.push_back(world.start_another());
  const auto owned = [&] {
    return std::find_if(all.begin(), all.end(),
                        [&](const auto& daemon) { return owns(world, daemon->pid()); });
  };
  world.must({"campaign", "launch", "spring"});
  world.must({"campaign", "launch", "slow"});
  REQUIRE(await([&] { return world.accepted().size() > 30; }, 30s));
  REQUIRE(owned() != all.end());

  // A clean stop hands it over at once: no lease is left to wait for.
  auto leaving = std::move(*owned());
  all.erase(std::find(all.begin(), all.end(), nullptr));
  const auto left = leaving->pid();
  CHECK(leaving->stop() == 0);
  CHECK_FALSE(owns(world, left));
  CHECK(await([&] { return owned() != all.end(); }, 4s));
  const auto before = world.accepted().size();
  REQUIRE(await([&] { return world.accepted().size() > before + 30; }, 30s));

  // A killed one holds it for its lease of two seconds and no longer.
  auto killed = std::move(*owned());
  all.erase(std::find(all.begin(), all.end(), nullptr));
  killed->kill();
  CHECK(await([&] { return owned() != all.end(); }, 6s));
  REQUIRE(await([&] { return world.accepted().size() == 240; }, 60s));
  check_rates(world);
}

TEST_CASE("a large campaign delays neither another tenant nor a test") {
  World world;
  world.set_up(150);
  world.add_contacts(1500);
  world.add_campaign("Hi {{first_name}}");
  const auto beta = [&](std::vector<std::string> words, const std::string& input = "") {
    words.insert(words.begin(), {"--tenant", "beta"});
    return world.must(std::move(words), input);
  };
  world.must({"tenant", "create", "beta", "--quiet-hours", "off"});
  const auto sid =
      nlohmann::json::parse(world.must({"account", "show", "-o", "json"}).out)["sid"].get<std::string>();
  beta({"account", "set", "--sid", sid, "--token-file", "-"}, "sandbox-token\n");
  beta({"sender", "add", second_sender, "--rate", "100"});
  std::string csv = "phone\n";
  for (int i = 0; i < 100; ++i) csv += fmt::format("+1212555{:04}\n", i);
  beta({"import", "run", "-", "--list", "few", "--consent-source", "web form"}, csv);
  beta({"template", "create", "few", "--body", "few"});
  beta({"campaign", "create", "few", "--template", "few", "--audience", "list:few"});
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  REQUIRE(await([&] { return world.accepted().size() > 100; }, 20s));

  beta({"campaign", "launch", "few"});
  const auto launched = now();
  world.must({"campaign", "test", "spring", "--to", "+12125559999"});
  const auto tested = now();
  REQUIRE(await([&] { return world.report()["waiting"] == 0; }, 60s));
  const auto all = sent(world);
  Timestamp last_of_few{}, test{};
  std::size_t after_both = 0;
  for (const auto& message : all) {
    if (message.body == "few") last_of_few = message.at;
    if (message.to == "+12125559999") test = message.at;
  }
  for (const auto& message : all) after_both += message.at > std::max(last_of_few, test);
  CHECK(std::count_if(all.begin(), all.end(), [](const Sent& message) { return message.body == "few"; }) ==
        100);
  CHECK(test - tested < 3s);
  CHECK(last_of_few - launched < 4s);
  CHECK(after_both > 300);
}

TEST_CASE("a reply leaves within seconds while a large campaign is under way at a low rate") {
  World world;
  world.set_up(10);
  world.add_contacts(1000);
  world.add_campaign("Hi {{first_name}}");
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  REQUIRE(await([&] { return world.accepted().size() > 20; }));
  REQUIRE(world.inbound(contact_number(7), "Until when are you open?") == 200);
  std::string id;
  REQUIRE(await([&] {
    const auto texts = nlohmann::json::parse(world.must({"inbox", "list", "-o", "json"}).out);
    if (!texts.empty()) id = fmt::format("{}", texts.front()["id"].get<std::int64_t>());
    return !id.empty();
  }));

  world.must({"inbox", "reply", id, "--body", "Until nine."});
  const auto begin = now();
  std::optional<Timestamp> replied;
  CHECK(await([&] {
    for (const auto& message : sent(world))
      if (message.to == contact_number(7) && message.body == "Until nine.") replied = message.at;
    return replied.has_value();
  }));
  CHECK(replied.value_or(Timestamp::max()) - begin < 4s);
  CHECK(world.report()["waiting"] > 500);
}
