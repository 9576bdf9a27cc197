// The campaign commands in the order of a campaign's life; long, for each leads to the next.
#include <doctest/doctest.h>

#include "tests/support/campaign_cli.hpp"

namespace smscrm {
namespace {

using Cli = CampaignCli;

TEST_CASE("an unknown message is held, shown by status and resolved") {
  Cli cli;
  cli.make_spring();
  REQUIRE(cli({"campaign", "launch", "spring"}).status == 0);
  const auto id = cli.db.run([&](Tx& tx) {
    const auto first =
        exec(tx,
             "UPDATE message SET status = 'unknown', attempt = 1, claimed_at = now() WHERE tenant_id = $1"
             "   AND id = (SELECT min(id) FROM message WHERE status = 'waiting') RETURNING id",
             cli.tenant)
            .front()[0]
            .as<MessageId>();
    const auto campaign = get_campaign(tx, cli.tenant, "spring").id;
    exec(tx, "INSERT INTO work_due VALUES ($1, $2, $3, now(), 'hold')", cli.tenant, first, campaign);
    CounterChanges changes;
    changes.move(campaign, MessageStatus::waiting, MessageStatus::unknown);
    apply_counters(tx, cli.tenant, sender_slot, changes, now());
    return fmt::format("{}", first.value);
  });
  CHECK(cli({"campaign", "status", "spring"}).out.find("smscrm message resolve --campaign spring") !=
        std::string::npos);
  CHECK(cli({"campaign", "status", "spring", "-o", "json"}).json()["holds"][0]["code"] == "unknown");
  CHECK(cli({"message", "list", "--status", "unknown", "-o", "json"}).json().size() == 1);
  const auto set_task = [&](const char* task) {
    cli.db.run([&](Tx& tx) { exec(tx, "UPDATE work_due SET task = $1 WHERE task <> 'send'", task); });
  };
  set_task("resolve");
  const auto asked = cli({"message", "resolve", "--campaign", "spring", "--as", "resend"});
  CHECK(asked.status == 8);
  CHECK(asked.err.find("1 unknown message may still be found") != std::string::npos);
  CHECK(cli({"message", "resolve", id, "--as", "sent"}).status == 8);
  set_task("hold");
  CHECK(cli({"message", "resolve", "--as", "sent"}).status == 2);
  CHECK(cli({"message", "resolve", id, "--as", "maybe"}).status == 2);
  CHECK(cli({"message", "resolve", id, "--as", "sent"}).err == "resolved 1 message as sent\n");
  CHECK(cli({"message", "resolve", id, "--as", "resend"}).status == 6);
  const auto shown = cli({"message", "show", id, "-o", "json"}).json();
  CHECK(shown["status"] == "sent");
  CHECK(shown["events"][0]["source"] == "operator");
  CHECK(shown["events"][0]["detail"].get<std::string>().find("decided by ") == 0);
  CHECK(cli({"message", "resolve", "--campaign", "spring", "--as", "failed", "-o", "json"})
            .json()["resolved"] == 0);
  CHECK(cli({"campaign", "status", "spring", "-o", "json"}).json()["holds"].empty());
}

TEST_CASE("a template is created, rendered, changed and deleted") {
  Cli cli;
  CHECK(cli({"template", "create", "hello", "--body", "Hi {{first_name}} of {{city}}"}).err ==
        "created template hello\n");
  CHECK(cli({"template", "create", "hello", "--body", "Hi"}).status == 6);
  CHECK(cli({"template", "create", "bad", "--body", "Hi {{first_name"}).status == 2);
  CHECK(cli({"template", "show", "hello", "-o", "json"}).json()["fields"] ==
        nlohmann::ordered_json{"first_name", "city"});
  CHECK(cli({"template", "render", "hello"}).out == "Hi Alex of [city]\n");
  const auto rendered = cli({"template", "render", "hello", "--to", "(415) 555-0000", "-o", "json"}).json();
  CHECK(rendered["text"] == "Hi Ann of ");
  CHECK(rendered["missing_fields"] == nlohmann::ordered_json{"city"});
  CHECK(rendered["parts"] == 1);
  CHECK(cli({"template", "render", "hello", "--set", "city=Köln", "--set", "first_name=Eve"}).out ==
        "Hi Eve of Köln\n");
  CHECK(cli({"template", "update", "hello", "--body", "Bye"}).status == 0);
  CHECK(cli({"template", "list", "-o", "json"}).json()[0]["body"] == "Bye");
  CHECK(cli({"template", "delete", "hello", "--yes"}).status == 0);
  CHECK(cli({"template", "show", "hello"}).status == 5);
}

TEST_CASE("a template's body comes from a file without its last line end") {
  Cli cli;
  const TempDir dir;
  CHECK(cli({"template", "create", "hello", "--body-file", dir.write("body.txt", "Hi\nthere\n")}).status ==
        0);
  CHECK(cli({"template", "show", "hello", "-o", "json"}).json()["body"] == "Hi\nthere");
  CHECK(cli({"template", "update", "hello", "--body", "-"}).status == 2);
  CHECK(cli({"template", "create", "none"}).status == 2);
}

TEST_CASE("preflight, launch, status, verify and explain as they are typed") {
  Cli cli;
  cli.make_spring();
  const auto plan = cli({"campaign", "preflight", "spring", "-o", "json"}).json();
  CHECK(plan["audience"] == 3);
  CHECK(plan["recipients"] == 2);
  CHECK(plan["skipped"]["opted_out"] == 1);
  CHECK(plan["parts"] == 2);
  CHECK(plan["cost"]["amount"] == "0.0166");
  CHECK(plan["encoding"]["gsm7"] == 2);
  CHECK(plan["missing_fields"].empty());
  CHECK(plan["warnings"][0]["code"] == "no_quiet_hours");
  CHECK(plan["finishes_at"].is_string());
  CHECK(cli({"campaign", "preflight", "spring"}).out.find("recipients  2\n") != std::string::npos);
  CHECK(cli({"campaign", "explain", "spring", "--to", "+14155550002", "-o", "json"}).json()["verdict"] ==
        "will be skipped with the reason opted_out");

  const auto launch = cli({"campaign", "launch", "spring", "--key", "k1", "--plan-hash",
                           plan["plan_hash"].get<std::string>(), "-o", "json"});
  CHECK(launch.status == 0);
  CHECK(launch.json()["replayed"] == false);
  CHECK(launch.json()["audience"] == 3);
  CHECK(launch.json()["status"] == "running");
  const auto again = cli({"campaign", "launch", "spring", "--key", "k1", "-o", "json"}).json();
  CHECK(again["replayed"] == true);
  CHECK(again["launch"] == launch.json()["launch"]);
  CHECK(cli({"campaign", "launch", "spring"}).status == 6);
  CHECK(cli({"campaign", "preflight", "spring"}).status == 6);

  auto report = cli({"report", "campaign", "spring", "-o", "json"}).json();
  CHECK(report["waiting"] == 2);
  CHECK(report["skipped"]["opted_out"] == 1);
  CHECK(report["finished_at"].is_null());
  cli.deliver_all();
  report = cli({"campaign", "status", "spring", "-o", "json"}).json();
  CHECK(report["status"] == "finished");
  CHECK(report["outcomes"]["delivered"] == 2);
  CHECK(report["outcomes"].size() == 8);
  CHECK(cli({"report", "campaign", "spring"}).out.find("100.0 %") != std::string::npos);

  const auto proof = cli({"campaign", "verify", "spring"});
  CHECK(proof.status == 0);
  CHECK(proof.err.find("checks hold") != std::string::npos);
  CHECK(cli({"campaign", "explain", "spring", "--to", "415-555-0001"})
            .out.find("+14155550001 was texted: delivered at") == 0);
  cli.db.run([&](Tx& tx) { exec(tx, "UPDATE message SET status = 'sent' WHERE status = 'delivered'"); });
  CHECK(cli({"campaign", "verify", "spring"}).status == 1);
}

TEST_CASE("a launch that policy forbids has status 8") {
  Cli cli;
  cli.make_spring();
  CHECK(cli({"campaign", "launch", "spring", "--not-after", "2020-01-01T00:00:00Z"}).status == 8);
  CHECK(cli({"campaign", "launch", "spring", "--plan-hash", "other"}).status == 8);
  cli.db.run([&](Tx& tx) { exec(tx, "DELETE FROM consent WHERE tenant_id = $1", cli.tenant); });
  const auto refused = cli({"campaign", "launch", "spring"});
  CHECK(refused.status == 8);
  CHECK(refused.err.find("3 no_consent") != std::string::npos);
  CHECK(cli({"campaign", "show", "spring", "-o", "json"}).json()["status"] == "draft");
}

TEST_CASE("pause, resume, cancel and delete in their order") {
  Cli cli;
  cli.make_spring();
  CHECK(cli({"campaign", "pause", "spring"}).status == 6);
  CHECK(cli({"campaign", "update", "spring", "--rate", "2.5", "--expires-after", "6h"}).status == 0);
  CHECK(cli({"campaign", "show", "spring", "-o", "json"}).json()["expires_after_seconds"] == 21600);
  cli({"campaign", "launch", "spring"});
  CHECK(cli({"campaign", "show", "spring", "-o", "json"}).json()["links_expire_at"].is_null());
  CHECK(cli({"campaign", "update", "spring", "--rate", "max"}).status == 6);
  CHECK(cli({"campaign", "pause", "spring", "-o", "json"}).json()["status"] == "paused");
  CHECK(cli({"campaign", "resume", "spring"}).status == 0);
  CHECK(cli({"campaign", "list", "--status", "running", "-o", "json"}).json().size() == 1);
  CHECK(cli({"campaign", "cancel", "spring"}).status == 2);
  CHECK(cli({"campaign", "cancel", "spring", "--yes"}).err ==
        "canceled campaign spring; 2 messages do not leave\n");
  CHECK(cli({"campaign", "resume", "spring"}).status == 6);
  CHECK(cli({"campaign", "delete", "spring", "--yes"}).status == 6);
  CHECK(cli({"campaign", "verify", "spring"}).status == 0);
}

TEST_CASE("how long the links of a campaign lead on is set, taken back and told") {
  Cli cli;
  cli.make_spring();
  const auto shown = [&](const std::string& verb) {
    return cli({"campaign", verb, "spring", "-o", "json"}).json();
  };
  CHECK(shown("show")["links_expire_after_seconds"].is_null());
  CHECK(cli({"campaign", "update", "spring", "--links-expire-after", "2d"}).status == 0);
  CHECK(shown("show")["links_expire_after_seconds"] == 172800);
  CHECK(cli({"campaign", "update", "spring", "--expires-after", "6h"}).status == 0);
  CHECK(shown("show")["links_expire_after_seconds"] == 172800);
  CHECK(cli({"campaign", "update", "spring", "--links-expire-after", "never"}).status == 0);
  CHECK(shown("show")["links_expire_after_seconds"].is_null());
  CHECK(cli({"campaign", "update", "spring", "--links-expire-after", "0s"}).status == 2);
  cli({"campaign", "update", "spring", "--links-expire-after", "2d"});
  CHECK(shown("status")["links_expire_at"].is_null());
  REQUIRE(cli({"campaign", "launch", "spring"}).status == 0);
  const auto launched = shown("show");
  CHECK(parse_rfc3339(launched["links_expire_at"].get<std::string>()) ==
        parse_rfc3339(launched["launched_at"].get<std::string>()) + std::chrono::hours{48});
  CHECK(shown("status")["links_expire_at"] == launched["links_expire_at"]);
  CHECK(cli({"campaign", "status", "spring"}).out.find("links until") != std::string::npos);
}

TEST_CASE("explain says why a message waits and by whose clocks") {
  Cli cli;
  cli.make_spring();
  const auto sql = [&](const std::string& statement) {
    cli.db.run([&](Tx& tx) { exec(tx, statement, cli.tenant); });
  };
  const auto explain = [&](const std::string& number) {
    return cli({"campaign", "explain", "spring", "--to", number, "-o", "json"}).json();
  };
  cli({"campaign", "launch", "spring"});
  CHECK(explain("+14155550000")["waits_for"].empty());
  CHECK(explain("+14155550000")["zone_of"] == "number");
  CHECK(explain("+14155550000")["zone"] == "America/Los_Angeles");
  cli({"campaign", "pause", "spring"});
  auto told = explain("+14155550000");
  CHECK(told["waits_for"][0]["code"] == "campaign_paused");
  CHECK(told["verdict"] == "not texted yet: the message waits: campaign spring is paused");
  cli({"campaign", "resume", "spring"});

  // Quiet everywhere: by the contact's clocks where it has a zone, and by those of the number.
  sql("UPDATE contact SET timezone = 'US/Pacific' WHERE tenant_id = $1 AND msisdn = '+14155550001'");
  cli({"tenant", "update", "acme", "--quiet-hours", "00:00-23:59"});
  told = explain("+14155550001");
  CHECK(told["zone"] == "US/Pacific");
  CHECK(told["zone_of"] == "contact");
  REQUIRE(told["waits_for"].size() == 1);
  CHECK(told["waits_for"][0]["code"] == "quiet_hours");
  const auto text = cli({"campaign", "explain", "spring", "--to", "+14155550001"}).out;
  CHECK(text.find("quiet hours (by the tenant's 00:00-23:59), until ") != std::string::npos);
  CHECK(text.find(" 23:59 in US/Pacific (the contact's zone)") != std::string::npos);
  CHECK(cli({"campaign", "explain", "spring", "--to", "+14155550000"})
            .out.find("(the zone of the number's area") != std::string::npos);
  cli({"tenant", "update", "acme", "--quiet-hours", "off"});

  // The next attempt, and a lane that is paused.
  sql("INSERT INTO work_due (tenant_id, message_id, campaign_id, due_at, task)"
      " SELECT tenant_id, id, campaign_id, '2030-07-01 12:00Z', 'send' FROM message"
      "  WHERE tenant_id = $1 AND msisdn = '+14155550001'");
  sql("UPDATE message SET retries = 1, attempt = 1, error_code = 30003, claimed_at = '2026-07-01 12:00Z'"
      " WHERE tenant_id = $1 AND msisdn = '+14155550001'");
  told = explain("+14155550001");
  CHECK(told["waits_for"][0]["message"] ==
        "it is to be tried again at Mon 2030-07-01 05:00 in US/Pacific, after error 30003");
  CHECK(cli({"campaign", "explain", "spring", "--to", "+14155550001"})
            .out.find("left: Wed 2026-07-01 05:00 in US/Pacific (the contact's zone)") != std::string::npos);
  sql("INSERT INTO lane (tenant_id, account_id, paused_at, pause_reason)"
      " SELECT $1::bigint, id, now(), 'Authenticate' FROM account WHERE tenant_id = $1");
  CHECK(explain("+14155550001")["waits_for"].dump().find("lane_paused") != std::string::npos);
}

TEST_CASE("a launch at a terminal says what it does and asks") {
  Cli cli;
  cli.make_spring();
  const auto status = [&] { return cli({"campaign", "show", "spring", "-o", "json"}).json()["status"]; };
  const auto refused = cli.at_terminal("campaign launch spring", "n\n");
  CHECK(refused.status == 2);
  CHECK(refused.out.find("text 2 people (2 parts, at least 0.0166 USD) from +15005550006, now ") !=
        std::string::npos);
  CHECK(refused.out.find("? [y/N] ") != std::string::npos);
  CHECK(status() == "draft");
  const auto launched = cli.at_terminal("campaign launch spring", "y\n");
  CHECK(launched.status == 0);
  CHECK(status() == "running");
  // What is over or guarded is not asked.
  CHECK(cli.at_terminal("campaign launch spring").status == 6);
  cli({"campaign", "create", "next", "--template", "spring", "--audience", "all"});
  CHECK(cli.at_terminal("campaign launch next --key k").out.find("[y/N]") == std::string::npos);
  cli({"campaign", "create", "last", "--template", "spring", "--audience", "all"});
  CHECK(cli.at_terminal("campaign launch last --yes").out.find("[y/N]") == std::string::npos);
}

TEST_CASE("all campaigns are paused and resumed at once, and a second pause says so") {
  Cli cli;
  cli.make_spring();
  cli({"campaign", "create", "summer", "--template", "spring", "--audience", "all"});
  CHECK(cli({"campaign", "pause", "--all"}).err == "no campaign is running; nothing changed\n");
  cli({"campaign", "launch", "spring"});
  cli({"campaign", "launch", "summer"});
  CHECK(cli({"campaign", "pause"}).status == 2);
  CHECK(cli({"campaign", "pause", "spring", "--all"}).status == 2);
  CHECK(cli({"campaign", "pause", "spring"}).err == "paused campaign spring\n");
  CHECK(cli({"campaign", "pause", "spring"}).err == "campaign spring is paused already\n");
  const auto paused = cli({"campaign", "pause", "--all", "-o", "json"});
  CHECK(paused.json().size() == 1);
  CHECK(paused.json()[0]["campaign"] == "summer");
  CHECK(paused.err == "paused 1 campaign: summer\n");
  const auto asked = cli.at_terminal("campaign resume --all", "n\n");
  CHECK(asked.status == 2);
  CHECK(asked.out.find("go on sending 2 paused campaigns? [y/N]") != std::string::npos);
  CHECK(cli({"campaign", "resume", "--all"}).err == "resumed 2 campaigns: spring, summer\n");
  CHECK(cli({"campaign", "resume", "spring"}).err == "campaign spring is running already\n");
}

TEST_CASE("what changes many, or is gone for good, asks at a terminal with the count, and scripts go on") {
  Cli cli;
  const auto tagged = [&] { return cli({"contact", "list", "--tag", "vip", "-o", "json"}).json().size(); };
  CHECK(cli({"contact", "tag", "vip", "--all", "--dry-run"}).err == "would tag 3 of 3 contacts\n");
  CHECK(tagged() == 0);
  CHECK(cli({"contact", "tag", "vip", "--all"}).err == "tagged 3 of 3 contacts\n");
  const auto asked = cli.at_terminal("contact untag vip --all", "n\n");
  CHECK(asked.status == 2);
  CHECK(asked.out.find("untag 3 of 3 contacts: vip? [y/N]") != std::string::npos);
  CHECK(tagged() == 3);
  CHECK(cli({"contact", "untag", "vip", "--all", "--dry-run", "-o", "json"}).json()["changed"] == 3);
  CHECK(tagged() == 3);
  CHECK(cli.at_terminal("contact untag vip +14155550000", "").status == 0);  // named: not asked
  CHECK(cli.at_terminal("contact untag vip --all", "y\n").status == 0);
  CHECK(tagged() == 0);
  cli({"keyword", "create", "JOIN", "--reply", "Welcome"});
  CHECK(cli.at_terminal("keyword delete join", "n\n").status == 2);
  CHECK(cli({"keyword", "list", "-o", "json"}).json().size() == 1);
  CHECK(cli({"keyword", "delete", "join"}).status == 0);
  CHECK(cli.at_terminal("sender remove +15005550006", "n\n").status == 2);
  CHECK(cli({"sender", "list", "-o", "json"}).json().size() == 1);
}

TEST_CASE("a guard of the launch that is empty is refused") {
  Cli cli;
  cli.make_spring();
  for (const auto* guard : {"--key", "--not-after"})
    CHECK(cli({"campaign", "launch", "spring", guard, ""}).status == 2);
  CHECK(cli({"campaign", "launch", "spring", "--plan-hash", ""}).status == 8);
  CHECK(cli({"campaign", "show", "spring", "-o", "json"}).json()["status"] == "draft");
}

TEST_CASE("a preflight offers no launch that would be refused") {
  Cli cli;
  cli.make_spring();
  CHECK(cli({"campaign", "preflight", "spring"}).out.find("launch it:") != std::string::npos);
  cli({"campaign", "update", "spring", "--audience", "tag:nobody"});
  const auto nobody = cli({"campaign", "preflight", "spring"});
  CHECK(nobody.out.find("there is nobody to text") != std::string::npos);
  CHECK(nobody.out.find("launch it:") == std::string::npos);
  CHECK(cli({"campaign", "preflight", "spring", "-o", "json"}).json()["finishes_at"].is_null());
  cli({"campaign", "cancel", "spring", "--yes"});
  CHECK(cli({"campaign", "preflight", "spring"}).status == 6);
  CHECK(cli({"campaign", "explain", "spring", "--to", "+14155550000"}).out.find("was canceled") !=
        std::string::npos);
}

TEST_CASE("a preflight warns while sending is paused") {
  Cli cli;
  cli.make_spring();
  cli.db.run([&](Tx& tx) {
    exec(tx,
         "INSERT INTO lane (tenant_id, account_id, paused_at, pause_reason)"
         " SELECT $1::bigint, id, now(), 'Authenticate' FROM account WHERE tenant_id = $1",
         cli.tenant);
  });
  CHECK(cli({"campaign", "preflight", "spring"}).out.find("sending is paused: Authenticate") !=
        std::string::npos);
}

TEST_CASE("a launched campaign is explained after its list was deleted") {
  Cli cli;
  cli({"list", "create", "few"});
  cli({"list", "add", "few", "+14155550000"});
  cli.make_spring();
  cli({"campaign", "update", "spring", "--audience", "list:few"});
  REQUIRE(cli({"campaign", "launch", "spring"}).status == 0);
  REQUIRE(cli({"list", "delete", "few", "--yes"}).status == 0);
  const auto explained = cli({"campaign", "explain", "spring", "--to", "+14155550000"});
  CHECK(explained.status == 0);
  CHECK(explained.out.find("waits for its turn") != std::string::npos);
  CHECK(explained.out.find("its list was deleted") != std::string::npos);
}

TEST_CASE("a test goes to one number, but not to one that opted out") {
  Cli cli;
  cli.make_spring();
  CHECK(cli({"campaign", "test", "spring", "--to", "+14155550002"}).status == 8);
  const auto sent = cli({"campaign", "test", "spring", "--to", "+14155559999", "-o", "json"});
  CHECK(sent.status == 0);
  const auto id = fmt::format("{}", sent.json()["message"].get<std::int64_t>());
  const auto message = cli({"message", "show", id, "-o", "json"}).json();
  CHECK(message["kind"] == "test");
  CHECK(message["phone"] == "+14155559999");
  const auto body = message["body"].get<std::string>();
  CHECK(body.starts_with("Hi Alex, STOP to end https://sms.example.com/r/"));
  // What stands in for it elsewhere is as long.
  const auto rendered = cli({"template", "render", "spring", "-o", "json"}).json()["text"].get<std::string>();
  CHECK(rendered.size() == body.size());
  CHECK(rendered.starts_with("Hi Alex, STOP to end https://sms.example.com/r/"));
  REQUIRE(cli({"campaign", "test", "spring", "--to", "+14155559999"}).status == 0);
  const auto links = cli({"link", "list", "-o", "json"}).json();
  REQUIRE(links.size() == 1);  // one for all tests
  CHECK(links[0]["name"] == "test of spring");
  CHECK(links[0]["target_url"] == "https://a.example/s");
  CHECK(message["events"].empty());
  CHECK(cli({"message", "list", "--to", "+14155559999", "-o", "json"}).json().size() == 2);
  CHECK(cli({"message", "list", "--status", "delivered", "-o", "json"}).out == "[]\n");
  CHECK(cli({"message", "show", "12345"}).status == 5);
}

}  // namespace
}  // namespace smscrm
