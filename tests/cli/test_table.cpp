// Tables, records and words as people read them.
#include <cstdlib>
#include <sstream>

#include <doctest/doctest.h>

#include "cli/screen.hpp"
#include "cli/table.hpp"
#include "core/base/text.hpp"
#include "tests/support/tenant_cli.hpp"

using namespace smscrm;

namespace {

std::string table(std::vector<Column> columns, const std::vector<Json>& rows,
                  std::optional<std::size_t> width, bool color = false) {
  Table made{std::move(columns), "America/New_York", width, color};
  for (const auto& row : rows) made.add(row);
  return made.take();
}

void check_fits(const std::string& text, std::size_t width) {
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(display_width(line) <= width, line);
}

const Json row{{"id", 5751},
               {"phone", "+14155550123"},
               {"status", "undelivered"},
               {"skip_reason", "opted_out"},
               {"parts", 1234},
               {"status_at", "2026-11-29T23:50:38.049450Z"},
               {"body", "Hi Ann, 20 % off today: https://acme.example/spring, STOP to end these texts"}};

// Runs smscrm on a terminal of that many columns, as "script" makes one.
CommandResult on_terminal(const TenantCli& cli, const std::string& command, int columns) {
  return run_command(
      {"script", "-qefc", fmt::format("stty cols {} && {} {}", columns, built_program("smscrm"), command),
       "/dev/null"},
      "",
      {{"SMSCRM_DATABASE_URL", cli.db.url()},
       {"SMSCRM_TENANT", "acme"},
       {"NO_COLOR", "1"},
       {"TERM", "xterm"},
       {"LC_ALL", "C.UTF-8"}});
}

}  // namespace

TEST_CASE("a table without a width is whole, with times by the clock of the place and numbers in groups") {
  CHECK(table({"id", "phone", "status", {"skip_reason", "why"}, "parts", "status_at"}, {row}, std::nullopt) ==
        "  id  phone         status       why        parts  status at (New_York)\n"
        "5751  +14155550123  undelivered  opted out  1,234  2026-11-29 18:50\n");
}

TEST_CASE("a table fits its width: long texts are cut, spare columns go, what a row goes by stays") {
  const std::vector<Column> columns{"id", "phone", "status", Column{"parts"}.spare(), "status_at", "body"};
  for (const std::size_t width : {120, 80, 60}) {
    const auto fitted = table(columns, {row, row}, width);
    check_fits(fitted, width);
    CHECK(fitted.find("5751  +14155550123") != std::string::npos);
  }
  CHECK(table(columns, {row}, 120).find("1,234") != std::string::npos);
  CHECK(table(columns, {row}, 70).find("1,234") == std::string::npos);
  for (std::size_t width = 1; width < 40; ++width) CHECK_FALSE(table(columns, {row}, width).empty());
}

TEST_CASE("what must not be missing goes on below") {
  const std::vector<Column> columns{"check", "status", Column{"detail"}.wrapped(), Column{"hint"}.below()};
  const Json check{{"check", "webhook"},
                   {"status", "warn"},
                   {"detail", "no public address, so that nobody hears of receipts, texts and clicks at all"},
                   {"hint", "set http.public_url"}};
  const auto fitted = table(columns, {check, check}, 50);
  check_fits(fitted, 50);
  CHECK(fitted.find("hint") == std::string::npos);
  CHECK(fitted.find("\n    set http.public_url\n") != std::string::npos);
  CHECK(fitted.find("at all\n") != std::string::npos);
}

TEST_CASE("wide letters and marks are counted as a terminal draws them") {
  const Json wide{{"name", "東京東京東京東京東京東京東京東京東京東京"}, {"body", "e\u0301e\u0301"}};
  check_fits(table({"id", "name", "body"}, {wide}, 30), 30);
}

TEST_CASE("states have their colour, and the colour takes no room") {
  const auto colored = table({"id", "status"}, {row}, 80, true);
  CHECK(colored.find("\033[31mundelivered\033[0m") != std::string::npos);
}

