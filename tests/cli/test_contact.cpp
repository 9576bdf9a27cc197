#include <doctest/doctest.h>

#include "tests/support/tenant_cli.hpp"

using namespace smscrm;

TEST_CASE("a contact is added, shown, changed and deleted") {
  TenantCli cli;
  const auto added = cli({"contact", "add", "(415) 555-2671", "--first-name", "Anna", "--tag", "VIP",
                          "--attribute", "size=L", "--attribute", "city=Rome", "--consent-source", "form 7"});
  CHECK(added.status == 0);
  CHECK(added.out == "");
  CHECK(added.err == "added contact +14155552671\n");
  CHECK(cli({"contact", "add", "4155552671"}).status == 6);
  CHECK(cli({"contact", "add", "call me"}).status == 2);

  auto shown = cli({"contact", "show", "+14155552671", "-o", "json"}).json();
  CHECK(shown["phone"] == "+14155552671");
  CHECK(shown["tags"] == nlohmann::ordered_json::array({"vip"}));
  CHECK(shown["attributes"] == nlohmann::ordered_json{{"city", "Rome"}, {"size", "L"}});
  CHECK(shown["consent"] == "opted_in");
  CHECK(shown["may_be_texted"] == true);
  CHECK(shown["dnc"] == false);
  CHECK(shown["messages"] == 0);
  CHECK(shown["last_inbound_at"].is_null());
  CHECK(cli({"contact", "show", "4155552671"}).out.find("Anna") != std::string::npos);
  CHECK(cli({"contact", "show", "+14155552672"}).status == 5);

  CHECK(cli({"contact", "update", "4155552671", "--last-name", "Bell", "--attribute", "size=M", "--forget",
             "city"})
            .status == 0);
  shown = cli({"contact", "show", "4155552671", "-o", "json"}).json();
  CHECK(shown["first_name"] == "Anna");
  CHECK(shown["last_name"] == "Bell");
  CHECK(shown["attributes"] == nlohmann::ordered_json{{"size", "M"}});
  CHECK(cli({"contact", "update", "4155552671", "--attribute", "size"}).status == 2);

  CHECK(cli({"contact", "delete", "4155552671"}).status == 2);
  CHECK(cli({"contact", "delete", "4155552671", "-y"}).err.find("ledger is kept") != std::string::npos);
  CHECK(cli({"contact", "delete", "4155552671", "-y"}).status == 5);
  CHECK(cli({"consent", "show", "4155552671", "-o", "json"}).json()["consent"] == "opted_in");
}

TEST_CASE("a contact gets another number, and two become one") {
  TenantCli cli;
  for (const char* number : {"4155552671", "4155552672"}) cli({"contact", "add", number, "--tag", number});
  CHECK(cli({"contact", "update", "4155552671", "--phone", "4155552672"}).err.find("contact merge") !=
        std::string::npos);
  CHECK(cli({"contact", "update", "4155552671", "--phone", "(415) 555-2673", "-o", "json"}).json()["phone"] ==
        "+14155552673");
  cli({"consent", "opt-out", "4155552672", "--source", "call"});
  CHECK(cli({"contact", "merge", "4155552672", "--into", "4155552673"}).status == 2);  // nobody can be asked
  const auto merged = cli({"contact", "merge", "4155552672", "--into", "4155552673", "-y"});
  CHECK(merged.status == 0);
  CHECK(merged.err.find("merged contact +14155552672 into +14155552673, which is not texted") == 0);
  const auto shown = cli({"contact", "show", "4155552673", "-o", "json"}).json();
  CHECK(shown["tags"] == nlohmann::ordered_json::array({"4155552671", "4155552672"}));
  CHECK(shown["consent"] == "opted_out");
  CHECK(cli({"contact", "merge", "4155552672", "--into", "4155552673", "-y"}).status == 5);
}

TEST_CASE("a list without a contact says what it looked for") {
  TenantCli cli;
  cli({"contact", "add", "4155552671"});
  CHECK(cli({"contact", "list", "--search", "garcia"}).err == "no contact matches \"garcia\"\n");
  CHECK(cli({"contact", "list", "--tag", "vip"}).err == "no contact has the tag vip\n");
}

TEST_CASE("contacts are listed and tagged by number, list, tag and search") {
  TenantCli cli;
  for (const char* number : {"4155552671", "4155552672", "4155552673"}) cli({"contact", "add", number});
  cli({"list", "create", "spring"});
  cli({"list", "add", "spring", "4155552672", "4155552673"});
  CHECK(cli({"contact", "tag", "vip,gold", "--list", "spring"}).err == "tagged 2 of 2 contacts\n");
  CHECK(cli({"contact", "untag", "gold", "4155552672"}).err == "untagged 1 of 1 contacts\n");
  const auto partly = cli({"contact", "tag", "new", "4155552671", "4155559999", "-o", "json"});
  CHECK(partly.status == 3);
  CHECK(partly.json()["changed"] == 1);
  CHECK(partly.json()["unknown"] == nlohmann::ordered_json::array({"+14155559999"}));
  CHECK(cli({"contact", "tag", "x"}).status == 2);
  CHECK(cli({"contact", "tag", "x", "4155552671", "--all"}).status == 2);
  CHECK(cli({"contact", "tag", "x", "--all"}).err == "tagged 3 of 3 contacts\n");

  CHECK(cli({"contact", "list", "--tag", "vip", "-o", "json"}).json().size() == 2);
  CHECK(cli({"contact", "list", "--list", "spring", "--tag", "gold", "-o", "csv"}).out ==
        "phone,first_name,last_name,email,country,tags\r\n+14155552673,,,,,gold;vip;x\r\n");
  CHECK(cli({"contact", "list", "--search", "2671", "-o", "ndjson"}).json()["phone"] == "+14155552671");
  CHECK(cli({"contact", "list", "--limit", "1", "-o", "json"}).json().size() == 1);
  CHECK(cli({"contact", "list", "--list", "sprin"}).err.find("did you mean \"spring\"?") !=
        std::string::npos);
}
