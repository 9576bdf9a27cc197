// The sandbox's own addresses: settings and faults, counts, reset; and how it ends.
#include <future>

#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "tests/daemon/sandbox/peer.hpp"
#include "tests/support/daemon.hpp"

using namespace smscrm;
using namespace smscrm::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

const std::string to = "+14155550123";

}  // namespace

TEST_CASE("settings and faults are shown, replaced and changed") {
  auto options = fast();
  options.settings.inbound_url = "http://127.0.0.1:9/inbound";
  options.settings.inbound_urls["+14155550188"] = "http://127.0.0.1:9/own";
  const SandboxPeer peer{options};
  auto settings = peer.admin("settings");
  CHECK(settings == to_json(options.settings));
  CHECK(peer.admin("faults") == to_json(SandboxFaults{}));

  // PATCH changes the keys given.
  auto answer = peer.admin("PATCH", "settings", {{"receipt_ms", 7}, {"undelivered", 0.25}});
  CHECK(answer.status() == 200);
  settings["receipt_ms"] = 7;
  settings["undelivered"] = 0.25;
  CHECK(answer.json() == settings);
  CHECK(peer.admin("settings") == settings);
  peer.admin("PATCH", "faults", {{"reset", 0.5}, {"retry_after_s", 3}});
  peer.admin("PATCH", "faults", {{"hang", 0.5}, {"retry_after_s", nullptr}});
  CHECK(peer.admin("faults")["reset"] == 0.5);
  CHECK(peer.admin("faults")["hang"] == 0.5);
  CHECK(peer.admin("faults")["retry_after_s"].is_null());

  // PUT goes back to the defaults first, but leaves where inbound texts go unless that is named.
  auto wanted = to_json(SandboxSettings{});
  wanted["rate"] = 5;
  wanted["inbound_url"] = "http://127.0.0.1:9/inbound";
  wanted["inbound_urls"] = {{"+14155550188", "http://127.0.0.1:9/own"}};
  CHECK(peer.admin("PUT", "settings", {{"rate", 5}}).json() == wanted);
  CHECK(peer.admin("settings") == wanted);
  wanted["rate"] = 0;
  wanted["inbound_url"] = "";
  wanted["inbound_urls"] = json::object();
  CHECK(peer.admin("PUT", "settings", {{"inbound_url", ""}, {"inbound_urls", json::object()}}).json() ==
        wanted);
  CHECK(peer.admin("PUT", "faults", json::object()).json() == to_json(SandboxFaults{}));
  CHECK(peer.admin("POST", "faults", json::object()).status() == 405);
}

TEST_CASE("what was set counts from the next message on") {
  const SandboxPeer peer;
  peer.await_status(peer.must_send(to), "delivered");
  peer.admin("PATCH", "settings", {{"numbers", {{to, {{"status", "undelivered"}, {"error_code", 30005}}}}}});
  const auto sid = peer.must_send(to);
  peer.await_status(sid, "undelivered");
  CHECK(peer.message(sid)["error_code"] == 30005);
  peer.admin("PUT", "faults", {{"too_many", 1}});
  CHECK(peer.send(to).status == 429);
  peer.admin("PUT", "faults", json::object());
  CHECK(peer.send(to).status == 201);
}

