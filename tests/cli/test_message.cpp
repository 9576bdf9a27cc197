#include <doctest/doctest.h>

#include "core/net/crypto.hpp"
#include "tests/support/campaign.hpp"
#include "tests/support/command.hpp"
#include "tests/support/send_fixture.hpp"

namespace smscrm {
namespace {

struct Cli {
  test::SendFixture f;
  TempDir dir;

  std::string key_file = dir.write("key", base64_encode(random_bytes(SecretKey::size)));

  CommandResult operator()(std::vector<std::string> words, const std::string& input = "") const {
    words.insert(words.begin(), "smscrm");
    return run_command(words, input,
                       {{"SMSCRM_DATABASE_URL", f.db.url()},
                        {"SMSCRM_TENANT", "acme"},
                        {"SMSCRM_HTTP_PUBLIC_URL", "https://sms.example"},
                        {"SMSCRM_SECRETS_KEY_FILE", key_file}});
  }
};

TEST_CASE("message send queues one text, once a key") {
  Cli cli;
  const auto sent = cli({"message", "send", "--to", "(415) 555-0123", "--body", "Ready: {{order}}", "--set",
                         "order=5213", "--key", "o1", "-o", "json"});
  REQUIRE(sent.status == 0);
  CHECK(sent.json()["phone"] == "+14155550123");
  CHECK(sent.json()["replayed"] == false);
  const auto again = cli({"message", "send", "--to", "(415) 555-0123", "--body", "Ready: {{order}}", "--set",
                          "order=5213", "--key", "o1", "-o", "json"});
  CHECK(again.json()["replayed"] == true);
  CHECK(again.json()["message"] == sent.json()["message"]);
  const auto shown = cli({"message", "show", sent.json()["message"].dump(), "-o", "json"}).json();
  CHECK(shown["body"] == "Ready: 5213");
  CHECK(shown["kind"] == "transactional");
  CHECK(shown["campaign"] == "");
}

TEST_CASE("message send takes a template, and its short links lead somewhere") {
  Cli cli;
  REQUIRE(cli({"template", "create", "ready", "--body", "See {{link:https://acme.example/o}}"}).status == 0);
  const auto sent = cli({"message", "send", "--to", "+14155550123", "--template", "ready", "-o", "json"});
  REQUIRE(sent.status == 0);
  const auto body = cli({"message", "show", sent.json()["message"].dump(), "-o", "json"}).json()["body"];
  CHECK(body.get<std::string>().starts_with("See https://sms.example/r/"));
  CHECK(cli({"link", "list", "-o", "json"}).json()[0]["target_url"] == "https://acme.example/o");
}

TEST_CASE("message send says what is wrong, and sends nothing") {
  Cli cli;
  CHECK(cli({"message", "send", "--to", "+14155550123"}).status == 2);
  CHECK(cli({"message", "send", "--to", "+14155550123", "--body", "a", "--template", "b"}).status == 2);
  CHECK(cli({"message", "send", "--to", "+14155550123", "--body", "a", "--key", ""}).status == 2);
  const auto missing = cli({"message", "send", "--to", "+14155550123", "--body", "Hi {{city}}"});
  CHECK(missing.status != 0);
  CHECK(missing.err.find("--set city=VALUE") != std::string::npos);
  set_test_consent(cli.f.db, cli.f.tenant.id, "+14155550123", "opted_out");
  CHECK(cli({"message", "send", "--to", "+14155550123", "--body", "a"}).status == 8);
  CHECK(cli({"message", "list", "-o", "json"}).json().empty());
}

TEST_CASE("message list finds by what messages have in common") {
  Cli cli;
  const auto campaign = cli.f.launch(6);
  cli.f.sql(
      "UPDATE message SET status = 'failed', error_code = 21610, status_at = now() - interval '2 days'"
      " WHERE tenant_id = $1 AND msisdn = '+14155550001'");
  cli.f.sql(
      "UPDATE message SET status = 'undelivered', error_code = 30005 WHERE tenant_id = $1"
      "   AND msisdn = '+14155550002'");
  cli.f.sql(
      "UPDATE message SET status = 'delivered', sender_id = (SELECT id FROM sender WHERE tenant_id = $1)"
      " WHERE tenant_id = $1 AND msisdn = '+14155550003'");
  cli.f.sql(
      "INSERT INTO message_event (tenant_id, message_id, provider_sid, status, source, error_code)"
      " SELECT tenant_id, id, '', status, 'send', error_code FROM message"
      "  WHERE tenant_id = $1 AND status IN ('failed', 'undelivered')");
  cli.f.count_again();
  REQUIRE(campaign.value > 0);
  const auto phones = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"message", "list", "-o", "json"});
    std::string text;
    for (const auto& row : cli(flags).json()) text += row["phone"].get<std::string>().substr(11);
    return text;
  };
  const auto failures = cli({"report", "failures", "-o", "json"}).json();
  REQUIRE(failures.size() == 2);
  CHECK(failures[0]["messages"] == 1);
  CHECK(failures[0]["error_meaning"] != "");
  CHECK(cli({"report", "failures", "--since", "24h", "-o", "json"}).json()[0]["error_code"] == 30005);
  CHECK(phones({}) == "543210");
  CHECK(phones({"--status", "failed"}) == "1");
  CHECK(phones({"--status", "failed", "--status", "undelivered"}) == "21");
  CHECK(phones({"--status", "failed", "--status", "delivered"}) == "31");
  CHECK(phones({"--error", "30005"}) == "2");
  CHECK(phones({"--error", "30005", "--status", "failed"}).empty());
  CHECK(phones({"--sender", "+15005550006"}) == "3");
  CHECK(phones({"--status", "failed", "--since", "24h"}).empty());
  CHECK(phones({"--status", "failed", "--since", "3d"}) == "1");
  CHECK(phones({"--kind", "test"}).empty());
  CHECK(phones({"--kind", "campaign", "--to", "+14155550004"}) == "4");
  CHECK(cli({"message", "list", "--status", "delivred"}).status == 2);
}

}  // namespace
}  // namespace smscrm
