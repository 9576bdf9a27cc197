#include <doctest/doctest.h>

#include "tests/support/command.hpp"

namespace smscrm {
namespace {

TEST_CASE("a wrong command line names what may have been meant, and ends with 2") {
  struct Case {
    std::vector<std::string> words;
    std::string says;
  };
  const Case cases[] = {
      {{"tenat", "list"}, "no command \"tenat\"; did you mean \"tenant\"?"},
      {{"tenant", "creat"}, "no verb \"creat\" in smscrm tenant; did you mean \"create\"?"},
      {{"tenant", "list", "--outptu", "json"}, "unknown flag --outptu; did you mean \"--output\"?"},
      {{"tenant"}, "smscrm tenant what? one of: create, list"},
      {{"tenant", "delete"}, "tenant is required"},
      {{"tenant", "list", "-o", "xml"}, "xml"},
      {{"tenant", "list", "surplus"}, "surplus"},
      {{}, "smscrm what?"},
  };
  for (const auto& c : cases) {
    auto words = c.words;
    words.insert(words.begin(), "smscrm");
    const auto result = run_command(words);
    CAPTURE(c.says);
    CAPTURE(result.err);
    CHECK(result.status == 2);
    CHECK(result.out == "");
    CHECK(result.err.find(c.says) != std::string::npos);
    CHECK(result.err.find("--help\"") != std::string::npos);
  }
}

TEST_CASE("errors are JSON where results are") {
  for (const auto& form : {"json", "ndjson"}) {
    const auto result = run_command({"smscrm", "tenant", "creat"}, "", {{"SMSCRM_OUTPUT", form}});
    const auto error = nlohmann::json::parse(result.err)["error"];
    CHECK(error["code"] == "usage");
    CHECK(error["hint"] == "see \"smscrm tenant --help\"");
  }
}

TEST_CASE("a value that is no number is named") {
  const auto wrong = run_command({"smscrm", "tenant", "update", "acme", "--undelivered-retries", "x"});
  CHECK(wrong.status == 2);
  CHECK(wrong.err ==
        "smscrm: --undelivered-retries: \"x\" is not a number\n"
        "  see \"smscrm tenant update --help\"\n");
}

TEST_CASE("a change that names nothing to change is refused, and says what there is") {
  const std::vector<std::string> changes[] = {{"account", "set"},         {"campaign", "update", "x"},
                                              {"contact", "update", "x"}, {"keyword", "update", "x"},
                                              {"sender", "update", "x"},  {"template", "update", "x"},
                                              {"tenant", "update", "x"},  {"webhook", "update", "x"}};
  for (auto words : changes) {
    CAPTURE(words);
    words.insert(words.begin(), "smscrm");
    words.insert(words.end(), {"--tenant", "acme"});
    const auto result = run_command(words);
    CHECK(result.status == 2);
    CHECK(result.err.find("smscrm: nothing to change; give --") == 0);
  }
  CHECK(run_command({"smscrm", "keyword", "update", "x"}).err ==
        "smscrm: nothing to change; give --reply or --list\n");
}

TEST_CASE("help and version go to standard output") {
  CHECK(run_command({"smscrm", "--version"}).out == "smscrm 0.1.0\n");
  const auto help = run_command({"smscrm", "tenant", "create", "--help"});
  CHECK(help.status == 0);
  CHECK(help.err == "");
  CHECK(help.out.find("Usage: smscrm tenant create [OPTIONS] slug\n") != std::string::npos);
  CHECK(help.out.find("--quiet-hours") != std::string::npos);
  CHECK(help.out.find("Examples:") != std::string::npos);
}

TEST_CASE("no database is one clear line with the way out") {
  const auto none = run_command({"smscrm", "tenant", "list"});
  CHECK(none.status == 2);
  CHECK(none.err ==
        "smscrm: no database is configured\n"
        "  start one with \"smscrm local start\" or set database.url\n");
  const auto away = run_command({"smscrm", "tenant", "list"}, "",
                                {{"SMSCRM_DATABASE_URL", "postgresql://smscrm@/smscrm?host=/nonexistent"}});
  CHECK(away.status == 7);
  CHECK(away.err.find("no database: ") != std::string::npos);
}

TEST_CASE("a reader that leaves early is no error, a full disk is one") {
  const auto program = built_program("smscrm");
  const auto left = run_command({"sh", "-c", program + " config show | true"});
  CHECK(left.err == "");
  const auto full = run_command({"sh", "-c", program + " config show >/dev/full"});
  CHECK(full.status == 1);
  CHECK(full.err.find("No space left") != std::string::npos);
}

}  // namespace
}  // namespace smscrm