TEST_CASE("settings and faults that make no sense are refused, and nothing changes") {
  struct Case {
    std::string what, path, body, reason;
  };
  const Case cases[] = {
      {"an unknown key", "settings", R"({"send_msec": 1})", "send_ms"},
      {"an unknown fault", "faults", R"({"reset": 0.1, "reset_afer": 1})", "reset_after"},
      {"the wrong type", "settings", R"({"rate": "fast"})", "rate"},
      {"an object for a list", "settings", R"({"senders": {}})", "senders"},
      {"a negative time", "settings", R"({"send_ms": -1})", "send_ms"},
      {"a negative rate of one", "settings", R"({"sender_rates": {"+14155550188": -1}})", "+14155550188"},
      {"a share above 1", "settings", R"({"failed": 1.5})", "failed"},
      {"shares that add up to more", "settings", R"({"failed": 0.6, "undelivered": 0.6})", "more than 1"},
      {"faults that add up to more", "faults", R"({"reset": 0.6, "hang_after": 0.6})", "more than 1"},
      {"no codes", "settings", R"({"failed_codes": []})", "failed_codes"},
      {"a status that is none", "settings", R"({"numbers": {"+14155550100": {"status": "lost"}}})", "lost"},
      {"a key of a number", "settings", R"({"numbers": {"+14155550100": {"code": 1}}})", "code"},
      {"a status of no error", "faults", R"({"server_error_status": 404})", "server_error_status"},
      {"a list", "faults", "[]", "object"},
      {"not JSON", "faults", "reset=1", "parse error"},
      {"not UTF-8", "settings", "{\"inbound_url\": \"caf\xE9\"}", "UTF-8"},
  };
  const SandboxPeer peer;
  const auto settings = peer.admin("settings"), faults = peer.admin("faults");
  for (const auto& c : cases) {
    CAPTURE(c.what);
    for (const auto* method : {"PUT", "PATCH"}) {
      const auto answer = plain_request(peer.sandbox.address(), method, "/sandbox/" + c.path, c.body);
      CHECK(answer.status() == 400);
      CAPTURE(answer.body);
      CHECK(answer.json()["error"].get<std::string>().find(c.reason) != std::string::npos);
    }
  }
  CHECK(peer.admin("settings") == settings);
  CHECK(peer.admin("faults") == faults);
}

TEST_CASE("smscrmd sandbox takes accounts, faults and settings from its command line and file") {
  const TempDir dir;
  const auto file = dir.write("faults.toml", R"(
    [faults]
    too_many = 1
    retry_after_s = 2
    [settings]
    undelivered = 0.5
    failed_codes = [30003, 30006]
    numbers."+14155550100" = {refuse = 21614}
  )");
  const auto address = "127.0.0.1:" + std::to_string(free_port());
  const std::string sid = "AC" + std::string(32, '5');
  Daemon daemon{{"smscrmd", "sandbox", "--listen", address, "--faults", file, "--account", sid + ":its-token",
                 "--inbound-url", "http://127.0.0.1:9/inbound", "--seed", "7"},
                {}};
  const auto settings = plain_request(address, "GET", "/sandbox/settings").json();
  CHECK(settings["undelivered"] == 0.5);
  CHECK(settings["failed_codes"] == json{30003, 30006});
  CHECK(settings["numbers"]["+14155550100"]["refuse"] == 21614);
  CHECK(settings["inbound_url"] == "http://127.0.0.1:9/inbound");
  CHECK(plain_request(address, "GET", "/sandbox/faults").json()["retry_after_s"] == 2);
  HttpCall call;
  call.method = HttpMethod::post;
  call.url = "http://" + address + messages_path(sid);
  call.user = sid;
  call.password = "its-token";
  call.body = format_form({{"To", to}, {"From", our_number}, {"Body", "x"}});
  CHECK(http_request(call).status == 429);
  plain_request(address, "PUT", "/sandbox/faults", "{}");
  CHECK(http_request(call).status == 201);
  CHECK(daemon.stop() == 0);
}

TEST_CASE("a file in JSON is read as well, and what is wrong in a file is said with its name") {
  const TempDir dir;
  SandboxSettings settings;
  SandboxFaults faults;
  read_sandbox_file(dir.write("fine.json", R"({"faults": {"hang": 0.5}, "settings": {"rate": 3}})"), settings,
                    faults);
  CHECK(faults.hang == 0.5);
  CHECK(settings.rate == 3);

  struct Case {
    std::string name, content, reason;
  };
  const Case cases[] = {{"a.toml", "[faults]\nreset = 2\n", "reset"},
                        {"b.toml", "[fault]\n", "unknown table \"fault\""},
                        {"c.toml", "[faults\n", "c.toml:"},
                        {"d.json", "{", "is not JSON"},
                        {"e.toml", "[settings]\nrates = 1\n", "did you mean \"rate\"?"}};
  for (const auto& c : cases) {
    CAPTURE(c.name);
    const auto path = dir.write(c.name, c.content);
    const auto result = run_command({"smscrmd", "sandbox", "--listen", "127.0.0.1:0", "--faults", path});
    CHECK(result.status == 2);
    CHECK(result.err.find(path) != std::string::npos);
    CHECK(result.err.find(c.reason) != std::string::npos);
  }
  CHECK(run_command({"smscrmd", "sandbox", "--faults", dir.path() + "/none.toml"}).status == 2);
  CHECK(run_command({"smscrmd", "sandbox", "--account", "AC1:x"}).status == 2);
  CHECK(run_command({"smscrmd", "sandbox", "--api-key", "SK1"}).status == 2);
}

