#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "daemon/reload.hpp"
#include "tests/support/command.hpp"

namespace smscrm {
namespace {

using Keys = std::vector<std::string>;

struct Configured {
  TempDir dir;
  Config running, next;

  Configured() {
    running.secrets.key_file = dir.write("key", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=\n");
    next = running;
  }
  std::string refusal() const {
    try {
      plan_reload(running, next);
    } catch (const Error& error) {
      CHECK(error.code() == Errc::usage);
      return error.what();
    }
    return "";
  }
};

}  // namespace

TEST_CASE("what can change while the daemon runs changes, and the rest is named and kept") {
  Configured c;
  c.next.log.level = LogLevel::debug;
  c.next.twilio.api_url = "https://twilio.example";
  c.next.sender.batch = 7;
  c.next.sender.enabled = false;
  c.next.webhook.commit_interval = std::chrono::milliseconds{50};
  c.next.webhook.allow_networks = {"10.0.0.0/8"};
  c.next.webhook.deliver = false;
  c.next.http.listen = {"127.0.0.1:1"};
  c.next.database.url = "postgresql://other";
  const auto reload = plan_reload(c.running, c.next);
  CHECK(reload.changed == Keys{"twilio.api_url", "sender.batch", "webhook.commit_interval",
                               "webhook.allow_networks", "log.level"});
  CHECK(reload.kept == Keys{"database.url", "http.listen", "sender.enabled", "webhook.deliver"});
  CHECK(reload.running.sender.batch == 7);
  CHECK(reload.running.sender.enabled);
  CHECK(reload.running.database.url == c.running.database.url);
  CHECK(reload.running.http.listen == c.running.http.listen);
}

TEST_CASE("an unchanged configuration changes nothing") {
  Configured c;
  const auto reload = plan_reload(c.running, c.next);
  CHECK(reload.changed.empty());
  CHECK(reload.kept.empty());
}

TEST_CASE("a password that changes is a change, though it is never shown") {
  Configured c;
  c.running.database.url = "postgresql://u:one@h/d";
  c.next.database.url = "postgresql://u:two@h/d";
  CHECK(plan_reload(c.running, c.next).kept == Keys{"database.url"});
}

TEST_CASE("what a start would refuse is refused") {
  Configured c;
  c.next.http.listen = {"fd://", "nowhere:80"};
  CHECK(c.refusal().find("nowhere:80") != std::string::npos);
  c.next.http.listen = {"fd://", "unix:/tmp/x", "[::1]:80"};
  CHECK(c.refusal() == "");
  c.next.http.trusted_proxies = {"10.0.0.0/99"};
  CHECK(c.refusal().find("10.0.0.0/99") != std::string::npos);
  c.next.http.trusted_proxies = {};
  c.next.secrets.key_file = c.dir.path() + "/none";
  CHECK(c.refusal().find("/none") != std::string::npos);
}

}  // namespace smscrm
