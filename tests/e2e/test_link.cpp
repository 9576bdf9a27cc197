// Short links while PostgreSQL comes and goes, with the real programs: they lead on, and every hit that was
// answered is stored, once.
#include <atomic>
#include <regex>
#include <thread>

#include <doctest/doctest.h>
#include <signal.h>

#include "core/net/curl.hpp"
#include "tests/support/own_servers.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;

namespace {

const OwnServers& servers() {
  static const OwnServers own;
  return own;
}

// A world with a daemon that knows some links: first one of a campaign's recipient, then those made by hand.
// Of one link, and of one address, only so many hits a minute are stored (daemon/edge/click_gate.hpp).
struct Links {
  World world;
  std::vector<std::string> urls;
  std::atomic<int> hits{0};  // that were answered with a redirect

  explicit Links(int by_hand = 1) {
    world.variables["SMSCRM_HTTP_TRUSTED_PROXIES"] = "127.0.0.1";
    world.must({"migrate"});
    world.set_up();
    world.add_contacts(3);
    world.add_campaign();
    world.start_daemon();
    world.must({"campaign", "launch", "spring", "--wait"});
    const std::string body = world.accepted(contact_number(0)).front()["body"];
    std::smatch url;
    REQUIRE(std::regex_search(body, url, std::regex{"http://\\S+/r/\\w+"}));
    urls.push_back(url[0]);
    for (int i = 0; i < by_hand; ++i) {
      urls.push_back(world.must({"link", "create", "https://acme.example/menu"}).out);
      while (urls.back().ends_with('\n')) urls.back().pop_back();
    }
    for (const auto& one : urls) REQUIRE(follow(one) == 302);
  }

  // Each hit says who it is, so that they can be told apart, and comes from elsewhere; the status.
  int follow(const std::string& url) {
    static std::atomic<int> who{0};
    HttpCall call;
    call.url = url;
    const int one = ++who;
    call.headers = {fmt::format("User-Agent: Mozilla/5.0 (iPhone; {})", one),
                    fmt::format("X-Forwarded-For: 198.18.{}.{}", one / 250, one % 250)};
    const auto status = http_request(call).status;
    if (status == 302) ++hits;
    return status;
  }
  // How many hits are stored; how many of them are doubles.
  std::pair<int, int> stored() const {
    auto connection = world.db.connect();
    return in_transaction(connection, [](Tx& tx) {
      const auto row = exec(tx, "SELECT count(*), count(*) - count(DISTINCT user_agent) FROM click").front();
      return std::pair{row[0].as<int>(), row[1].as<int>()};
    });
  }
  std::string get(const std::string& path) const {
    HttpCall call;
    call.url = world.daemon_url() + path;
    const auto reply = http_request(call);
    return reply.status == 200 ? reply.body : fmt::format("{}", reply.status);
  }
  void check_all_stored() {
    CHECK(await([&] { return stored().first >= hits; }));
    const auto [rows, doubles] = stored();
    INFO(world.daemon->log());
    CHECK(rows - doubles == hits);
    CHECK(doubles == 0);
    CHECK(get("/metrics").find("smscrm_clicks_lost_total 0\n") != std::string::npos);
  }
};

}  // namespace

TEST_CASE("a link leads on while PostgreSQL is away, and the hits are stored once it is back") {
  servers();
  Links links;
  for (const char* mode : {"fast", "immediate"}) {
    CAPTURE(mode);
    servers().stop_postgres(mode);
    for (int i = 0; i < 25; ++i)
      for (const auto& url : links.urls) CHECK(links.follow(url) == 302);
    const auto shown =
        run_command({"curl", "-si", "-A", fmt::format("Mozilla/5.0 ({})", mode), links.urls.front()});
    CHECK(shown.out.find("302 Found") != std::string::npos);
    CHECK(shown.out.find("Location: https://acme.example/spring") != std::string::npos);
    ++links.hits;
    CHECK(await([&] { return links.get("/readyz") == "503"; }));
    servers().start_postgres();
    for (const auto& url : links.urls) CHECK(links.follow(url) == 302);
    links.check_all_stored();
    CHECK(await([&] { return links.get("/readyz") == "ready\n"; }));
  }
  const auto report = links.world.report();
  CHECK(report["unique_clicks"] == 1);
  CHECK(report["clicks"] == 1 + 2 * (25 + 1 + 1));
  CHECK(links.world.daemon->stop() == 0);
}

TEST_CASE("hits that come while PostgreSQL restarts are stored, each once") {
  servers();
  Links links{20};
  links.urls.erase(links.urls.begin());
  std::atomic<int> most{0};  // hits, for only so many are stored
  std::vector<std::jthread> people;
  for (int i = 0; i < 3; ++i)
    people.emplace_back([&](std::stop_token stop) {
      while (!stop.stop_requested()) {
        if (links.hits >= most) std::this_thread::sleep_for(std::chrono::milliseconds{1});
        for (const auto& url : links.urls)
          if (links.hits < most) links.follow(url);
      }
    });
  for (const char* mode : {"immediate", "fast", "immediate"}) {
    const int before = links.hits;
    most = before + 3'000;
    REQUIRE(await([&] { return links.hits > before + 200; }));
    servers().stop_postgres(mode);
    servers().start_postgres();
  }
  people.clear();
  links.check_all_stored();
}

