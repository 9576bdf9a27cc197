// packaging/monitoring against a real Prometheus that scrapes a daemon that has worked: what its dashboard
// and its rules ask for is there. And docs/monitoring.md has a section for each alarm, with commands that
// exist.
#include <fstream>
#include <regex>
#include <set>

#include <doctest/doctest.h>

#include "core/base/form.hpp"
#include "core/base/text.hpp"
#include "core/net/curl.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  REQUIRE(value != nullptr);
  return value;
}

std::string source(const std::string& path) { return variable("SMSCRM_TEST_SOURCE") + "/" + path; }

std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  REQUIRE(file.is_open());
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::set<std::string> find_all(const std::string& text, const std::string& pattern) {
  const std::regex expression{pattern};
  std::set<std::string> found;
  for (std::sregex_iterator one{text.begin(), text.end(), expression}; one != std::sregex_iterator{}; ++one)
    found.insert((*one)[1].str());
  return found;
}

void check_command(const std::vector<std::string>& words, const std::string& stdin_text = "") {
  const auto result = run_command(words, stdin_text);
  CAPTURE(result.out);
  CAPTURE(result.err);
  CHECK(result.status == 0);
}

class Prometheus {
 public:
  explicit Prometheus(const std::string& target) : port_(free_port()) {
    const auto config =
        dir_.write("prometheus.yml", fmt::format("global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n"
                                                 "rule_files: [{}]\n"
                                                 "scrape_configs:\n"
                                                 "  - job_name: smscrm\n"
                                                 "    static_configs: [{{targets: ['{}']}}]\n",
                                                 source("packaging/monitoring/alerts.yaml"), target));
    program_ = std::make_unique<Daemon>(
        std::vector<std::string>{variable("SMSCRM_TEST_PROMETHEUS"), "--config.file=" + config,
                                 "--storage.tsdb.path=" + dir_.path() + "/data",
                                 fmt::format("--web.listen-address=127.0.0.1:{}", port_)},
        std::map<std::string, std::string>{});
  }

  nlohmann::json get(const std::string& path) const {
    HttpCall call;
    call.url = fmt::format("http://127.0.0.1:{}/api/v1/{}", port_, path);
    const auto reply = http_request(call);
    const auto json = nlohmann::json::parse(reply.body, nullptr, false);
    if (json.is_discarded() || json["status"] != "success")
      throw std::runtime_error(path + ": " + reply.error + reply.body);
    return json["data"];
  }
  // The samples that the expression has now.
  nlohmann::json query(const std::string& expression) const {
    return get("query?query=" + url_encode(expression))["result"];
  }

 private:
  TempDir dir_;
  int port_;
  std::unique_ptr<Daemon> program_;
};

// As Grafana would put them in.
std::string filled(std::string expression) {
  for (const auto& [name, value] :
       {std::pair<std::string, std::string>{"$__rate_interval", "1m"}, {"$instance", ".*"}})
    for (auto at = expression.find(name); at != std::string::npos; at = expression.find(name))
      expression.replace(at, name.size(), value);
  return expression;
}

// What has no series while all is well.
const std::set<std::string> rare{"smscrm_lanes_paused", "smscrm_lanes_troubled"};

}  // namespace

