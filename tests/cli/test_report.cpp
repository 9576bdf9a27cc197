#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "tests/support/campaign_cli.hpp"

using namespace smscrm;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string read_file(const std::string& path) {
  std::stringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

struct Reported : CampaignCli {
  Reported() {
    make_spring();
    (*this)({"campaign", "launch", "spring"});
    deliver_all();
  }
};

}  // namespace

TEST_CASE("the account's report adds up, for people and for programs") {
  Reported cli;
  const auto json = cli({"report", "account", "-o", "json"}).json();
  CHECK(json["made"] == 3);
  CHECK(json["skipped"]["opted_out"] == 1);
  CHECK(json["outcomes"]["delivered"] == 2);
  CHECK(json["adds_up"] == true);
  CHECK(json["sent"] == 2);
  const auto text = cli({"report", "account"}).out;
  CHECK(has(text, "messages made                  3\n"));
  CHECK(has(text, "which adds up\n"));
  CHECK_FALSE(has(text, "\033"));
  CHECK(has(cli.at_terminal("report account", "", 80).out, "\033[32m"));
  CHECK(cli({"report", "verify"}).status == 0);
}

TEST_CASE("the same numbers stand in a table, in CSV and in JSON") {
  Reported cli;
  const auto rows = cli({"report", "timeline", "--step", "day", "-o", "json"}).json();
  REQUIRE(rows.size() == 1);  // days before anything was counted are left out
  CHECK(rows[0]["sent"] == 2);
  CHECK(has(cli({"report", "timeline", "--step", "day", "-o", "csv"}).out, ",2,2,0,0,"));
  CHECK(has(cli({"report", "timeline", "--step", "day"}).out, "delivered"));
  CHECK(cli({"report", "timeline", "--step", "day", "--since", "3 days ago", "-o", "json"}).json().size() ==
        4);
  const auto campaigns = cli({"report", "latency", "--by", "campaign", "-o", "json"}).json();
  CHECK(campaigns.empty());  // nothing was claimed here
  CHECK(cli({"report", "opt-outs", "--by", "campaign", "-o", "json"}).json().empty());
}

TEST_CASE("a page is written whole, and over another only by force") {
  Reported cli;
  const TempDir dir;
  const auto file = dir.path() + "/spring.html";
  CHECK(cli({"report", "campaign", "spring", "--html", file}).status == 0);
  const auto page = read_file(file);
  CHECK(has(page, "<h1>Campaign spring</h1>"));
  CHECK(has(page, "skipped: "));
  CHECK(has(page, "</html>\n"));
  CHECK_FALSE(has(page, "http"));  // it needs nothing else
  CHECK_FALSE(has(page, "<script"));
  CHECK(cli({"report", "campaign", "spring", "--html", file}).status == 6);
  CHECK(cli({"report", "campaign", "spring", "--html", file, "--force", "-o", "json"}).json()["file"] ==
        file);
  CHECK(has(cli({"report", "account", "--html", "-"}).out, "<h2>Campaigns</h2>"));
  CHECK(cli({"report", "account", "--html", file, "--compare"}).status == 2);
  CHECK_FALSE(std::filesystem::exists(dir.path() + "/none"));
}

TEST_CASE("names and targets with markup are text on the page") {
  Reported cli;
  cli.db.run([&](Tx& tx) {
    exec(tx, "UPDATE tenant SET name = '<img src=x onerror=alert(1)>\"&' WHERE id = $1", cli.tenant);
  });
  const auto page = cli({"report", "account", "--html", "-"}).out;
  CHECK_FALSE(has(page, "<img"));
  CHECK(has(page, "&lt;img src=x onerror=alert(1)&gt;&quot;&amp;"));
}

TEST_CASE("campaigns and times are compared figure by figure") {
  Reported cli;
  cli({"campaign", "create", "summer", "--template", "spring", "--audience", "all"});
  const auto rows = cli({"report", "campaign", "spring", "--compare", "summer", "-o", "json"}).json();
  CHECK(rows[0]["figure"] == "made");
  CHECK(rows[0]["first"] == 3);
  CHECK(rows[0]["second"] == 0);
  CHECK(rows[0]["change_percent"] == -100);
  CHECK(has(cli({"report", "account", "--compare"}).out, "before  this time"));
  CHECK(cli({"report", "campaign", "spring", "--compare", "winter"}).status == 5);
}

TEST_CASE("what cannot be reported is said") {
  Reported cli;
  const auto turned = cli({"report", "account", "--since", "1h", "--until", "2h"});
  CHECK(turned.status == 2);
  CHECK(has(turned.err, "give another --since or --until"));
  CHECK(cli({"report", "timeline", "--step", "minute"}).status == 2);
  CHECK(cli({"report", "cost", "--by", "moon"}).status == 2);
  const auto fine = cli({"report", "timeline", "--step", "quarter", "--since", "2020-01-01"});
  CHECK(fine.status == 2);
  CHECK(has(fine.err, "choose a longer step or a shorter time"));
  CHECK(cli({"report", "senders", "--since", "2020-01-01", "--until", "2020-02-01"}).err ==
        "nothing was sent in that time\n");
}
