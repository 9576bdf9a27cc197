#include <doctest/doctest.h>

#include "core/base/time.hpp"
#include "tests/support/campaign.hpp"
#include "tests/support/tenant_cli.hpp"

using namespace smscrm;

namespace {

struct ScheduleCli : TenantCli {
  ScheduleCli() {
    add_test_sender(db, acme.id);
    add_test_contacts(db, acme.id, 2);
    add_test_campaign(db, acme.id);
  }
  CommandResult plan(std::vector<std::string> more) const {
    more.insert(more.begin(), {"campaign", "schedule", "spring", "-o", "json"});
    return (*this)(std::move(more));
  }
};

}  // namespace

TEST_CASE("a campaign that repeats is planned, shown and taken back") {
  ScheduleCli cli;
  const auto made = cli.plan({"--cron", "0 9 1 1 *", "--zone", "Asia/Tokyo", "--not-after", "30m"});
  CHECK(made.status == 0);
  CHECK(made.err.find("by the clocks of Asia/Tokyo") != std::string::npos);
  const auto planned = made.json();
  CHECK(planned["cron"] == "0 9 1 1 *");
  CHECK(planned["zone"] == "Asia/Tokyo");
  CHECK(planned["until"].is_null());
  CHECK(planned["last_status"].is_null());
  const auto due = planned["due_at"].get<std::string>();
  CHECK(due.substr(4) == "-01-01T00:00:00Z");
  CHECK(planned["not_after"] == due.substr(0, 4) + "-01-01T00:30:00Z");

  const auto next = cli({"schedule", "next", "spring", "--count", "2", "-o", "json"}).json();
  REQUIRE(next.size() == 2);
  CHECK(next[0]["due_at"] == due);
  CHECK(next[0]["local"] == due.substr(0, 4) + "-01-01 09:00 JST");
  CHECK(next[1]["due_at"].get<std::string>().substr(4) == "-01-01T00:00:00Z");
  CHECK(next[1]["due_at"] > due);
  CHECK(cli({"schedule", "next", "spring"}).out.find("-01-01 00:00 UTC") != std::string::npos);
  CHECK(cli({"schedule", "list", "-o", "json"}).json().size() == 1);
  CHECK(cli({"schedule", "list"}).out.find("0 9 1 1 *") != std::string::npos);

  CHECK(cli({"schedule", "cancel", "spring"}).status == 0);
  CHECK(cli({"schedule", "cancel", "spring"}).status == 5);
  CHECK(cli({"schedule", "next", "spring"}).status == 5);
}

TEST_CASE("schedule list tells what became of the run before") {
  ScheduleCli cli;
  cli.plan({"--cron", "0 9 1 1 *", "--zone", "UTC"});
  cli.db.run([](Tx& tx) {
    tx.exec(
        "INSERT INTO schedule (tenant_id, campaign_id, repeat_id, due_at, not_after, status, reason,"
        " created_at, ended_at) SELECT tenant_id, campaign_id, repeat_id, '2026-01-01Z', '2026-01-01Z',"
        " 'missed', 'nobody was there', now(), now() FROM schedule");
  });
  const auto listed = cli({"schedule", "list", "-o", "json"}).json();
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["last_due_at"] == "2026-01-01T00:00:00Z");
  CHECK(listed[0]["last_status"] == "missed");
  CHECK(listed[0]["last_reason"] == "nobody was there");
  CHECK(listed[0]["last_run"].is_null());
}

TEST_CASE("what is wrong with a time is said with its place") {
  ScheduleCli cli;
  const auto wrong = cli.plan({"--cron", "0 9 * * mo"});
  CHECK(wrong.status == 2);
  const auto error = nlohmann::json::parse(wrong.err)["error"];
  CHECK(error["code"] == "cron_value");
  CHECK(error["column"] == 9);
  CHECK(error["length"] == 2);
  CHECK(
      cli({"campaign", "schedule", "spring", "--cron", "0 9 * * mo"}).err.starts_with("smscrm: column 9: "));
  CHECK(cli.plan({"--cron", "0 9 * * *", "--zone", "Mars/Base"}).status == 2);
  CHECK(cli.plan({"--cron", "0 9 * * *", "--at", "tomorrow"}).status == 2);
  CHECK(cli.plan({"--cron", "0 9 * * *", "--if-passed", "now"}).status == 2);
  CHECK(cli.plan({"--cron", "0 9 * * *", "--not-after", "tomorrow"}).status == 2);
  CHECK(cli.plan({"--cron", "0 9 * * *", "--until", "yesterday"}).status == 2);
  CHECK(cli.plan({"--at", "tomorrow", "--until", "tomorrow"}).status == 2);
  CHECK(cli.plan({"--at", "tomorrow", "--if-passed", "perhaps"}).status == 2);
  CHECK(cli.plan({}).status == 2);
  CHECK(cli({"schedule", "next"}).status == 2);
  CHECK(cli({"schedule", "next", "spring", "--cron", "0 9 * * *"}).status == 2);
  CHECK(cli({"schedule", "next", "spring", "--count", "0"}).status == 2);
  CHECK(cli({"schedule", "list", "-o", "json"}).json().empty());
}

TEST_CASE("an expression is tried without a campaign") {
  ScheduleCli cli;
  const auto times =
      cli({"schedule", "next", "--cron", "0 9 29 2 *", "--zone", "UTC", "--count", "2", "-o", "json"}).json();
  REQUIRE(times.size() == 2);
  CHECK(times[0]["due_at"].get<std::string>().substr(4) == "-02-29T09:00:00Z");
  CHECK(times[0]["campaign"].is_null());
}

TEST_CASE("a time that has passed") {
  ScheduleCli cli;
  CHECK(cli.plan({"--at", "2026-01-01 09:00"}).status == 2);
  const auto skipped = cli.plan({"--at", "2026-01-01 09:00", "--if-passed", "skip"});
  CHECK(skipped.status == 0);
  CHECK(skipped.json()["status"] == "skipped");
  CHECK(skipped.err.find("is not launched") != std::string::npos);
  CHECK(cli({"schedule", "list", "-o", "json"}).json().empty());
  const auto tomorrow =
      cli.plan({"--at", "2026-01-01 09:00", "--zone", "UTC", "--if-passed", "next-day"}).json();
  CHECK(tomorrow["status"] == "planned");
  CHECK(tomorrow["due_at"].get<std::string>().substr(10) == "T09:00:00Z");
  CHECK(parse_rfc3339(tomorrow["due_at"].get<std::string>()) > now());
}

TEST_CASE("schedule cancel and next offer what is planned, and nothing else") {
  ScheduleCli cli;
  add_test_campaign(cli.db, cli.acme.id, "summer");
  cli.plan({"--cron", "0 9 * * *", "--zone", "UTC"});
  for (const auto* verb : {"cancel", "next"}) {
    auto offered = cli({"__complete", "--", "schedule", verb, "s"});
    // A busy machine may take longer than a completion has.
    for (int again = 0; again < 20 && offered.out.empty(); ++again)
      offered = cli({"__complete", "--", "schedule", verb, "s"});
    CHECK(offered.out == "spring\t0 9 * * * UTC\n");
  }
}
