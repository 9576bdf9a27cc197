#include <doctest/doctest.h>

#include "tests/support/tenant_cli.hpp"

using namespace smscrm;

TEST_CASE("opt-ins need a proof, opt-outs count, and the ledger tells") {
  TenantCli cli;
  CHECK(cli({"consent", "show", "4155552671"}).out.find("no, because: no consent is recorded") !=
        std::string::npos);
  CHECK(cli({"consent", "opt-in", "4155552671"}).status == 2);
  CHECK(cli({"consent", "opt-in", "4155552671", "--source", "form", "--at", "2999-01-01"}).status == 2);
  CHECK(cli({"consent", "opt-in", "4155552671", "--source", "form", "--at", "2026-05-01"}).err ==
        "recorded the opt-in of +14155552671\n");
  CHECK(cli({"consent", "show", "4155552671"})
            .out.find("yes, because: opted in on 2026-05-01 (operator: form)") != std::string::npos);
  CHECK(cli({"consent", "opt-out", "4155552671", "--at", "2026-05-02"}).status == 0);
  const auto out = cli({"consent", "show", "4155552671", "-o", "json"}).json();
  CHECK(out["consent"] == "opted_out");
  CHECK(out["may_be_texted"] == false);
  CHECK(out["reason"] == "opted_out");

  const auto older = cli({"consent", "opt-in", "4155552671", "--source", "old form", "--at", "2026-05-01"});
  CHECK(older.status == 0);
  CHECK(older.err.find("stays opted out") != std::string::npos);
  const auto anew = cli({"consent", "opt-in", "4155552671", "--source", "new form", "-q"});
  CHECK(anew.err.find("had opted out") != std::string::npos);
  CHECK(cli({"consent", "show", "4155552671", "-o", "json"}).json()["consent"] == "opted_in");

  const auto history = cli({"consent", "history", "4155552671", "-o", "json"}).json();
  REQUIRE(history.size() == 4);
  CHECK(history[0]["source"] == "form");
  CHECK(history[1]["action"] == "opt_out");
  CHECK(history[1]["source"] == "operator");
  CHECK(history[3]["source"] == "new form");
  const auto then =
      cli({"consent", "history", "4155552671", "--as-of", history[1]["recorded_at"].get<std::string>()});
  CHECK(then.out.find("new form") == std::string::npos);
  CHECK(then.err.find("opted_out") != std::string::npos);
}

TEST_CASE("an opt-out of one sender or pool is recorded, shown and lifted by itself") {
  TenantCli cli;
  REQUIRE(cli({"sender", "add", "12345", "--pool", "east"}).status == 0);
  REQUIRE(cli({"sender", "add", "67890"}).status == 0);
  CHECK(cli({"consent", "opt-in", "4155552671", "--source", "form"}).status == 0);
  CHECK(cli({"consent", "opt-out", "4155552671", "--sender", "67890"}).err ==
        "recorded the opt-out of +14155552671, sender 67890\n");
  const auto one = cli({"consent", "show", "4155552671", "-o", "json"}).json();
  CHECK(one["consent"] == "opted_in");
  CHECK(one["may_be_texted"] == true);
  CHECK(one["opted_out_of"].dump() == R"(["sender:67890"])");
  CHECK(one["because"].get<std::string>().find("and opted out of sender 67890") != std::string::npos);

  CHECK(cli({"consent", "opt-out", "4155552671", "--pool", "east"}).status == 0);
  const auto both = cli({"consent", "show", "4155552671", "-o", "json"}).json();
  CHECK(both["may_be_texted"] == false);
  CHECK(both["reason"] == "opted_out");

  // An opt-in of the whole leaves both standing, and says so.
  const auto whole = cli({"consent", "opt-in", "4155552671", "--source", "form 2"});
  CHECK(whole.err.find("stays opted out of pool east, sender 67890") != std::string::npos);
  const auto lifted = cli({"consent", "opt-in", "4155552671", "--source", "form 3", "--sender", "67890"});
  CHECK(lifted.err.find("had opted out") != std::string::npos);
  CHECK(lifted.err.find("stays opted out of pool east") != std::string::npos);
  const auto history = cli({"consent", "history", "4155552671"});
  CHECK(history.err == "consent: opted_in, opted out of pool east\n");
  CHECK(history.out.find("pool:east") != std::string::npos);
  CHECK(cli({"contact", "add", "4155552671"}).status == 0);
  CHECK(cli({"contact", "show", "4155552671", "-o", "json"}).json()["opted_out_of"].dump() ==
        R"(["pool:east"])");

  CHECK(cli({"consent", "opt-out", "4155552671", "--sender", "12346"}).status == 5);
  CHECK(cli({"consent", "opt-out", "4155552671", "--pool", "eats"}).err.find("did you mean \"east\"?") !=
        std::string::npos);
  CHECK(cli({"consent", "opt-out", "4155552671", "--pool", "east", "--sender", "12345"}).status == 2);
}

TEST_CASE("many are opted out at once: of a list, of an import, of a file") {
  TenantCli cli;
  cli({"import", "run", "-", "--list", "spring", "--consent-source", "form"},
      "phone\n4155552671\n4155552672\n4155552673\n");
  cli({"import", "run", "-", "--consent-source", "shop"}, "phone\n4155552673\n4155552674\n");
  const auto state = [&](const char* number) {
    return cli({"consent", "show", number, "-o", "json"}).json()["consent"].get<std::string>();
  };
  CHECK(cli({"consent", "opt-out"}).status == 2);
  CHECK(cli({"consent", "opt-out", "4155552671", "--list", "spring"}).status == 2);
  CHECK(cli({"consent", "opt-out", "--list", "spring"}).status == 2);  // asks
  CHECK(cli({"consent", "opt-out", "--list", "sprin", "--yes"}).status == 5);
  CHECK(cli({"consent", "opt-out", "--import", "9", "--yes"}).status == 5);
  const auto dry = cli({"consent", "opt-out", "--list", "spring", "--dry-run", "-o", "json"});
  CHECK(dry.status == 0);
  CHECK(dry.json()["numbers"] == 3);
  CHECK(dry.json()["opted_out"] == 3);
  CHECK(state("4155552671") == "opted_in");

  const auto imported = cli({"consent", "opt-out", "--import", "2", "--yes", "-o", "json"});
  REQUIRE_MESSAGE(imported.status == 0, imported.err);
  CHECK(imported.json()["opted_out"] == 2);
  CHECK(state("4155552673") == "opted_out");
  CHECK(state("4155552671") == "opted_in");
  const auto listed = cli({"consent", "opt-out", "--list", "spring", "--yes", "-o", "json"}).json();
  CHECK(listed["opted_out"] == 2);
  CHECK(listed["unchanged"] == 1);
  CHECK(cli({"consent", "history", "4155552673", "-o", "json"}).json().size() == 3);

  cli({"consent", "opt-in", "4155552671", "--source", "anew"});
  const auto filed =
      cli({"consent", "opt-out", "--file", "-", "--yes", "-o", "json"}, "4155552671\nhello\n4155552671\n");
  CHECK(filed.status == 3);
  CHECK(filed.json()["opted_out"] == 1);
  CHECK(filed.json()["rejected"] == 1);
  CHECK(state("4155552671") == "opted_out");
}
