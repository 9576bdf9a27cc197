#include <doctest/doctest.h>

#include "tests/support/tenant_cli.hpp"

using namespace smscrm;

namespace {
const std::string sid = "AC0123456789abcdef0123456789abcdef";
}

TEST_CASE("an account is set from files, variables and standard input, and shown masked") {
  TenantCli cli;
  CHECK(cli({"account", "show"}).status == 5);
  CHECK(cli({"account", "set", "--sid", sid}).status == 2);
  CHECK(cli({"account", "set", "--sid", "AC1", "--token-file", "-"}, "secret-1").status == 2);
  CHECK(cli({"account", "set", "--sid", sid, "--token-file", cli.dir.write("token", "secret-1\n")}).status ==
        0);
  const auto rotated = cli({"account", "set", "--token-env", "TOKEN"}, "", {{"TOKEN", "secret-2"}});
  CHECK(rotated.status == 0);
  CHECK(rotated.err.find("still accepted") != std::string::npos);
  CHECK(cli({"account", "set", "--rate", "50", "--max-in-flight", "4", "--part-price", "0.01", "--currency",
             "EUR", "--api-key-sid", "SK0123456789abcdef0123456789abcdef", "--api-key-secret-file", "-"},
            "secret-3")
            .status == 0);
  const auto shown = cli({"account", "show", "-o", "json"});
  CHECK(shown.out.find("secret-") == std::string::npos);
  const auto account = shown.json();
  CHECK(account["sid"] == sid);
  CHECK(account["auth_token"] == "********");
  CHECK(account["previous_auth_token"] == "********");
  CHECK(account["previous_token_until"].is_string());
  CHECK(account["rate"] == 50);
  CHECK(account["part_price"] == "0.01");
  CHECK(account["currency"] == "EUR");
  CHECK(account["paused_at"].is_null());
  CHECK(cli({"account", "set", "--token-env", "UNSET"}).status == 2);
  const auto revoked = cli({"account", "set", "--revoke-previous", "-o", "json"}).json();
  CHECK(revoked["previous_auth_token"] == "");
  CHECK(revoked["previous_token_until"].is_null());
}

TEST_CASE("without an account there is nothing to resume") {
  TenantCli cli;
  const auto resumed = cli({"account", "resume"});
  CHECK(resumed.status == 5);
  CHECK(resumed.err.find("smscrm account set") != std::string::npos);
}

TEST_CASE("a check without Twilio says so") {
  TenantCli cli;
  cli({"account", "set", "--sid", sid, "--token-file", "-"}, "secret-1");
  const auto checked = cli({"account", "check"}, "", {{"SMSCRM_TWILIO_API_URL", "http://127.0.0.1:1"}});
  CHECK(checked.status == 7);
  CHECK(checked.err.find("no answer from http://127.0.0.1:1") != std::string::npos);
}

TEST_CASE("a pause is named by doctor and ended by resume") {
  TenantCli cli;
  cli({"account", "set", "--sid", sid, "--token-file", "-"}, "secret-1");
  CHECK(cli({"account", "resume"}).err == "sending was not paused\n");
  cli.db.run([&](Tx& tx) {
    exec(tx, "UPDATE lane SET paused_at = now(), pause_code = 21606, pause_reason = 'not a number of yours'");
  });
  std::string verdict;
  for (const auto& row : cli({"doctor", "-o", "json"}).json())
    if (row["check"] == "sending")
      verdict = row["status"].get<std::string>() + row["detail"].get<std::string>();
  CHECK(verdict.find("fail") == 0);
  CHECK(verdict.find("not a number of yours (error 21606)") != std::string::npos);
  CHECK(cli({"account", "set"}).status == 2);
  CHECK_FALSE(cli({"account", "show", "-o", "json"}).json()["paused_at"].is_null());
  const auto resumed = cli({"account", "resume", "-o", "json"}).json();
  CHECK(resumed["resumed"] == true);
  CHECK(resumed["pause_code"] == 21606);
  CHECK(cli({"account", "show", "-o", "json"}).json()["paused_at"].is_null());
}

TEST_CASE("the brake stops sending, says who pulled it and why, and only resume lets go") {
  TenantCli cli;
  CHECK(cli({"account", "pause"}).status == 5);
  cli({"account", "set", "--sid", sid, "--token-file", "-"}, "secret-1");
  const auto paused = cli({"account", "pause", "--reason", "wrong price list", "-o", "json"});
  CHECK(paused.status == 0);
  CHECK(paused.json()["paused"] == true);
  CHECK(paused.json()["pause_reason"] == "wrong price list");
  CHECK(paused.json()["paused_by"].get<std::string>().find('@') != std::string::npos);
  CHECK(paused.err.find("nothing more of tenant acme is sent") != std::string::npos);
  const auto again = cli({"account", "pause", "--reason", "another"});
  CHECK(again.status == 0);
  CHECK(again.err.find("nothing changed: sending is paused since ") == 0);
  CHECK(again.err.find("wrong price list") != std::string::npos);
  cli({"account", "set", "--rate", "50"});
  CHECK(cli({"account", "show", "-o", "json"}).json()["pause_reason"] == "wrong price list");
  const auto doctor = cli({"doctor"});
  CHECK(doctor.out.find("wrong price list") != std::string::npos);
  CHECK(cli({"account", "resume"}).err == "sending goes on; it was paused: wrong price list\n");
  CHECK(cli({"account", "pause"}).status == 0);
  CHECK(cli({"account", "resume"}).err == "sending goes on\n");
  // A new error's pause is nobody's.
  cli.db.run([](Tx& tx) { exec(tx, "UPDATE lane SET paused_at = now(), pause_reason = 'Authenticate'"); });
  CHECK(cli({"account", "pause", "-o", "json"}).json()["paused_by"] == "");
  cli({"account", "set", "--rate", "60"});
  CHECK(cli({"account", "show", "-o", "json"}).json()["paused_at"].is_null());
}
