#include <doctest/doctest.h>

#include "tests/support/tenant_cli.hpp"

using namespace smscrm;

TEST_CASE("tags in use are listed with how many have them, of the tenant only") {
  const TenantCli cli;
  CHECK(cli({"tag", "list"}).err.find("no contact has a tag") == 0);
  REQUIRE(cli({"contact", "add", "+14155550123", "--tag", "vip", "--tag", "loyal"}).status == 0);
  REQUIRE(cli({"contact", "add", "+14155550124", "--tag", "vip"}).status == 0);
  REQUIRE(cli({"tenant", "create", "other", "--timezone", "UTC", "--country", "US"}).status == 0);
  REQUIRE(
      cli({"contact", "add", "+14155550123", "--tag", "secret"}, "", {{"SMSCRM_TENANT", "other"}}).status ==
      0);
  CHECK(cli({"tag", "list"}).out == "tag    contacts\nloyal         1\nvip           2\n");
}
