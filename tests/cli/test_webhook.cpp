#include <doctest/doctest.h>

#include "tests/support/tenant_cli.hpp"
#include "tests/support/webhook.hpp"

namespace smscrm {
namespace {

using test::HookReceiver;
using test::http_reply;
using test::RawReply;

const std::map<std::string, std::string> allowed{{"SMSCRM_WEBHOOK_ALLOW_NETWORKS", "127.0.0.0/8"},
                                                 {"SMSCRM_WEBHOOK_TIMEOUT", "1s"}};

TEST_CASE("events that travel in clear are told of") {
  const TenantCli cli;
  const auto say = [&](const std::string& verb, const std::string& url, bool allowed_http = false) {
    std::vector<std::string> words{"webhook", verb, "crm", "--url", url};
    if (verb == "add") words.insert(words.end(), {"--events", "inbound"});
    if (allowed_http) words.emplace_back("--allow-http");
    return cli(words);
  };
  const auto refused = say("add", "http://crm.example/");
  CHECK(refused.status == 2);
  CHECK(refused.err.find("in clear") != std::string::npos);
  CHECK(say("add", "https://crm.example/").err.find("in clear") == std::string::npos);
  CHECK(say("update", "http://crm.example/").status == 2);
  CHECK(say("update", "http://crm.example/", true).status == 0);
  CHECK(say("update", "https://u:hunter2@crm.example/").err.find("hunter2") == std::string::npos);
}

TEST_CASE("an endpoint is added, shown, changed and removed, its secret seen once") {
  const TenantCli cli;
  const std::vector<std::string> add{
      "webhook", "add", "crm", "--url", "https://crm.example/hooks", "--events", "message.*, inbound",
      "-o",      "json"};
  const auto added = cli(add);
  REQUIRE_MESSAGE(added.status == 0, added.err);
  CHECK(added.json()["secret"].get<std::string>().starts_with("whsec_"));
  CHECK(added.json()["events"] == nlohmann::json{"message.*", "inbound"});
  CHECK(cli(add).status == 6);
  CHECK(cli({"webhook", "add", "two", "--url", "https://crm.example/", "--events", "massage.*"}).status == 2);
  const auto shown = cli({"webhook", "show", "crm", "-o", "json"}).json();
  CHECK_FALSE(shown.contains("secret"));
  CHECK(shown["state"] == "active");
  CHECK(shown["waiting"] == 0);
  CHECK(cli({"webhook", "show", "crn"}).err.find("did you mean \"crm\"?") != std::string::npos);
  const auto changed =
      cli({"webhook", "update", "crm", "--events", "*", "--new-secret", "--disable", "-o", "json"}).json();
  CHECK(changed["state"] == "disabled");
  CHECK(changed["events"] == nlohmann::json{"*"});
  CHECK(changed["secret"] != added.json()["secret"]);
  CHECK(cli({"webhook", "update", "crm", "--enable", "--disable"}).status == 2);
  for (const auto* flag : {"--events", "--url"})
    CHECK(cli({"webhook", "update", "crm", flag, ""}).status == 2);
  CHECK(cli({"webhook", "update", "crm", "--events", " , "}).err.find("needs events") != std::string::npos);
  CHECK(cli({"webhook", "show", "crm", "-o", "json"}).json()["events"] == nlohmann::json{"*"});
  CHECK(cli({"webhook", "list", "-o", "json"}).json().size() == 1);
  CHECK(cli({"webhook", "remove", "crm"}).status == 2);  // nobody to ask
  CHECK(cli({"webhook", "remove", "crm", "-y"}).status == 0);
  CHECK(cli({"webhook", "show", "crm"}).status == 5);
}

TEST_CASE("a test is signed, and its status says what the endpoint answered") {
  const TenantCli cli;
  std::atomic<int> status{200};
  HookReceiver receiver{[&](const auto&) { return RawReply{http_reply(status, "thanks")}; }};
  const auto added =
      cli({"webhook", "add", "crm", "--url", receiver.url(), "--events", "*", "-o", "json"}, "", allowed);
  receiver.expect_secret(added.json()["secret"].get<std::string>());
  const auto test = [&](const std::map<std::string, std::string>& environment) {
    return cli({"webhook", "test", "crm", "-o", "json"}, "", environment);
  };
  const auto taken = test(allowed);
  CHECK(taken.status == 0);
  CHECK(taken.json()["ok"] == true);
  CHECK(taken.json()["reply"] == "thanks");
  REQUIRE(receiver.count() == 1);
  CHECK(receiver.arrivals()[0].is_signed);
  CHECK(receiver.arrivals()[0].event["type"] == "webhook.test");
  status = 401;
  CHECK(test(allowed).status == 1);
  status = 503;
  CHECK(test(allowed).status == 7);
  const auto refused = test({});
  CHECK(refused.status == 7);
  CHECK(refused.json()["error"] == "its host has no public address");
  CHECK(refused.err.find("webhook.allow_networks") != std::string::npos);
  CHECK(receiver.count() == 3);
  CHECK(cli({"webhook", "deliveries", "crm", "-o", "json"}).json().empty());
}

TEST_CASE("deliveries are listed and replayed") {
  TenantCli cli;
  const SecretKey key = read_key_file(cli.key_file);
  const auto hook = test::add_test_webhook(cli.db, key, cli.acme.id, "crm", {"*"});
  test::add_test_deliveries(cli.db, cli.acme.id, hook.id, {"a", "b", "c"},
                            parse_rfc3339("2026-05-01T09:00:00Z"));
  const auto list = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"webhook", "deliveries", "crm", "-o", "json"});
    return cli(flags).json();
  };
  CHECK(list({}).size() == 3);
  CHECK(list({"--limit", "2"}).size() == 2);
  CHECK(list({"--failed"}).empty());
  const auto newest = list({})[0];
  CHECK(newest["data"]["n"] == 2);
  const auto id = std::to_string(newest["delivery"].get<int>());
  CHECK(list({"--delivery", id}).size() == 1);
  const auto event = newest["id"].get<std::string>();
  REQUIRE(list({"--delivery", event}).size() == 1);
  CHECK(list({"--delivery", event})[0]["delivery"] == newest["delivery"]);
  cli.db.run([](Tx& tx) { exec(tx, "UPDATE webhook_delivery SET state = 'failed', attempts = 10"); });
  CHECK(list({"--failed"}).size() == 3);
  CHECK(cli({"webhook", "show", "crm", "-o", "json"}).json()["failed"] == 3);
  CHECK(cli({"webhook", "replay", "crm", "--delivery", id}).status == 0);
  CHECK(list({"--waiting"}).size() == 1);
  const auto first = list({})[2];
  CHECK(cli({"webhook", "replay", "crm", "--delivery", first["id"].get<std::string>()}).status == 0);
  CHECK(list({"--waiting", "--delivery", std::to_string(first["delivery"].get<int>())}).size() == 1);
  cli.db.run([&](Tx& tx) {
    exec(tx, "UPDATE webhook_delivery SET state = 'failed' WHERE event_id::text = $1",
         first["id"].get<std::string>().substr(4));
  });
  CHECK(cli({"webhook", "replay", "crm", "--since", "2026-05-01", "--failed", "-o", "json"})
            .json()["replayed"] == 2);
  CHECK(list({"--waiting"}).size() == 3);
  CHECK(cli({"webhook", "replay", "crm"}).status == 2);
  CHECK(cli({"webhook", "replay", "crm", "--delivery", "999999"}).status == 5);
  CHECK(cli({"webhook", "replay", "crm", "--delivery", "evt_0"}).status == 5);
  CHECK(cli({"webhook", "replay", "crm", "--delivery", "first"}).status == 2);
}

