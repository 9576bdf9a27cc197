#include <sstream>

#include <doctest/doctest.h>

#include "cli/app.hpp"
#include "cli/help.hpp"
#include "core/base/text.hpp"
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
      {{"tenant", "delete"}, "TENANT is missing: smscrm tenant delete TENANT"},
      {{"tenant", "list", "-o", "xml"}, "xml"},
      {{"tenant", "list", "surplus"}, "surplus"},
      {{}, "smscrm what?"},
      {{"launch", "spring"}, "no command \"launch\"; did you mean \"smscrm campaign launch\"?"},
      {{"campaign", "status", "x", "--key", "k"},
       "smscrm campaign status has no flag --key; \"smscrm campaign launch\""},
      {{"message", "list", "--status", "delivred"}, "did you mean \"delivered\"?"},
      {{"inbox", "list", "--limit", "0"}, "--limit: 0 is not a number from 1 to 1000000000"},
      {{"inbox", "list", "--limit"}, "--limit: a value is missing: --limit N"},
      {{"inbox", "list", "--limit", "1", "--limit", "2"}, "--limit: given more than once"},
      {{"campaign", "test", "x"}, "--to NUMBER is missing: smscrm campaign test CAMPAIGN --to NUMBER"},
      {{"tenant", "list", "surplus"}, "unexpected surplus: smscrm tenant list"},
      {{"help", "tenat"}, "no command \"tenat\"; did you mean \"tenant\"?"},
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

TEST_CASE("a value from the environment is blamed on its variable") {
  const auto result = run_command({"smscrm", "tenant", "list"}, "", {{"SMSCRM_OUTPUT", "jsn"}});
  CHECK(result.status == 2);
  CHECK(
      result.err.find("SMSCRM_OUTPUT: \"jsn\" is none of table, json, ndjson, csv; did you mean \"json\"?") !=
      std::string::npos);
}

TEST_CASE("help is understood before and after the noun, and as a flag") {
  const auto want = run_command({"smscrm", "campaign", "launch", "--help"}).out;
  CHECK(want.find("Usage: smscrm campaign launch CAMPAIGN") == 0);
  for (const std::vector<std::string>& words : {std::vector<std::string>{"help", "campaign", "launch"},
                                                {"campaign", "help", "launch"},
                                                {"help", "campaigns", "start"},
                                                {"campaign", "start", "-h"}}) {
    CAPTURE(words);
    auto command = words;
    command.insert(command.begin(), "smscrm");
    CHECK(run_command(command).out == want);
  }
  CHECK(run_command({"smscrm", "help"}).out == run_command({"smscrm", "--help"}).out);
}

TEST_CASE("verbs and nouns have the names that people type") {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"tenants", "ls"},
        {"contacts", "create", "1"},
        {"contact", "rm", "1"},
        {"list", "rm", "x"},
        {"lists", "new", "x"},
        {"campaign", "start", "x"},
        {"campaign", "stop", "x"},
        {"campaign", "add", "x", "--template", "t", "--audience", "all"},
        {"template", "remove", "x"},
        {"dnc", "delete", "1"},
        {"campaign", "get", "x"},
        {"keyword", "add", "x"}}) {
    CAPTURE(words);
    auto command = words;
    command.insert(command.begin(), "smscrm");
    CHECK(run_command(command).err.find("no database is configured") != std::string::npos);
  }
}

void check_help(const CLI::App& app, bool is_verb) {
  const auto name = path_of(app);
  CAPTURE(name);
  for (const std::size_t width : {80, 120}) {
    const auto help = help_of(app, width);
    std::istringstream lines{help};
    for (std::string line; std::getline(lines, line);)
      // Examples are to be copied, and stay whole.
      if (!line.starts_with("  smscrm ") && !line.starts_with("  source "))
        CHECK_MESSAGE(display_width(line) <= width, line);
    for (const char* word : {"TEXT:", "INT in", "POSITIVE", ":INT", "FLOAT", "VECTOR"})
      CHECK(help.find(word) == std::string::npos);
    if (is_verb) CHECK_MESSAGE(help.find("Examples:\n") != std::string::npos, "has no example of its own");
  }
  for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    check_help(*sub, sub->get_parent()->get_parent() != nullptr);
}

TEST_CASE("every help fits the width, has examples of its own and no word of the parser") {
  Context context;
  check_help(*make_app(context), false);
  const auto help = run_command({"smscrm", "help", "inbox", "list"}).out;
  CHECK(help.find("a table has 50") != std::string::npos);
  CHECK(help.find("--tenant TENANT") != std::string::npos);
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
  CHECK(help.out.find("Usage: smscrm tenant create SLUG [FLAGS]\n") != std::string::npos);
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
