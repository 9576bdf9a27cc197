#include <doctest/doctest.h>

#include "tests/support/tenant_cli.hpp"

using namespace smscrm;

TEST_CASE("a list is created, filled, shown and deleted") {
  TenantCli cli;
  CHECK(cli({"list", "create", "spring", "--name", "Spring sale"}).err == "created list spring\n");
  CHECK(cli({"list", "create", "spring"}).status == 6);
  cli({"contact", "add", "4155552671"});
  const auto added = cli({"list", "add", "spring", "4155552671", "4155552672"});
  CHECK(added.status == 3);
  CHECK(added.err == "added 1 contact to list spring\n+14155552672 is no contact\n");
  const auto shown = cli({"list", "show", "spring", "-o", "json"}).json();
  CHECK(shown["name"] == "Spring sale");
  CHECK(shown["contacts"] == 1);
  CHECK(cli({"contact", "show", "4155552671", "-o", "json"}).json()["lists"] ==
        nlohmann::json::array({"spring"}));
  CHECK(cli({"list", "list", "-o", "json"}).json()[0] == shown);
  CHECK(cli({"list", "remove", "spring", "4155552671", "-q"}).err == "");
  CHECK(cli({"list", "show", "spring", "-o", "json"}).json()["contacts"] == 0);
  CHECK(cli({"list", "delete", "spring"}).status == 2);
  CHECK(cli({"list", "delete", "spring", "--yes"}).status == 0);
  CHECK(cli({"list", "show", "spring"}).status == 5);
}

TEST_CASE("a list gets another slug and name, and the drafts that are meant for it follow") {
  TenantCli cli;
  cli({"list", "create", "spring"});
  cli({"list", "create", "summer"});
  cli({"template", "create", "hi", "--body", "Hi"});
  cli({"campaign", "create", "one", "--template", "hi", "--audience", "list:spring"});
  CHECK(cli({"list", "update", "spring"}).status == 2);
  CHECK(cli({"list", "update", "spring", "--slug", "summer"}).status == 6);
  CHECK(cli({"list", "update", "spring", "--slug", "Bad Slug"}).status == 2);
  const auto updated =
      cli({"list", "update", "spring", "--slug", "spring-2026", "--name", "Spring sale", "-o", "json"})
          .json();
  CHECK(updated["slug"] == "spring-2026");
  CHECK(updated["name"] == "Spring sale");
  CHECK(cli({"list", "show", "spring"}).status == 5);
  CHECK(cli({"campaign", "show", "one", "-o", "json"}).json()["audience"] == "list:spring-2026");
}

TEST_CASE("what is created unless it is there can be created again") {
  TenantCli cli;
  const std::vector<std::vector<std::string>> commands{
      {"list", "create", "news"},
      {"template", "create", "news", "--body", "Hi"},
      {"campaign", "create", "news", "--template", "news", "--audience", "list:news"}};
  for (auto words : commands) {
    CAPTURE(words[0]);
    auto gently = words;
    gently.emplace_back("--if-missing");
    CHECK(cli(gently).err == "created " + words[0] + " news\n");
    const auto again = cli(gently);
    CHECK(again.status == 0);
    CHECK(again.err.find(words[0] + " news is there already") == 0);
    CHECK(cli(words).status == 6);
  }
}