TEST_CASE("what was written in the last hours is replayed, and nothing before") {
  TenantCli cli;
  const auto hook = test::add_test_webhook(cli.db, read_key_file(cli.key_file), cli.acme.id, "crm", {"*"});
  test::add_test_deliveries(cli.db, cli.acme.id, hook.id, {"a", "b"}, now() - std::chrono::hours{7});
  test::add_test_deliveries(cli.db, cli.acme.id, hook.id, {"c"}, now() - std::chrono::hours{5});
  cli.db.run([](Tx& tx) { exec(tx, "UPDATE webhook_delivery SET state = 'delivered'"); });
  const auto replay = [&](const std::string& since) {
    return cli({"webhook", "replay", "crm", "--since", since, "-o", "json"});
  };
  CHECK(replay("6h").json()["replayed"] == 1);
  CHECK(replay("8h").json()["replayed"] == 2);
  CHECK(replay("soon").status == 2);
}

TEST_CASE("doctor tells of an endpoint that was disabled, and not of one that somebody switched off") {
  TenantCli cli;
  const auto hook = test::add_test_webhook(cli.db, read_key_file(cli.key_file), cli.acme.id, "crm", {"*"});
  const auto verdict = [&] {
    for (const auto& row : cli({"doctor", "-o", "json"}).json())
      if (row["check"] == "webhooks") return row["status"].get<std::string>();
    return std::string{};
  };
  CHECK(verdict() == "ok");
  CHECK(cli({"webhook", "update", "crm", "--disable"}).status == 0);
  CHECK(verdict() == "ok");
  cli.db.run([](Tx& tx) { exec(tx, "UPDATE webhook SET disabled_reason = 'nothing but failures'"); });
  CHECK(verdict() == "warn");
}

}  // namespace
}  // namespace smscrm
