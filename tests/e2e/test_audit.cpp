// The audit, as an operator has it: every command leaves its entry, the daemon seals, and a forger is found.
#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "tests/support/command.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;

TEST_CASE("every change of a day has its entry, with who did it; it is sealed, and it is proven") {
  World world;
  world.variables["SMSCRM_ACTOR"] = "anna";
  world.set_up();
  world.add_contacts(30);
  world.add_campaign();
  world.start_daemon();
  world.must({"contact", "update", "+14155550000", "--first-name", "Ann"});
  world.must({"dnc", "add", "+14155550001", "-y"});
  world.must({"keyword", "create", "menu", "--reply", "Soup today."});
  world.must({"campaign", "launch", "spring", "--key", "k1", "-y"});
  world.wait_until_settled();

  std::set<std::string> actions;
  for (const auto& entry : world.must({"audit", "list", "-o", "json"}).json()) {
    CAPTURE(entry.dump());
    actions.insert(entry["action"].get<std::string>());
    const auto doer = entry["doer"].get<std::string>();
    CHECK((doer == "shell anna" || doer == "smscrmd"));
    CHECK(entry.dump().find("auth_token\":\"\\\\x") == std::string::npos);
  }
  for (const char* wanted :
       {"account.insert", "sender.insert", "template.insert", "campaign.insert", "campaign.update",
        "list.insert", "import.insert", "import.update", "contact.update", "dnc.insert", "keyword.insert"}) {
    CAPTURE(wanted);
    CHECK(actions.count(wanted) == 1);
  }
  CHECK(actions.count("contact.insert") == 0);  // the import has one for all

  nlohmann::json proof;
  REQUIRE(await([&] {
    proof = world.must({"audit", "verify", "-o", "json"}).json();
    return proof["unsealed"] == 0;
  }));
  CHECK(proof["holds"] == true);
  CHECK(proof["checkpoints"] > 0);
  const TempDir dir;
  const auto anchor = dir.write("anchor", world.must({"audit", "checkpoint"}).out);
  CHECK(world({"audit", "verify", "--anchor", anchor}).status == 0);
  const auto lines = world.must({"audit", "export", "-o", "ndjson"}).out;
  CHECK(std::ranges::count(lines, '\n') == proof["entries"].get<int>());

  world.db.run([](Tx& tx) {
    tx.exec("SET LOCAL session_replication_role = replica");
    exec(tx, "UPDATE audit_event SET doer = 'shell bob' WHERE position = 3");
  });
  const auto found = world({"audit", "verify"});
  CHECK(found.status == 1);
  CHECK(found.err.find("position 3") != std::string::npos);
  CHECK(world({"audit", "verify", "--anchor", dir.write("none", "hello\n")}).status == 2);
  CHECK(world({"audit", "show", "99999999"}).status == 5);
}
