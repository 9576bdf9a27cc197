// smscrm retention.
#include <doctest/doctest.h>

#include "core/base/json.hpp"
#include "tests/support/tenant_cli.hpp"

using namespace smscrm;

TEST_CASE("nothing goes unless it is set, and how long shows") {
  TenantCli cli;
  const auto before = cli({"retention", "show"});
  CHECK(before.err.find("kept for ever") != std::string::npos);
  CHECK(cli({"retention", "set", "texts", "90d"}).status == 2);  // nobody to ask
  CHECK(cli({"retention", "set", "texts", "90d", "-y"}).status == 0);
  CHECK(cli({"retention", "set", "agents", "30", "-y"}).status == 0);
  const auto kinds = cli({"retention", "show", "-o", "json"}).json();
  REQUIRE(kinds.size() == 4);
  CHECK(kinds[0]["kind"] == "texts");
  CHECK(kinds[0]["days"] == 90);
  CHECK(kinds[1]["days"] == 30);
  CHECK(kinds[2]["days"].is_null());
  CHECK(cli({"retention", "keep", "texts"}).status == 0);
  CHECK(cli({"retention", "show", "-o", "json"}).json()[0]["days"].is_null());
  for (const char* days : {"0", "-1", "36501", "12h", "soon", "99999999999d"})
    CHECK(cli({"retention", "set", "texts", days, "-y"}).status == 2);
  CHECK(cli({"retention", "set", "letters", "90d", "-y"}).status == 2);
}

TEST_CASE("a legal hold has erasures refused, with its reason and the way out") {
  TenantCli cli;
  CHECK(cli({"contact", "add", "4155550001"}).status == 0);
  CHECK(cli({"retention", "hold"}).status == 2);
  CHECK(cli({"retention", "hold", "4155550001", "--reason", "case 12"}).status == 0);
  const auto refused = cli({"contact", "erase", "4155550001", "-y"});
  CHECK(refused.status == 8);
  CHECK(refused.err.find("case 12") != std::string::npos);
  CHECK(refused.err.find("smscrm retention release 1") != std::string::npos);
  CHECK(cli({"retention", "holds", "-o", "json"}).json()[0]["phone"] == "+14155550001");
  CHECK(cli({"retention", "release", "7", "-y"}).status == 5);
  CHECK(cli({"retention", "release", "1", "-y"}).status == 0);
  CHECK(cli({"retention", "release", "1", "-y"}).status == 6);
  CHECK(cli({"contact", "erase", "4155550001", "-y"}).status == 0);
}
