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