TEST_CASE("what the dashboard and the rules ask for is there, and a daemon that is well raises no alarm") {
  World world;
  world.set_up();
  world.add_contacts(20);
  world.add_campaign();
  world.start_daemon();
  const Prometheus prometheus{world.daemon_url().substr(sizeof "http://" - 1)};
  world.must({"campaign", "launch", "spring"});
  world.wait_until_settled();
  CHECK(world.inbound("+14155550124", "STOP") == 200);
  HttpCall metrics;
  metrics.url = world.daemon_url() + "/metrics";
  check_command({variable("SMSCRM_TEST_PROMTOOL"), "check", "metrics"}, http_request(metrics).body);
  // Two scrapes that know of the STOP, so that there is a rate, and rules that were judged since.
  REQUIRE(await([&] {
    return !prometheus.query("smscrm_opt_outs_total == 1 and smscrm_opt_outs_total offset 2s == 1").empty();
  }));

  const auto dashboard = nlohmann::json::parse(read_file(source("packaging/monitoring/dashboard.json")));
  CHECK(dashboard["schemaVersion"] == 39);
  std::set<std::string> titles;
  int expressions = 0;
  for (const auto& panel : dashboard["panels"]) {
    CHECK(titles.insert(panel["title"].get<std::string>()).second);
    if (panel["type"] == "row") continue;
    CHECK(panel["datasource"]["uid"] == "${datasource}");
    for (const auto& target : panel["targets"]) {
      const auto expression = filled(target["expr"].get<std::string>());
      CAPTURE(expression);
      CHECK(!prometheus.query(expression).empty());
      ++expressions;
    }
  }
  CHECK(expressions > 50);

  std::set<std::string> alerts;
  const auto families = prometheus.get("metadata"), rules = prometheus.get("rules");
  for (const auto& group : rules["groups"])
    for (const auto& rule : group["rules"]) {
      CHECK(alerts.insert(rule["name"].get<std::string>()).second);
      const auto expression = rule["query"].get<std::string>();
      CAPTURE(expression);
      CHECK(rule["health"] == "ok");
      for (const auto& selector : find_all(expression, "((?:smscrm|process)_[a-z_]+(?:\\{[^}]*\\})?)")) {
        CAPTURE(selector);
        const auto name = selector.substr(0, selector.find('{'));
        CHECK((rare.contains(name) ? families.contains(name) : !prometheus.query(selector).empty()));
      }
    }
  CHECK(alerts.size() > 20);
  std::set<std::string> firing;
  for (const auto& alarm : prometheus.query("ALERTS{alertstate=\"firing\"}"))
    firing.insert(alarm["metric"]["alertname"].get<std::string>());
  CHECK(firing == std::set<std::string>{"SmscrmWatchdog"});

  const auto runbook = read_file(source("docs/monitoring.md"));
  CHECK(fmt::to_string(fmt::join(find_all(runbook, "\n### (Smscrm[A-Za-z]+)\n"), " ")) ==
        fmt::to_string(fmt::join(alerts, " ")));
}

TEST_CASE("each rule fires when it should and not otherwise, and alarms go where they belong") {
  const auto promtool = variable("SMSCRM_TEST_PROMTOOL"), amtool = variable("SMSCRM_TEST_AMTOOL");
  const auto rules = source("packaging/monitoring/alerts.yaml"),
             cases = source("tests/monitoring/alerts.yaml");
  check_command({promtool, "check", "rules", "--lint=all", "--lint-fatal", rules});
  check_command({promtool, "test", "rules", cases});
  const auto text = read_file(cases);
  for (const auto& alert : find_all(read_file(rules), "- alert: ([A-Za-z]+)")) {
    CAPTURE(alert);
    CHECK(std::regex_search(text, std::regex{"alertname: " + alert + "\n +exp_alerts:\n"}));
    CHECK((std::regex_search(text, std::regex{"alertname: " + alert + "\n +exp_alerts: \\[\\]\n"}) ||
           alert == "SmscrmWatchdog"));
  }

  check_command(
      {promtool, "check", "config", "--syntax-only", source("packaging/monitoring/prometheus.yml")});
  const auto routing = source("packaging/monitoring/alertmanager.yml");
  check_command({amtool, "check-config", routing});
  for (const auto& [label, receiver] : {std::pair<std::string, std::string>{"severity=page", "pager"},
                                        {"severity=ticket", "tickets"},
                                        {"alertname=SmscrmWatchdog", "dead-mans-switch"}})
    CHECK(trim(run_command({amtool, "config", "routes", "test", "--config.file=" + routing, label}).out) ==
          receiver);
}

TEST_CASE("the commands of docs/monitoring.md exist, with their flags") {
  int commands = 0;
  for (const auto& line : split(read_file(source("docs/monitoring.md")), '\n')) {
    if (!line.starts_with("smscrm ")) continue;
    CAPTURE(line);
    std::vector<std::string> path;
    std::set<std::string> flags;
    for (const auto& word : split(line.substr(0, line.find(" #")), ' ')) {
      if (word.starts_with("--")) flags.insert(word);
      if (flags.empty() && std::regex_match(word, std::regex{"[a-z]+"}) && path.size() < 3)
        path.push_back(word);
    }
    path.push_back("--help");
    const auto help = run_command(path);
    CHECK(help.status == 0);
    for (const auto& flag : flags) {
      CAPTURE(flag);
      CHECK(help.out.find(flag) != std::string::npos);
    }
    ++commands;
  }
  CHECK(commands > 15);
}
