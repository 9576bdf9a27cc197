// What people write, with the real programs.
#include <thread>

#include <doctest/doctest.h>

#include "core/net/curl.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;

namespace {

void await_messages(const World& world, const std::string& to, std::size_t count) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (world.accepted(to).size() < count && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
}

}  // namespace

TEST_CASE("a keyword is answered, whatever the quiet hours, and JOIN adds to the list with its proof") {
  World world;
  world.set_up();
  world.must({"tenant", "update", "acme", "--quiet-hours", "00:00-23:59"});
  world.must({"list", "create", "vip"});
  world.must({"keyword", "create", "JOIN", "--list", "vip", "--reply", "Welcome, {{first_name|friend}}!"});
  world.start_daemon();
  const std::string person = "+14155550123";
  CHECK(world.inbound(person, "Join!") == 200);
  await_messages(world, person, 1);
  const auto sent = world.accepted(person);
  REQUIRE(sent.size() == 1);
  CHECK(sent.front()["body"] == "Welcome, friend!");
  CHECK(sent.front()["from"] == world.sender);
  CHECK(world.must({"contact", "list", "--list", "vip", "-o", "json"}).json().size() == 1);
  CHECK(world.must({"consent", "show", person, "-o", "json"}).json()["consent"] == "opted_in");
}

TEST_CASE("who says no in other words gets nothing more, not even the answer to a keyword") {
  World world;
  world.set_up();
  world.must({"keyword", "create", "HOURS", "--reply", "We are open 9 to 5."});
  world.start_daemon();
  CHECK(world.inbound("+14155550123", "please stop texting me") == 200);
  CHECK(world.inbound("+14155550123", "hours") == 200);
  CHECK(world.inbound("+14155550124", "hours") == 200);
  await_messages(world, "+14155550124", 1);
  CHECK(world.accepted("+14155550124").size() == 1);
  CHECK(world.accepted("+14155550123").empty());
  const auto messages = world.must({"message", "list", "--to", "+14155550123", "-o", "json"}).json();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0]["skip_reason"] == "opted_out");
}

TEST_CASE("a webhook that is not Twilio's is refused and counted, and the log has nothing of it") {
  World world;
  world.set_up();
  world.start_daemon();
  for (const char* signature : {"", "X-Twilio-Signature: AAAAAAAAAAAAAAAAAAAAAAAAAAA="}) {
    HttpCall call;
    call.method = HttpMethod::post;
    call.url = world.daemon_url() + "/webhooks/twilio/acme/inbound";
    call.body = "MessageSid=SM1&From=%2B14155550123&To=%2B15005550006&Body=my+secret";
    if (*signature != '\0') call.headers = {signature};
    CHECK(http_request(call).status == 403);
  }
  CHECK(world.inbound("+14155550123", "my secret") == 200);
  HttpCall metrics;
  metrics.url = world.daemon_url() + "/metrics";
  CHECK(http_request(metrics).body.find("smscrm_webhooks_rejected_total 2\n") != std::string::npos);
  const auto log = world.daemon->log();
  CHECK(log.find("webhook refused") != std::string::npos);
  for (const char* leak : {"4155550123", "secret", "sandbox-token", "AAAAAAAA"})
    CHECK(log.find(leak) == std::string::npos);
}
