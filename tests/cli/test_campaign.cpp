// The campaign commands in the order of a campaign's life; long, for each leads to the next.
#include <fstream>
#include <iterator>
#include <thread>

#include <doctest/doctest.h>

#include "core/base/wait.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "tests/support/campaign.hpp"
#include "tests/support/command.hpp"

namespace smscrm {
namespace {

// A tenant with an account, a sender and three contacts, the last one opted out.
struct Cli {
  TestDb db;
  TenantId tenant;

  Cli() : tenant(add_test_tenant(db).id) {
    add_test_sender(db, tenant);
    add_test_contacts(db, tenant, 3);
    set_test_consent(db, tenant, "+14155550002", "opted_out");
  }
  CommandResult operator()(std::vector<std::string> words) const {
    words.insert(words.begin(), "smscrm");
    return run_command(words, "",
                       {{"SMSCRM_DATABASE_URL", db.url()},
                        {"SMSCRM_TENANT", "acme"},
                        {"SMSCRM_HTTP_PUBLIC_URL", "https://sms.example.com"}});
  }
  void make_spring() const {
    (*this)({"template", "create", "spring", "--body",
             "Hi {{first_name|there}}, STOP to end {{link:https://a.example/s}}"});
    (*this)({"campaign", "create", "spring", "--template", "spring", "--audience", "all"});
  }
  // What the sender would do: everything is delivered, and the campaign ends.
  void deliver_all() {
    db.run([&](Tx& tx) {
      exec(tx, "UPDATE message SET status = 'delivered' WHERE tenant_id = $1 AND status = 'waiting'", tenant);
      exec(tx, "DELETE FROM work_chunk WHERE tenant_id = $1", tenant);
      CounterChanges changes;
      changes.move(get_campaign(tx, tenant, "spring").id, MessageStatus::waiting, MessageStatus::delivered,
                   2);
      apply_counters(tx, tenant, sender_slot, changes);
      finish_campaigns(tx, now());
    });
  }
};

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
    apply_counters(tx, cli.tenant, sender_slot, changes);
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
  CHECK(cli({"campaign", "status", "spring"})
            .out.find("links until  " + launched["links_expire_at"].get<std::string>()) != std::string::npos);
}

TEST_CASE("a launch that waits ends with its campaign") {
  Cli cli;
  cli.make_spring();
  cli({"campaign", "launch", "spring", "--key", "k"});
  cli.deliver_all();
  const auto waited = cli({"campaign", "launch", "spring", "--key", "k", "--wait", "-o", "json"});
  CHECK(waited.status == 0);
  CHECK(waited.json()["status"] == "finished");
  CHECK(waited.err.find("spring finished: 2 of 2") != std::string::npos);
  CHECK(cli({"campaign", "launch", "spring", "--key", "k", "--wait", "-q", "-o", "json"}).err == "");
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

TEST_CASE("a launch that waits says that it is paused, on a line of its own in a narrow terminal") {
  Cli cli;
  cli.make_spring();
  cli({"campaign", "launch", "spring", "--key", "k"});
  cli({"campaign", "pause", "spring"});
  const TempDir dir;
  CommandResult waited;
  std::thread waiting{[&] {
    waited = run_command(
        {"script", "-qefc",
         "stty cols 40 && " + built_program("smscrm") + " campaign launch spring --key k --wait",
         dir.path() + "/typescript"},
        "",
        {{"SMSCRM_DATABASE_URL", cli.db.url()}, {"SMSCRM_TENANT", "acme"}, {"TERM", "xterm"}, {"CI", ""}});
  }};
  const auto seen = [&] {
    std::ifstream file{dir.path() + "/typescript"};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  };
  for (const auto end = now() + std::chrono::seconds{20};
       seen().find("0/2") == std::string::npos && now() < end;)
    wait_unless_stopped({}, std::chrono::milliseconds{20});
  cli({"campaign", "resume", "spring"});
  cli.deliver_all();
  waiting.join();
  CHECK(waited.status == 0);
  CHECK(seen().find("\x1b[Kheld: campaign spring is paused; run \"smscrm campaign resume spring\"") !=
        std::string::npos);
  CHECK(seen().find("\rspring   0% 0/2\x1b[K") != std::string::npos);  // without its bar
}

TEST_CASE("a launch that waited for a canceled campaign fails") {
  Cli cli;
  cli.make_spring();
  cli({"campaign", "launch", "spring", "--key", "k"});
  cli({"campaign", "cancel", "spring", "--yes"});
  CHECK(cli({"campaign", "launch", "spring", "--key", "k", "--wait"}).status == 1);
}

TEST_CASE("a launch that waits goes on after the database was lost") {
  Cli cli;
  cli.make_spring();
  cli({"campaign", "launch", "spring", "--key", "k"});
  CommandResult waited;
  std::thread waiting{[&] { waited = cli({"campaign", "launch", "spring", "--key", "k", "--wait"}); }};
  // By now it only looks on: it sleeps after a commit.
  const auto lost = [&] {
    return cli.db.run([](Tx& tx) {
      return exec(tx,
                  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                  " AND pid <> pg_backend_pid() AND state = 'idle' AND query = 'COMMIT'"
                  " AND state_change < now() - interval '300 ms'");
    });
  };
  for (const auto end = now() + std::chrono::seconds{20}; lost().empty() && now() < end;) {
  }
  cli.deliver_all();
  waiting.join();
  CHECK(waited.status == 0);
  CHECK(waited.err.find("; waiting for it") != std::string::npos);
}

TEST_CASE("an interrupted wait leaves the campaign running and says so") {
  Cli cli;
  cli.make_spring();
  const TempDir dir;
  const auto interrupted = run_command({"sh", "-c",
                                        "\"$1\" campaign launch spring --wait 2>\"$2\" & pid=$!;"
                                        " until grep -q launched \"$2\"; do sleep 0.02; done;"
                                        " kill -INT $pid; wait $pid; status=$?; cat \"$2\" >&2; exit $status",
                                        "sh", built_program("smscrm"), dir.path() + "/err"},
                                       "",
                                       {{"SMSCRM_DATABASE_URL", cli.db.url()},
                                        {"SMSCRM_TENANT", "acme"},
                                        {"SMSCRM_HTTP_PUBLIC_URL", "https://sms.example.com"}});
  CHECK(interrupted.status == 130);
  CHECK(interrupted.err.find("campaign spring goes on") != std::string::npos);
  CHECK(cli({"campaign", "show", "spring", "-o", "json"}).json()["status"] == "running");
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
  CHECK(message["body"] == "Hi Alex, STOP to end https://a.example/s");
  CHECK(message["events"].empty());
  CHECK(cli({"message", "list", "--to", "+14155559999", "-o", "json"}).json().size() == 1);
  CHECK(cli({"message", "list", "--status", "delivered", "-o", "json"}).out == "[]\n");
  CHECK(cli({"message", "show", "12345"}).status == 5);
}

}  // namespace
}  // namespace smscrm
