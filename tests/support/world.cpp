#include "tests/support/world.hpp"

#include <sstream>
#include <stdexcept>
#include <thread>

#include "core/net/crypto.hpp"
#include "core/net/curl.hpp"

namespace smscrm {
namespace {

const std::string account_sid = "AC" + std::string(31, '0') + "1";
const std::string token = "sandbox-token";

}  // namespace

World::World(const std::string& sandbox_toml) : http_port_(free_port()), sandbox_port_(free_port()) {
  write_new_key_file(dir_.path() + "/key");
  const auto inbound_url = fmt::format("http://127.0.0.1:{}/webhooks/twilio/acme/inbound", http_port_);
  auto toml = sandbox_toml;
  if (toml.find("[settings]") == std::string::npos) toml += "\n[settings]\n";
  toml.insert(toml.find("[settings]") + 10, "\ninbound_url = \"" + inbound_url + "\"\n");
  const auto file = dir_.write("sandbox.toml", toml);
  sandbox_ = std::make_unique<Daemon>(
      std::vector<std::string>{"smscrmd", "sandbox", "--listen", fmt::format("127.0.0.1:{}", sandbox_port_),
                               "--faults", file},
      std::map<std::string, std::string>{});
}

std::map<std::string, std::string> World::environment(int http_port) const {
  std::map<std::string, std::string> all{
      {"SMSCRM_DATABASE_URL", db.url()},
      {"SMSCRM_REDIS_URL", test_redis_url()},
      {"SMSCRM_SECRETS_KEY_FILE", dir_.path() + "/key"},
      {"SMSCRM_HTTP_LISTEN", fmt::format("127.0.0.1:{}", http_port)},
      {"SMSCRM_HTTP_PUBLIC_URL", fmt::format("http://127.0.0.1:{}", http_port_)},
      {"SMSCRM_TWILIO_API_URL", fmt::format("http://127.0.0.1:{}", sandbox_port_)},
      {"SMSCRM_TWILIO_TIMEOUT", "2s"},
      {"SMSCRM_SENDER_LEASE", "2s"},
      {"SMSCRM_SENDER_ABSENCE_GRACE", "2s"},
      {"SMSCRM_TENANT", "acme"}};
  for (const auto& [name, value] : variables) all[name] = value;
  return all;
}

CommandResult World::operator()(std::vector<std::string> words, const std::string& stdin_text) const {
  words.insert(words.begin(), "smscrm");
  return run_command(words, stdin_text, environment(http_port_));
}

CommandResult World::must(std::vector<std::string> words, const std::string& stdin_text) const {
  auto result = (*this)(words, stdin_text);
  if (result.status != 0)
    throw std::runtime_error(fmt::format("smscrm {} ended with {}: {}{}", fmt::join(words, " "),
                                         result.status, result.out, result.err));
  return result;
}

void World::set_up(int rate) {
  must({"tenant", "create", "acme", "--name", "Acme Coffee", "--timezone", "America/New_York", "--country",
        "US", "--quiet-hours", "off"});
  must({"account", "set", "--sid", account_sid, "--token-file", "-"}, token + "\n");
  must({"sender", "add", sender, "--rate", fmt::format("{}", rate)});
}

void World::add_contacts(int count) {
  std::string csv = "phone,first_name\n";
  for (int i = 0; i < count; ++i) csv += fmt::format("{},Ann{}\n", contact_number(i), i);
  must({"import", "run", "-", "--list", "spring", "--consent-source", "web form 2026"}, csv);
}

void World::add_campaign(const std::string& body) {
  must({"template", "create", "spring", "--body", body});
  must({"campaign", "create", "spring", "--template", "spring", "--audience", "list:spring"});
}

void World::start_daemon() {
  daemon = std::make_unique<Daemon>(std::vector<std::string>{"smscrmd"}, environment(http_port_));
}

std::unique_ptr<Daemon> World::start_another() const {
  return std::make_unique<Daemon>(std::vector<std::string>{"smscrmd"}, environment(free_port()));
}

std::string World::daemon_url() const { return fmt::format("http://127.0.0.1:{}", http_port_); }

nlohmann::json World::report() const {
  return nlohmann::json::parse(must({"report", "campaign", "spring", "-o", "json"}).out);
}

void World::wait_until_settled() const {
  wait_until([](const nlohmann::json& report) {
    const auto& outcomes = report["outcomes"];
    return report["status"] == "finished" && outcomes["queued"] == 0 && outcomes["sending"] == 0 &&
           outcomes["sent"] == 0;
  });
}

void World::wait_until_finished() const {
  wait_until(
      [](const nlohmann::json& report) { return report["status"] == "finished" && report["unknown"] == 0; });
}

void World::wait_until(const std::function<bool(const nlohmann::json&)>& report_says) const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{90};
  for (;;) {
    const auto now = report();
    if (report_says(now)) return;
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("the campaign does not settle: " + now.dump() + "\n" +
                               (daemon ? daemon->log() : ""));
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
}

nlohmann::json World::sandbox(const std::string& path) const {
  HttpCall call;
  call.url = fmt::format("http://127.0.0.1:{}/sandbox/{}", sandbox_port_, path);
  return nlohmann::json::parse(http_request(call).body);
}

std::vector<nlohmann::json> World::accepted(const std::string& to) const {
  constexpr std::size_t page = 2'000;
  std::vector<nlohmann::json> messages;
  for (std::int64_t after = -1;;) {
    HttpCall call;
    call.url = fmt::format("http://127.0.0.1:{}/sandbox/ledger?direction=outbound-api&limit={}&after={}",
                           sandbox_port_, page, after);
    if (!to.empty()) call.url += "&to=%2B" + to.substr(1);
    const auto reply = http_request(call);
    if (reply.status != 200) throw std::runtime_error("the sandbox's ledger cannot be read: " + reply.error);
    std::istringstream lines{reply.body};
    const auto before = messages.size();
    for (std::string line; std::getline(lines, line);)
      if (!line.empty()) messages.push_back(nlohmann::json::parse(line));
    if (messages.size() - before < page) return messages;
    after = messages.back()["index"].get<std::int64_t>();
  }
}

int World::inbound(const std::string& from, const std::string& body, const std::string& to) const {
  HttpCall call;
  call.method = HttpMethod::post;
  call.url = fmt::format("http://127.0.0.1:{}/sandbox/inbound", sandbox_port_);
  call.headers = {"Content-Type: application/json"};
  call.body = nlohmann::json{{"from", from}, {"to", to.empty() ? sender : to}, {"body", body}}.dump();
  return http_request(call).status;
}

std::string contact_number(int index) {
  return fmt::format("+1{}555{:04}", 415 + index / 10'000, index % 10'000);
}

bool await(const std::function<bool()>& condition, std::chrono::seconds limit) {
  for (const auto end = now() + limit; now() < end;
       std::this_thread::sleep_for(std::chrono::milliseconds{20}))
    if (condition()) return true;
  return false;
}

}  // namespace smscrm
