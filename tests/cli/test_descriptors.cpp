// Descriptors 0 to 2 never belong to anything else, and what cannot be printed shows in the status.
#include <doctest/doctest.h>

#include "tests/support/tenant_cli.hpp"

using namespace smscrm;

namespace {

// smscrm run by a shell with this redirection. `program`: smscrm or smscrmd.
CommandResult run_with(const TenantCli& cli, const std::string& redirection,
                       const std::vector<std::string>& words, const std::string& program = "smscrm") {
  std::vector<std::string> argv{"bash", "-c", "\"$0\" \"$@\" " + redirection, built_program(program)};
  argv.insert(argv.end(), words.begin(), words.end());
  return run_command(argv, "", {{"SMSCRM_DATABASE_URL", cli.db.url()}, {"SMSCRM_TENANT", "acme"}});
}

}  // namespace

TEST_CASE("without standard output no result gets lost unseen, and none goes to the database") {
  TenantCli cli;
  REQUIRE(cli({"contact", "add", "+14155550001"}).status == 0);
  for (const std::string format : {"table", "json", "ndjson", "csv"}) {
    CAPTURE(format);
    for (const char* closed : {">&-", "<&- >&-", "> /dev/full"}) {
      const auto listed = run_with(cli, closed, {"contact", "list", "-o", format});
      CHECK(listed.status == 1);
      CHECK(listed.err.find("cannot write to standard output") != std::string::npos);
      CHECK(run_with(cli, closed, {"contact", "show", "+14155550001", "-o", format}).status == 1);
    }
    CHECK(run_with(cli, "<&- >&- 2>&-", {"contact", "list", "-o", format}).status == 1);
  }
  CHECK(run_with(cli, ">&-", {"--version"}).status == 1);
  CHECK(run_with(cli, ">&-", {"contact", "list", "--help"}).status == 1);
  CHECK(run_with(cli, ">&-", {"--version"}, "smscrmd").status == 1);
  CHECK(run_with(cli, ">/dev/full", {"completion", "bash"}).status == 1);
}

TEST_CASE("commands work with any of the three closed") {
  TenantCli cli;
  std::int64_t number = 14155550100;
  for (const char* closed : {"<&-", ">&-", "2>&-", "<&- >&-", ">&- 2>&-", "<&- >&- 2>&-"}) {
    CAPTURE(closed);
    CHECK(run_with(cli, closed, {"contact", "add", fmt::format("+{}", number++)}).status == 0);
  }
  CHECK(cli({"contact", "list", "-o", "json"}).json().size() == 6);
}

TEST_CASE("standard input that is closed is no empty one") {
  TenantCli cli;
  const std::vector<std::vector<std::string>> commands = {
      {"import", "run", "-"},
      {"dnc", "import", "-"},
      {"template", "create", "t", "--body-file", "-"},
  };
  for (const auto& words : commands) {
    const auto result = run_with(cli, "<&-", words);
    CHECK(result.status == 2);
    CHECK(result.err.find("standard input is closed") != std::string::npos);
  }
  CHECK(cli({"import", "list", "-o", "json"}).json().empty());
}