TEST_CASE("the counts are those of the ledger") {
  auto options = fast();
  options.settings.numbers["+14155550101"] = {0, "failed", 30008};
  options.settings.numbers["+14155550102"] = {0, "undelivered", 30003};
  const SandboxPeer peer{options};
  CHECK(peer.admin("counts")["recipients"] == 0);
  CHECK(peer.admin("counts")["min_per_recipient"] == 0);
  for (const auto* body : {"a", "b", "b"}) CHECK(peer.send("+14155550101", body).status == 201);
  CHECK(peer.send("+14155550102", std::string(161, 'a')).status == 201);
  for (const auto* body : {"a", "b"}) CHECK(peer.send("+14155550103", body).status == 201);
  peer.inbound("+14155550104", "HELP");  // neither it nor its answer counts
  CHECK(peer.send("+15005550009").status == 400);
  await("all to settle", [&] {
    return peer.admin("counts")["statuses"] == json{{"delivered", 2}, {"failed", 3}, {"undelivered", 1}};
  });
  const auto counts = peer.admin("counts");
  const std::pair<std::string, int> wanted[] = {
      {"requests", 7},          {"accepted", 6},          {"parts", 7},      {"recipients", 3},
      {"max_per_recipient", 3}, {"min_per_recipient", 1}, {"duplicates", 1}, {"inbound", 1}};
  for (const auto& [name, count] : wanted) {
    CAPTURE(name);
    CHECK(counts[name] == count);
  }
  CHECK(peer.ledger("direction=outbound-api").size() == 6);
  CHECK(peer.sandbox.counts().accepted == 6);
}

