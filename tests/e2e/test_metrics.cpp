// GET /metrics of a daemon that has worked.
#include <fstream>
#include <regex>
#include <set>

#include <doctest/doctest.h>

#include "core/net/curl.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;

namespace {

double sample(const std::string& page, const std::string& series) {
  const auto at = page.find("\n" + series + " ");
  return at == std::string::npos ? -1 : std::stod(page.substr(at + series.size() + 2));
}

std::set<std::string> names_in(const std::string& text, const std::string& pattern) {
  const std::regex expression{pattern};
  std::set<std::string> names;
  for (std::sregex_iterator one{text.begin(), text.end(), expression}; one != std::sregex_iterator{}; ++one)
    names.insert((*one)[1].str());
  return names;
}

}  // namespace

TEST_CASE("who watches has an address of their own, and strangers have none of it") {
  World world;
  world.set_up();
  const TempDir dir;
  world.variables["SMSCRM_HTTP_ADMIN_LISTEN"] = "unix:" + dir.path() + "/admin.sock";
  world.start_daemon();
  const auto status = [&](const std::vector<std::string>& where) {
    std::vector<std::string> words{"curl", "-s", "-o", "/dev/null", "-w", "%{http_code}"};
    words.insert(words.end(), where.begin(), where.end());
    return run_command(words).out;
  };
  for (const char* path : {"/metrics", "/readyz"}) {
    CHECK(status({world.daemon_url() + path}) == "404");
    CHECK(status({"--unix-socket", dir.path() + "/admin.sock", std::string{"http://admin"} + path}) == "200");
  }
  CHECK(status({world.daemon_url() + "/healthz"}) == "200");
}

TEST_CASE("a daemon shows every metric of its manual, and its histograms count what it did") {
  World world;
  world.set_up();
  world.add_contacts(20);
  world.add_campaign();
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  world.wait_until_settled();
  CHECK(world.inbound("+14155550123", "hello") == 200);
  HttpCall call;
  call.url = world.daemon_url() + "/metrics";
  const auto page = "\n" + http_request(call).body;
  CAPTURE(page);

  std::ifstream manual{std::string{std::getenv("SMSCRM_TEST_SOURCE")} + "/man/smscrmd.8.scd"};
  const std::string text{std::istreambuf_iterator<char>{manual}, {}};
  CHECK(names_in(page, "\n# TYPE (smscrm_[a-z_]+) ") == names_in(text, "\\*(smscrm_[a-z_]+)\\*"));

  CHECK(sample(page, "smscrm_sends_total{outcome=\"accepted\"}") == 20);
  CHECK(sample(page, "smscrm_inbound_total") == 1);
  for (const char* seconds : {"smscrm_claim_seconds", "smscrm_write_back_seconds",
                              "smscrm_provider_request_seconds", "smscrm_webhook_commit_seconds"}) {
    CAPTURE(seconds);
    CHECK(sample(page, std::string{seconds} + "_count") > 0);
    CHECK(sample(page, std::string{seconds} + "_sum") > 0);
  }
  CHECK(sample(page, "smscrm_provider_request_seconds_count") == 20);
  CHECK(sample(page, "smscrm_http_answer_seconds_count{route=\"inbound\"}") == 1);
  CHECK(sample(page, "smscrm_http_answer_seconds_count{route=\"receipt\"}") >= 20);
}
