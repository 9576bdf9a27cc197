#include <doctest/doctest.h>

#include "tests/support/command.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {
namespace {

TEST_CASE("keywords are created, listed, updated and deleted") {
  TestDb db;
  add_test_tenant(db);
  const auto cli = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "smscrm");
    return run_command(words, "", {{"SMSCRM_DATABASE_URL", db.url()}, {"SMSCRM_TENANT", "acme"}});
  };
  REQUIRE(cli({"list", "create", "spring"}).status == 0);
  CHECK(cli({"keyword", "create", "join", "--list", "spring", "--reply", "Welcome!"}).status == 0);
  CHECK(cli({"keyword", "create", "JOIN", "--reply", "again"}).status == 6);
  CHECK(cli({"keyword", "create", "STOP", "--reply", "no"}).status == 2);
  CHECK(cli({"keyword", "create", "WIN", "--list", "nothing"}).status == 5);
  const auto broken = cli({"keyword", "create", "HOURS", "--reply", "Hi {{first_name"});
  CHECK(broken.status == 2);
  const auto as_template = cli({"template", "create", "hours", "--body", "Hi {{first_name"});
  CHECK(broken.err == as_template.err);
  CHECK(
      cli({"keyword", "create", "HOURS", "--reply", "{{link:https://a.example/}}"}).err.find("link create") !=
      std::string::npos);
  const auto updated = cli({"keyword", "update", "JOIN", "--list", "", "-o", "json"}).json();
  CHECK(updated["list"] == "");
  CHECK(updated["reply"] == "Welcome!");
  CHECK(cli({"keyword", "list", "-o", "json"}).json().size() == 1);
  CHECK(cli({"keyword", "delete", "Join"}).status == 0);
  CHECK(cli({"keyword", "delete", "Join"}).status == 5);
}

}  // namespace
}  // namespace smscrm