TEST_CASE("a clean stop loses no hit, not even with PostgreSQL on its way back") {
  servers();
  {
    Links links;
    for (int i = 0; i < 100; ++i) links.follow(links.urls[static_cast<std::size_t>(i) % 2]);
    CHECK(links.world.daemon->stop() == 0);
    CHECK(links.stored() == std::pair{links.hits.load(), 0});
  }
  Links links;
  servers().stop_postgres("fast");
  for (int i = 0; i < 100; ++i) links.follow(links.urls[static_cast<std::size_t>(i) % 2]);
  links.world.daemon->signal(SIGTERM);
  CHECK(links.hits == 102);
  servers().start_postgres();
  CHECK(links.world.daemon->stop() == 0);
  CHECK(links.stored() == std::pair{links.hits.load(), 0});
}

TEST_CASE("the links of a campaign answer 410 once they have expired") {
  servers();
  World world;
  world.set_up();
  world.add_contacts(1);
  world.add_campaign();
  world.must({"campaign", "update", "spring", "--links-expire-after", "5s"});
  world.start_daemon();
  world.must({"campaign", "launch", "spring", "--wait"});
  const std::string body = world.accepted(contact_number(0)).front()["body"];
  std::smatch url;
  REQUIRE(std::regex_search(body, url, std::regex{"http://\\S+/r/\\w+"}));
  HttpCall call;
  call.url = url[0];
  CHECK(await([&] { return http_request(call).status == 410; }));
  CHECK(http_request(call).body.find("expired") != std::string::npos);
}

TEST_CASE(
    "a tenant's campaign links to its own domain, and the link leads on whatever the name it is asked by") {
  servers();
  World world;
  world.set_up();
  world.add_contacts(1);
  world.add_campaign();
  world.start_daemon();
  auto own = world.daemon_url();
  own.replace(own.find("127.0.0.1"), 9, "localhost");
  world.must({"tenant", "update", "acme", "--link-url", own});
  const auto plan = world.must({"campaign", "preflight", "spring", "-o", "json"}).json();
  world.must({"campaign", "launch", "spring", "--wait"});
  const auto message = world.accepted(contact_number(0)).front();
  const std::string body = message["body"];
  std::smatch url;
  REQUIRE(std::regex_search(body, url, std::regex{"http://\\S+(/r/\\w+)"}));
  CHECK(url[0].str() == own + url[1].str());
  CHECK(plan["parts"] == 1);
  for (const auto& host : {own, world.daemon_url()}) {
    const auto shown = run_command({"curl", "-si", host + url[1].str()});
    CHECK(shown.out.find("Location: https://acme.example/spring") != std::string::npos);
  }
}

TEST_CASE("a link leads on with whatever handsets glue to it, and as headers carry it") {
  servers();
  Links links;
  auto& world = links.world;
  // The status and where it leads.
  const auto location = [](const std::string& url, const char* method = "--get") {
    return run_command({"curl", "-sS", method, "-A", "Mozilla/5.0 (iPhone)", "-o", "/dev/null",
                        "--path-as-is", "-w", "%{http_code} %{redirect_url}", url})
        .out;
  };
  const std::string menu = links.urls.back();
  for (const char* end : {"", ".", ",", "!", ")", ").", "\"", "/", ";", "%E2%80%9D", "%E3%80%82", "%C2%A0",
                          "'", "...", "?", "*"}) {
    CAPTURE(end);
    for (const char* method : {"--get", "--head"})
      CHECK(location(menu + end, method) == "302 https://acme.example/menu");
  }
  for (const char* more : {"A", "0", "abc"}) CHECK(location(menu + more) == "404 ");

  const std::pair<const char*, const char*> targets[] = {
      {"https://bücher.example/", "https://xn--bcher-kva.example/"},
      {"https://acme.example/straße/ü?q=é&r=%20#größe",
       "https://acme.example/stra%C3%9Fe/%C3%BC?q=%C3%A9&r=%20#gr%C3%B6%C3%9Fe"},
      {"HTTPS://acme.example/x", "https://acme.example/x"},
  };
  int made = 0;
  for (const auto& [target, want] : targets) {
    CAPTURE(target);
    auto url = world.must({"-q", "link", "create", target}).out;
    while (url.ends_with('\n')) url.pop_back();
    CHECK(location(url) == std::string{"302 "} + want);
    CHECK(world({"template", "create", fmt::format("t{}", ++made), "--body",
                 fmt::format("See {{{{link:{}}}}}", target)})
              .status == 0);
  }
  for (const char* bad : {"https:///evil", "https://ann:x@a.example/", "https://a.example/\x1b"}) {
    CHECK(world({"link", "create", bad}).status == 2);
    CHECK(world({"template", "create", "bad", "--body", fmt::format("See {{{{link:{}}}}}", bad)}).status ==
          2);
  }
}
