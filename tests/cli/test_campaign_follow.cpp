// Waiting for a campaign and watching it, as scripts and people do.
#include <fstream>
#include <iterator>
#include <regex>
#include <thread>

#include <doctest/doctest.h>

#include "core/base/text.hpp"
#include "core/base/wait.hpp"
#include "tests/support/campaign_cli.hpp"

namespace smscrm {
namespace {

struct Cli : CampaignCli {
  Cli() { make_spring(); }
  void sql(const std::string& statement) {
    db.run([&](Tx& tx) { exec(tx, statement, tenant); });
  }
  // Of both messages, by SQL's condition on m, the outcome.
  void move(const std::string& which, MessageStatus to, int count) {
    db.run([&](Tx& tx) {
      exec(tx,
           fmt::format("UPDATE message m SET status = $2::message_status WHERE tenant_id = $1"
                       "   AND status = 'waiting' AND {}",
                       which),
           tenant, to_string(to));
      CounterChanges changes;
      changes.move(get_campaign(tx, tenant, "spring").id, MessageStatus::waiting, to, std::nullopt, count);
      apply_counters(tx, tenant, sender_slot, changes, now());
    });
  }
  // One is delivered, the other was not and is to be tried again in hours.
  void leave_a_retry() {
    move("m.msisdn = '+14155550000'", MessageStatus::delivered, 1);
    sql("DELETE FROM work_chunk WHERE tenant_id = $1");
    sql("INSERT INTO work_due (tenant_id, message_id, campaign_id, due_at, task)"
        " SELECT tenant_id, id, campaign_id, now() + interval '3 hours', 'send' FROM message"
        "  WHERE tenant_id = $1 AND status = 'waiting'");
    sql("UPDATE message SET retries = 1, attempt = 1 WHERE tenant_id = $1 AND status = 'waiting'");
  }
  void finish() {
    sql("DELETE FROM work_chunk WHERE tenant_id = $1");
    db.run([&](Tx& tx) { finish_campaigns(tx, now()); });
  }
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("a wait ends when nothing is left but later attempts, and says what is to come") {
  Cli cli;
  cli({"campaign", "launch", "spring", "--key", "k"});
  cli.leave_a_retry();
  const auto sent = cli({"campaign", "launch", "spring", "--key", "k", "--wait", "-o", "json"});
  CHECK(sent.status == 0);
  CHECK(sent.json()["status"] == "running");
  CHECK(sent.json()["stage"] == "sent");
  CHECK(sent.json()["done"] == 1);
  CHECK(sent.json()["recipients"] == 2);
  CHECK(sent.json()["retries_waiting"] == 1);
  CHECK(has(sent.err, "campaign spring is sent; 1 message is to be tried again\n"));
  CHECK(cli({"campaign", "wait", "spring", "-o", "json"}).json()["stage"] == "sent");
  CHECK(has(cli({"campaign", "wait", "spring"}).out, "\n1 message is to be tried again\n"));

  const auto late =
      cli({"campaign", "launch", "spring", "--key", "k", "--wait=settled", "--timeout", "1s", "-o", "json"});
  CHECK(late.status == 7);
  CHECK(late.json()["stage"] == "sent");
  CHECK(has(late.err, "is not settled within 1.0s: 1 of 2 are done, 1 wait,"));
  CHECK(has(late.err, "smscrm campaign wait spring"));

  // Once its time has come it is like any other.
  cli.sql("UPDATE work_due SET due_at = now() WHERE tenant_id = $1");
  CHECK(cli({"campaign", "wait", "spring", "--timeout", "1s"}).status == 7);
}

TEST_CASE("a message that waits for somebody's word does not keep a job waiting") {
  Cli cli;
  cli({"campaign", "launch", "spring"});
  cli.leave_a_retry();
  cli.sql("UPDATE work_due SET hold = 'in_review', due_at = now() WHERE tenant_id = $1");
  auto waited = cli({"campaign", "wait", "spring", "--timeout", "5s"});
  CHECK(waited.status == 0);
  CHECK(has(waited.err, "1 message waits for somebody's word"));
  cli.sql("UPDATE work_due SET hold = '', task = 'hold' WHERE tenant_id = $1");
  cli.move("true", MessageStatus::unknown, 1);
  waited = cli({"campaign", "wait", "spring", "--timeout", "5s"});
  CHECK(waited.status == 0);
  CHECK(has(waited.err, "1 message waits for somebody's word"));
  cli.sql("UPDATE work_due SET task = 'resolve' WHERE tenant_id = $1");
  CHECK(cli({"campaign", "wait", "spring", "--timeout", "1s"}).status == 7);
}

TEST_CASE("what waits for its turn, for a pause or for a daemon is waited for, up to the time given") {
  Cli cli;
  CHECK(cli({"campaign", "wait", "spring"}).status == 6);
  CHECK(cli({"campaign", "status", "spring", "--watch"}).status == 6);
  CHECK(cli({"campaign", "launch", "spring", "--timeout", "5s"}).status == 2);
  CHECK(cli({"campaign", "launch", "spring", "--wait=sometime"}).status == 2);
  CHECK(cli({"campaign", "show", "spring", "-o", "json"}).json()["status"] == "draft");
  CHECK(cli({"campaign", "status", "spring", "-o", "json"}).json()["stage"] == "draft");
  const auto late = cli({"campaign", "launch", "--wait", "spring", "--timeout", "1s", "-o", "json"});
  CHECK(late.status == 7);
  CHECK(late.json()["stage"] == "sending");
  CHECK(has(late.err, "is not sent within 1.0s: 0 of 2 are done, 2 wait, 0 are in flight, 0 unknown\n"));
  cli({"campaign", "pause", "spring"});
  const auto paused = cli({"campaign", "wait", "spring", "--timeout", "1s", "-o", "json"});
  CHECK(paused.status == 7);
  CHECK(paused.json()["holds"][0]["code"] == "campaign_paused");
  CHECK(has(paused.err, "held: campaign spring is paused"));
  cli({"campaign", "cancel", "spring", "--yes"});
  const auto canceled = cli({"campaign", "wait", "spring"});
  CHECK(canceled.status == 1);
  CHECK(has(canceled.err, "campaign spring was canceled"));
}

TEST_CASE("a finished campaign tells how many receipts are still to come") {
  Cli cli;
  cli({"campaign", "launch", "spring"});
  cli.move("true", MessageStatus::sent, 2);
  cli.finish();
  auto status = cli({"campaign", "status", "spring", "-o", "json"}).json();
  CHECK(status["status"] == "finished");
  CHECK(status["stage"] == "sent");
  CHECK(status["receipts_outstanding"] == 2);
  CHECK(has(cli({"report", "campaign", "spring"}).out, "\n2 receipts are still to come\n"));
  const auto waited = cli({"campaign", "wait", "spring"});
  CHECK(waited.status == 0);
  CHECK(has(waited.err, "campaign spring is finished; 2 receipts are still to come\n"));
  CHECK(cli({"campaign", "wait", "spring", "--for", "settled", "--timeout", "1s"}).status == 7);
  // Nobody asks for what is silent for days, and some carriers never say more than "sent".
  cli.sql("UPDATE campaign SET finished_at = now() - interval '3 days' WHERE tenant_id = $1");
  CHECK(cli({"campaign", "wait", "spring", "--for", "settled", "-o", "json"}).json()["stage"] == "settled");
}

TEST_CASE("watching in a pipe gives a line with its time, or a record for each change, and ends") {
  Cli cli;
  cli({"campaign", "launch", "spring"});
  cli({"campaign", "pause", "spring"});
  CommandResult lines, records;
  std::thread watching{[&] { lines = cli({"campaign", "status", "spring", "--watch"}); }};
  std::thread reading{[&] { records = cli({"campaign", "status", "spring", "--watch", "-o", "ndjson"}); }};
  wait_unless_stopped({}, std::chrono::milliseconds{1500});
  cli({"campaign", "resume", "spring"});
  wait_unless_stopped({}, std::chrono::milliseconds{1500});
  cli.deliver_all();
  watching.join();
  reading.join();
  CHECK(lines.status == 0);
  CHECK(lines.err == "");
  const auto rows = split(lines.out, '\n');
  for (const auto& row : rows)
    if (!row.empty()) CHECK(std::regex_search(row, std::regex{R"(^\d{4}-\d\d-\d\d \d\d:\d\d [A-Z]{3} )"}));
  CHECK(has(lines.out, " held: campaign spring is paused; run"));
  CHECK(has(lines.out, " no longer held: campaign spring is paused\n"));
  CHECK(has(lines.out, " spring finished: 2 of 2\n"));
  CHECK(records.status == 0);
  const auto seen = split(records.out, '\n');
  CHECK(nlohmann::json::parse(seen.front())["status"] == "paused");
  REQUIRE(seen.size() >= 4);
  CHECK(nlohmann::json::parse(seen[seen.size() - 2])["status"] == "finished");
}

TEST_CASE("a terminal is shown the report again and again, and it stays") {
  Cli cli;
  cli({"campaign", "launch", "spring"});
  cli.deliver_all();
  const auto shown = cli.at_terminal("campaign status spring --watch");
  CHECK(shown.status == 0);
  CHECK(has(shown.out, "spring · finished"));
  CHECK_FALSE(has(shown.out, "\x1b[J"));
  CHECK(has(cli.at_terminal("campaign wait spring").out, "\x1b[J"));
}

TEST_CASE("a launch that waits ends with its campaign") {
  Cli cli;
  cli({"campaign", "launch", "spring", "--key", "k"});
  cli.deliver_all();
  const auto waited = cli({"campaign", "launch", "spring", "--key", "k", "--wait", "-o", "json"});
  CHECK(waited.status == 0);
  CHECK(waited.json()["status"] == "finished");
  CHECK(waited.err.find("spring finished: 2 of 2") != std::string::npos);
  CHECK(cli({"campaign", "launch", "spring", "--key", "k", "--wait", "-q", "-o", "json"}).err == "");
}

TEST_CASE("a launch that waits says that it is paused, on a line of its own in a narrow terminal") {
  Cli cli;
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
  CHECK(has(seen(), "held: campaign spring is paused; run\r\n  \"smscrm campaign resume spring\"\r\n"));
  CHECK(has(seen(), "spring   0% 0/2\r\n"));  // without its bar
  // What is over leaves the screen: three lines were drawn, and one is left.
  CHECK(has(seen(), "\x1b[3A\r\x1b[J"));
  CHECK(seen().rfind("held:") < seen().rfind("2/2"));
}

TEST_CASE("a launch that waited for a canceled campaign fails") {
  Cli cli;
  cli({"campaign", "launch", "spring", "--key", "k"});
  cli({"campaign", "cancel", "spring", "--yes"});
  CHECK(cli({"campaign", "launch", "spring", "--key", "k", "--wait"}).status == 1);
}

TEST_CASE("a launch that waits goes on after the database was lost") {
  Cli cli;
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

}  // namespace
}  // namespace smscrm
