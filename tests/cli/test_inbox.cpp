#include <doctest/doctest.h>

#include "core/base/text.hpp"
#include "core/inbox/inbound.hpp"
#include "tests/support/command.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {
namespace {

struct Cli {
  TestDb db;
  Tenant tenant = add_test_tenant(db);

  Cli() {
    db.run([&](Tx& tx) {
      record_inbound(tx, tenant, webhook_slot,
                     {{"SM1", "+14155550123", "+15005550006", "when do you open?", "", std::nullopt},
                      {"SM2", "+14155550124", "+15005550006", "STOP", "", std::nullopt}},
                     now());
    });
  }
  CommandResult operator()(std::vector<std::string> words, const std::string& input = "") const {
    words.insert(words.begin(), "smscrm");
    return run_command(words, input, {{"SMSCRM_DATABASE_URL", db.url()}, {"SMSCRM_TENANT", "acme"}});
  }
};

TEST_CASE("the inbox lists texts, newest first, and its filters hold") {
  Cli cli;
  const auto all = cli({"inbox", "list", "-o", "json"}).json();
  REQUIRE(all.size() == 2);
  CHECK(all[0]["keyword"] == "stop");
  CHECK(cli({"inbox", "list", "--no-keywords", "-o", "json"}).json().size() == 1);
  CHECK(cli({"inbox", "list", "--from", "(415) 555-0123", "-o", "json"}).json()[0]["body"] ==
        "when do you open?");
  const auto id = all[1]["id"].dump();
  CHECK(cli({"inbox", "show", id, "-o", "json"}).json()["phone"] == "+14155550123");
  CHECK(cli({"inbox", "list", "--unread", "-o", "json"}).json().size() == 1);
  CHECK(cli({"inbox", "show", "999"}).status == 5);
}

TEST_CASE("the inbox of a campaign that is not there is no empty one") {
  Cli cli;
  CHECK(cli({"inbox", "list", "--campaign", "sprng"}).status == 5);
}

TEST_CASE("a reply is queued before campaigns and marks the text read") {
  Cli cli;
  const auto id = cli({"inbox", "list", "--no-keywords", "-o", "json"}).json()[0]["id"].dump();
  const auto queued = cli({"inbox", "reply", id, "--body", "At nine!", "-o", "json"});
  CHECK(queued.status == 0);
  CHECK(queued.json()["phone"] == "+14155550123");
  CHECK(cli({"inbox", "list", "--unread", "--no-keywords", "-o", "json"}).json().empty());
  CHECK(cli.db.run([](Tx& tx) {
    return exec(tx,
                "SELECT m.body FROM work_due d JOIN message m ON m.id = d.message_id WHERE d.campaign_id IS "
                "NULL")
        .front()[0]
        .as<std::string>();
  }) == "At nine!");
  CHECK(cli({"inbox", "reply", id}).status == 2);
}

TEST_CASE("a conversation is read both ways, of a contact and of a number that is none") {
  Cli cli;
  const auto id = cli({"inbox", "list", "--no-keywords", "-o", "json"}).json()[0]["id"].dump();
  REQUIRE(cli({"inbox", "reply", id, "--body", "At nine."}).status == 0);
  const auto thread = cli({"inbox", "thread", "415 555 0123", "-o", "json"}).json();
  REQUIRE(thread.size() == 2);
  CHECK(thread[0]["direction"] == "in");
  CHECK(thread[0]["body"] == "when do you open?");
  CHECK(thread[0]["status"] == "received");
  CHECK(thread[1]["direction"] == "out");
  CHECK(thread[1]["body"] == "At nine.");
  CHECK(thread[1]["status"] == "waiting");
  CHECK(cli({"inbox", "thread", "415 555 0123", "--limit", "1", "-o", "json"}).json()[0]["body"] ==
        "At nine.");
  CHECK(cli({"inbox", "thread", "415 555 0199"}).err.find("nothing was written to +14155550199") == 0);

  CHECK(cli({"contact", "show", "415 555 0123"}).status == 5);
  cli({"contact", "add", "415 555 0123"});
  const auto shown = cli({"contact", "show", "415 555 0123"}).out;
  CHECK(shown.find("when do you open?") < shown.rfind("At nine."));
  CHECK(shown.rfind("At nine.") != std::string::npos);
  CHECK(cli({"contact", "show", "415 555 0123", "-o", "json"}).json()["conversation"].size() == 2);
}

TEST_CASE("an answer is read from standard input, and the text tells of it") {
  Cli cli;
  const auto id = cli({"inbox", "list", "--no-keywords", "-o", "json"}).json()[0]["id"].dump();
  CHECK(cli({"inbox", "show", id, "-o", "json"}).json()["answered_at"].is_null());
  const auto dash = cli({"inbox", "reply", id, "--body", "-"}, "At nine!\n");
  CHECK(dash.status == 2);
  CHECK(dash.err.find("--body-file -") != std::string::npos);
  const auto queued = cli({"inbox", "reply", id, "--body-file", "-", "-o", "json"}, "At nine!\n").json();
  CHECK(cli({"message", "show", queued["message"].dump(), "-o", "json"}).json()["body"] == "At nine!");
  const auto shown = cli({"inbox", "show", id, "-o", "json"}).json();
  CHECK(shown["answer"] == queued["message"]);
  CHECK(shown["answered_at"].is_string());
  const auto header = cli({"inbox", "list"}).out;
  CHECK(to_lower(header.substr(0, header.find('\n'))).find("answered at") != std::string::npos);
}

TEST_CASE("a number that opted out is not answered") {
  Cli cli;
  const auto stop = cli({"inbox", "list", "-o", "json"}).json()[0];
  REQUIRE(stop["keyword"] == "stop");
  const auto refused = cli({"inbox", "reply", stop["id"].dump(), "--body", "But why?"});
  CHECK(refused.status == 8);
  CHECK(refused.err.find("+14155550124 is not texted, not even in answer: opted out") != std::string::npos);
  CHECK(cli({"message", "list", "-o", "json"}).json().empty());
  CHECK(cli({"inbox", "list", "--unread", "-o", "json"}).json().size() == 2);
}

TEST_CASE("what may be an opt-out is listed with its due day, and decided once") {
  Cli cli;
  cli.db.run([&](Tx& tx) {
    NewInbound inbound{"SM3", "+14155550125", "+15005550006", "too many messages", "", std::nullopt};
    inbound.reading = read_opt_out(inbound.body);
    record_inbound(tx, cli.tenant, webhook_slot, {inbound}, now());
  });
  const auto waiting = cli({"inbox", "review", "-o", "json"}).json();
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0]["body"] == "too many messages");
  CHECK(waiting[0]["due_at"] > waiting[0]["received_at"]);
  const auto id = waiting[0]["id"].dump();
  CHECK(cli({"inbox", "accept", id, "-o", "json"}).json()["keyword"] == "stop");
  CHECK(cli({"inbox", "dismiss", id}).status == 6);
  CHECK(cli({"inbox", "accept", "999"}).status == 5);
  CHECK(cli({"consent", "show", "+14155550125", "-o", "json"}).json()["consent"] == "opted_out");
}

}  // namespace
}  // namespace smscrm
