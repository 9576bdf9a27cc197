#include <doctest/doctest.h>

#include "tests/support/tenant_cli.hpp"

using namespace smscrm;

namespace {

void add_people(TenantCli& cli) {
  cli({"contact", "add", "4155552671", "--first-name", "Ann", "--last-name", "Bell", "--tag", "vip",
       "--attribute", "Plan=pro"});
  cli({"contact", "add", "4155552672", "--first-name", "Bob", "--tag", "vip"});
  cli({"contact", "add", "4155552673", "--attribute", "plan=free"});
}

}  // namespace

TEST_CASE("a segment is created, shown, used, changed and deleted") {
  TenantCli cli;
  add_people(cli);
  CHECK(cli({"segment", "create", "vips", "--rule", "tag:vip", "--description", "Best"}).err ==
        "created segment vips\n");
  CHECK(cli({"segment", "create", "vips", "--rule", "all"}).status == 6);
  CHECK(cli({"segment", "create", "vips", "--rule", "all", "--if-missing"}).status == 0);
  CHECK(cli({"segment", "create", "all", "--rule", "tag:vip"}).status == 2);
  CHECK(cli({"segment", "create", "other"}).status == 2);
  const auto shown = cli({"segment", "show", "vips", "-o", "json"}).json();
  CHECK(shown["rule"] == "tag:vip");
  CHECK(shown["description"] == "Best");
  CHECK(shown["used_by"].empty());
  const auto listed = cli({"segment", "list", "-o", "json"}).json();
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["slug"] == "vips");

  CHECK(cli({"segment", "preview", "vips", "-o", "json"}).json() ==
        nlohmann::ordered_json::parse(R"({"count":2,"sample":[{"phone":"+14155552671","name":"Ann Bell"},)"
                                      R"({"phone":"+14155552672","name":"Bob"}],"absent":0})"));
  CHECK(
      cli({"segment", "preview", "vips", "--all", "-o", "ndjson"}).out ==
      "{\"phone\":\"+14155552671\",\"name\":\"Ann Bell\"}\n{\"phone\":\"+14155552672\",\"name\":\"Bob\"}\n");
  const auto table = cli({"segment", "preview", "attr.plan != pro"}).out;
  CHECK(table.find("+14155552673") != std::string::npos);
  CHECK(cli({"contact", "list", "--where", "segment:vips and attr.plan is empty", "-o", "json"})
            .json()
            .size() == 1);
  CHECK(cli({"contact", "tag", "gold", "--where", "vips"}).err == "tagged 2 of 2 contacts\n");
  CHECK(cli({"contact", "list", "--tag", "gold", "--where", "attr.plan = PRO", "-o", "json"}).json().size() ==
        1);

  CHECK(cli({"segment", "update", "vips"}).status == 2);
  CHECK(cli({"segment", "update", "vips", "--rule-file", "-"}, "tag:vip # best\n or attr.plan = free\n")
            .status == 0);
  CHECK(cli({"segment", "preview", "vips", "-o", "json"}).json()["count"] == 3);
  cli({"template", "create", "hi", "--body", "Hi"});
  cli({"campaign", "create", "one", "--template", "hi", "--audience", "segment:vips"});
  CHECK(cli({"segment", "delete", "vips", "--yes"}).status == 6);
  CHECK(cli({"segment", "show", "vips", "-o", "json"}).json()["used_by"][0] == "campaign \"one\"");
  cli({"campaign", "delete", "one", "--yes"});
  CHECK(cli({"segment", "delete", "vips"}).status == 2);
  CHECK(cli({"segment", "delete", "vips", "--yes"}).status == 0);
  CHECK(cli({"segment", "show", "vips"}).status == 5);
}

TEST_CASE("an error in a rule names its place in characters, also among letters of more than one byte") {
  TenantCli cli;
  const std::string rule = "attr.city = 'S\xC3\xA3o Paulo' and plan = 'pro'";
  const auto told = cli({"segment", "preview", rule});
  CHECK(told.status == 2);
  CHECK(told.err.find("column 29: there is no field \"plan\"") != std::string::npos);
  CHECK(told.err.find("attr.plan") != std::string::npos);
  const auto failed = cli({"segment", "preview", rule, "-o", "json"});
  const auto error = nlohmann::json::parse(failed.err)["error"];
  CHECK(error["code"] == "unknown_field");
  CHECK(error["column"] == 29);
  CHECK(error["length"] == 4);
  CHECK(error.contains("hint"));
  const auto draft =
      cli({"campaign", "create", "one", "--template", "none", "--audience", "where plan = 1", "-o", "json"});
  CHECK(draft.status != 0);
}

TEST_CASE("segments do not use each other in a circle") {
  TenantCli cli;
  cli({"segment", "create", "a", "--rule", "tag:x"});
  cli({"segment", "create", "b", "--rule", "tag:y or segment:a"});
  const auto failed = cli({"segment", "update", "a", "--rule", "tag:x or segment:b", "-o", "json"});
  CHECK(failed.status == 2);
  const auto error = nlohmann::json::parse(failed.err)["error"];
  CHECK(error["code"] == "circular_segment");
  CHECK(error["column"] == 18);
  CHECK(cli({"segment", "delete", "a", "--yes"}).status == 6);
  CHECK(cli({"segment", "preview", "c"}).status == 5);
}

TEST_CASE("explain shows parentheses, absent values, tags that nobody has, and the SQL") {
  TenantCli cli;
  add_people(cli);
  const auto rule = "tag:vip or tag:vpi and attr.plan != pro";
  const auto explained = cli({"segment", "explain", rule, "-o", "json"}).json();
  CHECK(explained["rule"] == "(tag:vip or (tag:vpi and attr.plan != pro))");
  CHECK(explained["unused_tags"] == nlohmann::json::array({"vpi"}));
  CHECK(explained["absences"][0]["column"] == 24);
  CHECK(explained["sql"].get<std::string>().find("c.tenant_id = $1") != std::string::npos);
  const auto text = cli({"segment", "explain", rule}).out;
  CHECK(text.find("(tag:vip or (tag:vpi and attr.plan != pro))") != std::string::npos);
  CHECK(text.find("nobody has the tag vpi") != std::string::npos);
}
