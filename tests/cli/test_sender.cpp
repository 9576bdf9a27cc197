#include <doctest/doctest.h>

#include "tests/support/tenant_cli.hpp"

using namespace smscrm;

TEST_CASE("senders are added with the rate of their kind, changed and removed") {
  TenantCli cli;
  CHECK(cli({"sender", "list"}).err.find("no senders yet") == 0);
  CHECK(cli({"sender", "add", "+15005550006", "--rate", "100"}).err ==
        "added sender +15005550006 (long_code, 100 parts/s)\n");
  CHECK(cli({"sender", "add", "+18005551212", "-o", "json"}).json()["kind"] == "toll_free");
  CHECK(cli({"sender", "add", "Acme Coffee"}).status == 0);
  CHECK(cli({"sender", "add", "+15005550006"}).status == 6);
  CHECK(cli({"sender", "add", "Acme Coffee Shop"}).status == 2);
  CHECK(cli({"sender", "update", "+15005550006", "--rate", "2.5"}).status == 0);
  CHECK(cli({"sender", "update", "+15005550006", "--rate", "0"}).status == 2);
  CHECK(cli({"sender", "remove", "Acme Coffee"}).status == 0);
  CHECK(cli({"sender", "remove", "Acme Coffee"}).status == 5);
  CHECK(cli({"sender", "list", "-o", "csv"}).out ==
        "address,kind,rate,daily_cap,pool\r\n+15005550006,long_code,2.5,,\r\n"
        "+18005551212,toll_free,3.0,,\r\n");
}

TEST_CASE("a sender is put into a pool, moved, and taken out") {
  TenantCli cli;
  CHECK(cli({"sender", "add", "12345", "--pool", "east", "-o", "json"}).json()["pool"] == "east");
  CHECK(cli({"sender", "update", "12345", "--rate", "5", "-o", "json"}).json()["pool"] == "east");
  CHECK(cli({"consent", "opt-out", "4155552671", "--pool", "east"}).status == 0);
  CHECK(cli({"sender", "update", "12345", "--pool", "west", "-o", "json"}).json()["pool"] == "west");
  CHECK(cli({"consent", "show", "4155552671", "-o", "json"}).json()["opted_out_of"].dump() ==
        R"(["pool:east","sender:12345"])");
  CHECK(cli({"sender", "update", "12345", "--pool", "", "-o", "json"}).json()["pool"] == "");
  CHECK(cli({"sender", "update", "12345", "--pool", "No Good"}).status == 2);
}

TEST_CASE("daily caps are set and taken away") {
  TenantCli cli;
  CHECK(cli({"sender", "add", "12345", "--daily-cap", "2000", "-o", "json"}).json()["daily_cap"] == 2000);
  CHECK(cli({"sender", "update", "12345", "--daily-cap", "10", "-o", "json"}).json()["rate"] == 100);
  CHECK(cli({"sender", "update", "12345", "--rate", "5", "-o", "json"}).json()["daily_cap"] == 10);
  CHECK(cli({"sender", "update", "12345", "--daily-cap", "off", "-o", "json"}).json()["daily_cap"].is_null());
  CHECK(cli({"sender", "update", "12345", "--daily-cap", "0"}).status == 2);
  CHECK(cli({"sender", "update", "12345"}).status == 2);
  CHECK(cli({"tenant", "update", "acme", "--daily-cap", "500", "-o", "json"}).json()["daily_cap"] == 500);
  CHECK(cli({"tenant", "update", "acme", "--name", "Acme", "-o", "json"}).json()["daily_cap"] == 500);
  CHECK(cli({"tenant", "update", "acme", "--daily-cap", "off", "-o", "json"}).json()["daily_cap"].is_null());
  CHECK(cli({"tenant", "update", "acme", "--daily-cap", "many"}).status == 2);
}
