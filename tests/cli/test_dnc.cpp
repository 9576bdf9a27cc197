#include <doctest/doctest.h>

#include "tests/support/tenant_cli.hpp"

using namespace smscrm;

TEST_CASE("numbers go on and off the do-not-contact list") {
  TenantCli cli;
  CHECK(cli({"dnc", "list"}).err == "the do-not-contact list is empty\n");
  CHECK(cli({"dnc", "add", "4155552671", "--reason", "asked"}).status == 0);
  const auto listed = cli({"dnc", "list", "-o", "json"}).json();
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["phone"] == "+14155552671");
  CHECK(listed[0]["reason"] == "asked");
  CHECK(cli({"consent", "show", "4155552671"}).out.find("do-not-contact list (asked)") != std::string::npos);
  CHECK(cli({"dnc", "remove", "4155552671"}).status == 0);
  CHECK(cli({"dnc", "remove", "4155552671"}).status == 5);
}

TEST_CASE("numbers of every kind of file are imported, and odd ones told") {
  TenantCli cli;
  const auto table =
      cli({"dnc", "import", "-", "-o", "json"},
          "Name;Cell;Country\nAda;30231250.0;Germany\nBo;4.1556E9;\nCy;DO NOT TEXT 415 555 2671;\n");
  CHECK(table.status == 3);
  CHECK(table.json()["added"] == 2);
  CHECK(table.json()["rejects"][0]["reason"] == "phone_digits_lost");
  CHECK(cli({"consent", "show", "+4930231250", "-o", "json"}).json()["dnc"] == true);
  CHECK(cli({"dnc", "import", "-", "--columns", "name,phone"}, "Ada,415 555 2672\n").status == 0);
  CHECK(cli({"dnc", "import", "-", "--map", "code=phone"}, "name,code\nAda,415 555 2673\n").status == 0);
  CHECK(cli({"dnc", "import", "-"}, "name,code\nAda,415 555 2673\n").status == 2);
}

TEST_CASE("numbers that no plan knows, short codes and other addresses can be kept from being texted") {
  TenantCli cli;
  const auto odd = cli({"dnc", "add", "+2299712345678", "12345", "messenger:1234", "+5215512345678"});
  CHECK(odd.status == 0);
  CHECK(odd.err.find("12345 is no phone number") != std::string::npos);
  CHECK(odd.err.find("no numbering plan known to us assigns +2299712345678") != std::string::npos);
  const auto listed = cli({"dnc", "list", "-o", "json"}).json();
  REQUIRE(listed.size() == 4);
  for (const auto& entry : listed)
    CHECK(cli({"dnc", "remove", entry["phone"].get<std::string>()}).status == 0);
  CHECK(cli({"dnc", "add", "foo"}).status == 2);
}

TEST_CASE("a file of numbers is imported, bad lines are named") {
  TenantCli cli;
  const std::string numbers = "# registry\n4155552671\r\n\nnonsense\n+44 7400 123456\n+14155552671\n";
  const auto first = cli({"dnc", "import", "-", "-o", "json"}, numbers);
  CHECK(first.status == 3);
  CHECK(first.err.find("line 4: \"nonsense\" is not a phone number") != std::string::npos);
  const auto result = first.json();
  CHECK(result["rows"] == 4);
  CHECK(result["added"] == 2);
  CHECK(result["unchanged"] == 1);
  CHECK(result["rejected"] == 1);
  CHECK(result["rejects"][0]["line"] == 4);
  CHECK(cli({"dnc", "import", cli.dir.write("numbers", "+14155552671\n")}).status == 0);
  CHECK(cli({"dnc", "import", "/nonexistent"}).status == 2);
}