TEST_CASE("counting does not take longer the more there is") {
  SandboxLedger ledger;
  for (int i = 0; i < 50'000; ++i) {
    SandboxMessage message;
    message.sid = "SM" + std::to_string(i);
    message.to = "+1415" + std::to_string(1'000'000 + i / 2);
    message.body = std::to_string(i);
    ledger.add(std::move(message));
  }
  const auto began = std::chrono::steady_clock::now();
  std::size_t sum = 0;
  for (int i = 0; i < 2'000; ++i) sum += ledger.counts().recipients;
  CHECK(sum == 2'000 * 25'000);
  // A walk over all of them takes tens of milliseconds each time.
  CHECK(std::chrono::steady_clock::now() - began < 2s);
}

TEST_CASE("the ledger is filtered and read on from an index") {
  const SandboxPeer peer;
  const auto first = peer.must_send(to);
  const auto second = peer.must_send("+14155550124", {{"From", "+14155550188"}});
  peer.inbound(to, "Hi");
  await("both to be delivered", [&] { return peer.ledger("status=delivered").size() == 2; });
  const auto sids = [&](const std::string& query) {
    std::vector<std::string> found;
    for (const auto& entry : peer.ledger(query)) found.push_back(entry["sid"]);
    return join(found, " ");
  };
  CHECK(sids("to=%2B14155550123") == first);
  CHECK(sids("from=%2B14155550188") == second);
  CHECK(sids("direction=outbound-api") == first + ' ' + second);
  CHECK(sids("direction=outbound-api&after=0") == second);
  CHECK(sids("status=failed") == "");
  CHECK(peer.ledger("account=" + std::string{demo_account_sid}).size() == 3);
  CHECK(peer.ledger("after=1").at(0)["index"] == 2);
  CHECK(peer.ledger("after=0&limit=1").size() == 1);
}

TEST_CASE("reset forgets messages, opt-outs, queues and counts, and keeps settings and faults") {
  auto options = fast();
  options.settings.rate = 0.001;
  options.settings.queue_hours = 0.5;  // one message
  options.faults.too_many = 1;
  options.faults.attempts = 1;
  const SandboxPeer peer{options};
  CHECK(peer.send(to).status == 429);
  const auto sid = peer.must_send(to);
  CHECK(error_code(peer.send(to)) == 21611);
  peer.inbound(to, "STOP");
  const auto answer = peer.admin("POST", "reset", json::object());
  CHECK(answer.status() == 204);

  CHECK(peer.ledger().empty());
  CHECK(peer.get(message_path(sid)).status == 404);
  const auto counts = peer.admin("counts");
  for (const auto* name : {"requests", "accepted", "recipients", "opt_outs", "inbound"})
    CHECK(counts[name] == 0);
  CHECK(counts["faults"].empty());
  CHECK(counts["statuses"].empty());
  CHECK(peer.admin("settings")["rate"] == 0.001);
  CHECK(peer.send(to).status == 429);  // the first request again
  CHECK(peer.must_send(to) != sid);    // not opted out, and the queue is empty
}

TEST_CASE("a webhook that ends after a reset tells nobody what it was about") {
  std::promise<void> release;
  const auto released = release.get_future().share();
  const WebhookPeer application{[&](const Webhook& webhook, std::size_t) {
    if (webhook.target != "/later") released.wait_for(10s);
    return RawReply{http_reply(webhook.target == "/status" ? 500 : 200,
                               "<Response><Message>late</Message></Response>", "Content-Type: text/xml\r\n"),
                    false};
  }};
  auto options = fast();
  options.settings.inbound_url = application.url() + "/inbound";
  options.settings.failed = 1;
  const SandboxPeer peer{options};
  peer.must_send(to, {{"StatusCallback", application.url() + "/status#rc=5&rp=all"}});
  auto inbound = std::async(std::launch::async, [&] {
    return peer.admin("POST", "inbound", {{"from", to}, {"to", our_number}, {"body", "Hi"}});
  });
  application.wait_for(2);
  peer.admin("POST", "reset", json::object());
  // A message that has the index of those forgotten.
  const auto sid = peer.must_send("+14155550199");
  peer.await_status(sid, "failed");
  release.set_value();
  const auto answer = inbound.get();
  CHECK(answer.status() == 409);
  CHECK(answer.json()["error"].get<std::string>().find("reset") != std::string::npos);

  // One more callback, so that what the two left behind would be there.
  peer.must_send("+14155550199", {{"StatusCallback", application.url() + "/later"}});
  application.wait_for(3);
  await("the callback", [&] { return peer.admin("counts")["webhooks"]["answered"] == 1; });
  CHECK(application.all().size() == 3);  // no further try
  CHECK(peer.admin("counts")["webhooks"] ==
        json{{"sent", 1}, {"retried", 0}, {"answered", 1}, {"refused", 0}, {"unanswered", 0}});
  CHECK(peer.ledger().size() == 2);
  CHECK(peer.ledger("direction=outbound-reply").empty());
}

TEST_CASE("the sandbox stops at once, whatever waits for it") {
  std::promise<void> release;
  const auto released = release.get_future().share();
  const WebhookPeer application{[&](const Webhook&, std::size_t) {
    released.wait_for(10s);
    return RawReply{};
  }};
  auto options = fast();
  options.settings.inbound_url = application.url() + "/inbound";
  SandboxPeer peer{options};
  const auto call = peer.call_of_create({{"To", to}, {"From", our_number}, {"Body", "x"}});
  const auto start = [&](SandboxFaults faults) {
    peer.sandbox.set_faults(faults);
    const auto before = peer.sandbox.counts().accepted;
    auto result = std::async(std::launch::async, [call] { return http_request(call); });
    await("its acceptance", [&] { return peer.sandbox.counts().accepted > before; });
    return result;
  };
  auto hung = start([] {
    SandboxFaults faults;
    faults.hang_after = 1;
    return faults;
  }());
  auto late = start([] {
    SandboxFaults faults;
    faults.latency_ms = 60'000;
    return faults;
  }());
  auto inbound = std::async(std::launch::async, [&] {
    return peer.admin("POST", "inbound", {{"from", to}, {"to", our_number}, {"body", "Hi"}});
  });
  application.wait_for(1);

  const auto began = std::chrono::steady_clock::now();
  peer.sandbox.stop();
  CHECK(std::chrono::steady_clock::now() - began < 2s);
  CHECK(hung.get().failure == HttpFailure::ambiguous);
  CHECK(late.get().status == 201);
  CHECK(inbound.get().status() == 0);
  CHECK(http_request(call).failure == HttpFailure::not_sent);
  peer.sandbox.stop();
  release.set_value();
}