TEST_CASE("lines are broken between words, and a quoted command is not") {
  CHECK(wrap("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrap("abcdefgh", 3) == std::vector<std::string>{"abc", "def", "gh"});
  CHECK(wrap("start it with \"smscrm local start\" now", 24) ==
        std::vector<std::string>{"start it with", "\"smscrm local start\" now"});
  CHECK(wrap("", 5) == std::vector<std::string>{""});
  CHECK(wrap_lines("key    one two three four five six seven", 30) ==
        "key    one two three four five\n       six seven");
  CHECK(wrap_lines("a\n\nb\n", 10) == "a\n\nb\n");
}

TEST_CASE("words, money and numbers") {
  CHECK(group_digits("1234567") == "1,234,567");
  CHECK(group_digits("-1234.5") == "-1,234.5");
  CHECK(group_digits("999") == "999");
  CHECK(group_digits("abc") == "abc");
  CHECK(format_money("28.801", "USD") == "28.80 USD");
  CHECK(format_money("1234.5", "EUR") == "1,234.50 EUR");
  CHECK(format_money("0.0083", "USD") == "0.0083 USD");
  CHECK(format_money("0.5", "USD") == "0.50 USD");
  CHECK(format_money("900", "JPY") == "900 JPY");
  CHECK(format_money("", "USD") == "");
  CHECK(words_for("phone_invalid") == "phone is not a number");
  CHECK(words_for("quiet_hours") == "quiet hours");
}

TEST_CASE(
    "on a terminal everything fits, in a pipe and with --wide it is whole, and --utc tells UTC's time") {
  const TenantCli cli;
  const auto name = std::string(150, 'n');
  REQUIRE(cli({"contact", "add", "+14155550123", "--first-name", name, "--last-name", name, "--tag", "vip"})
              .status == 0);
  REQUIRE(cli({"list", "create", "spring", "--name", name}).status == 0);
  for (const int columns : {80, 120})
    for (const char* command : {"contact list", "list list", "contact show +14155550123", "tenant list",
                                "help campaign", "help campaign launch", "config show", "help"}) {
      CAPTURE(command);
      const auto shown = on_terminal(cli, command, columns);
      REQUIRE(shown.status == 0);
      std::istringstream lines{shown.out};
      for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (!line.starts_with("  smscrm "))
          CHECK_MESSAGE(display_width(line) <= static_cast<std::size_t>(columns), line);
      }
    }
  CHECK(cli({"contact", "list"}).out.find(name + "  " + name) != std::string::npos);
  CHECK(on_terminal(cli, "contact list --wide", 80).out.find(name + "  " + name) != std::string::npos);
  CHECK(on_terminal(cli, "contact list", 80).out.find("nn…") != std::string::npos);
  CHECK(cli({"list", "list"}).out.find("created at (New_York)") != std::string::npos);
  CHECK(cli({"list", "list", "--utc"}).out.find("created at (UTC)") != std::string::npos);
  CHECK(cli({"list", "show", "spring"}).out.find(" America/New_York\n") != std::string::npos);
}

TEST_CASE("--columns chooses, in every form and in that order") {
  const TenantCli cli;
  REQUIRE(cli({"contact", "add", "+14155550123", "--first-name", "Ann"}).status == 0);
  CHECK(cli({"contact", "list", "--columns", "first_name,phone"}).out ==
        "first name  phone\nAnn         +14155550123\n");
  CHECK(cli({"contact", "list", "--columns", "phone", "-o", "csv", "--csv-raw"}).out ==
        "phone\r\n+14155550123\r\n");
  CHECK(cli({"contact", "list", "--columns", "first_name", "-o", "ndjson"}).out ==
        "{\"first_name\":\"Ann\"}\n");
  CHECK(cli({"contact", "show", "+14155550123", "--columns", "phone", "-o", "json"}).json().size() == 1);
  const auto wrong = cli({"contact", "list", "--columns", "phne"});
  CHECK(wrong.status == 2);
  CHECK(wrong.err.find("there is no \"phne\"; did you mean \"phone\"?") != std::string::npos);
}

TEST_CASE("every flag that takes a time reads it as people type it") {
  const TenantCli cli;
  for (const char* at :
       {"2026-05-01", "yesterday 09:00", "-2h", "1h ago", "6h", "2026-05-01 20:00", "20:00"}) {
    CAPTURE(at);
    const auto result = cli({"consent", "opt-in", "+14155550123", "--source", "form", "--at", at});
    CHECK_MESSAGE(result.status == 0, result.err);
    CHECK(cli({"consent", "history", "+14155550123", "--as-of", at}).status == 0);
  }
  const auto wrong = cli({"consent", "history", "+14155550123", "--as-of", "soon"});
  CHECK(wrong.status == 2);
  CHECK(wrong.err.find("--as-of: \"soon\" is not a time; write it as 20:00") != std::string::npos);
}
