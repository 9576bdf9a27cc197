// GET /metrics of a daemon that has worked.
#include <cmath>
#include <ctime>
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

TEST_CASE("a daemon that starts finds out at once what waits, and since when") {
  World world;
  world.set_up();
  world.add_contacts(7);
  world.add_campaign();
  world.must({"campaign", "launch", "spring"});
  world.variables["SMSCRM_SENDER_ENABLED"] = "false";
  world.start_daemon();
  HttpCall call;
  call.url = world.daemon_url() + "/metrics";
  std::string page;
  REQUIRE(await([&] {
    page = "\n" + http_request(call).body;
    return sample(page, "smscrm_database_look_timestamp_seconds") > 0;
  }));
  CAPTURE(page);
  CHECK(sample(page, "smscrm_due_messages") == 7);
  CHECK(sample(page, "smscrm_oldest_due_seconds") >= 0);
  CHECK(sample(page, "smscrm_oldest_due_seconds") < 60);
  CHECK(sample(page, "smscrm_unknown_messages{asked=\"provider\"}") == 0);
  CHECK(sample(page, "smscrm_unknown_messages{asked=\"operator\"}") == 0);
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
  CHECK(world.inbound("+14155550124", "STOP") == 200);
  HttpCall call;
  call.url = world.daemon_url() + "/metrics";
  const auto page = "\n" + http_request(call).body;
  CAPTURE(page);

  std::ifstream manual{std::string{std::getenv("SMSCRM_TEST_SOURCE")} + "/man/smscrmd.8.scd"};
  const std::string text{std::istreambuf_iterator<char>{manual}, {}};
  CHECK(names_in(page, "\n# TYPE (smscrm_[a-z_]+) ") == names_in(text, "\\*(smscrm_[a-z_]+)\\*"));

  CHECK(sample(page, "smscrm_sends_total{outcome=\"accepted\"}") == 20);
  CHECK(sample(page, "smscrm_inbound_total") == 2);
  struct Timed {
    std::string name, labels;
  };
  for (const auto& [name, labels] : {Timed{"smscrm_claim_seconds", ""},
                                     {"smscrm_write_back_seconds", ""},
                                     {"smscrm_provider_request_seconds", ""},
                                     {"smscrm_stop_acknowledged_seconds", ""},
                                     {"smscrm_webhook_commit_seconds", "{kind=\"receipt\"}"},
                                     {"smscrm_webhook_commit_seconds", "{kind=\"inbound\"}"}}) {
    CAPTURE(name);
    CHECK(sample(page, name + "_count" + labels) > 0);
    CHECK(sample(page, name + "_sum" + labels) > 0);
  }
  CHECK(sample(page, "smscrm_stop_acknowledged_seconds_count") == 1);
  CHECK(sample(page, "smscrm_webhook_commit_seconds_count{kind=\"click\"}") == 0);
  CHECK(sample(page, "smscrm_provider_request_seconds_count") == 20);
  CHECK(sample(page, "smscrm_http_answer_seconds_count{route=\"inbound\"}") == 2);
  CHECK(sample(page, "smscrm_http_answer_seconds_count{route=\"receipt\"}") >= 20);
  CHECK(sample(page, "smscrm_http_failures_total{route=\"inbound\"}") == 0);
  CHECK(sample(page, "smscrm_build_info{version=\"0.1.0\"}") == 1);
  CHECK(sample(page, "process_cpu_seconds_total") > 0);
  CHECK(sample(page, "process_resident_memory_bytes") > 1e6);
  CHECK(sample(page, "process_virtual_memory_bytes") > sample(page, "process_resident_memory_bytes"));
  CHECK(sample(page, "process_open_fds") > 5);
  CHECK(sample(page, "process_max_fds") > sample(page, "process_open_fds"));
  CHECK(sample(page, "process_threads") > 5);
  CHECK(std::abs(sample(page, "process_start_time_seconds") - static_cast<double>(std::time(nullptr))) < 300);
}
