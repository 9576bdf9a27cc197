// A STOP that holds for one number of several, with the real programs.
#include <doctest/doctest.h>

#include "tests/support/world.hpp"

using namespace smscrm;

namespace {

const std::string second = "+15005550106";

}  // namespace

TEST_CASE("who said STOP to one number hears only from the other, and nothing once they said it to both") {
  World world;
  world.set_up();
  world.must({"sender", "add", second, "--rate", "2000"});
  world.must({"tenant", "update", "acme", "--opt-out-scope", "number"});
  world.add_contacts(40);
  world.add_campaign("Hi {{first_name}}, STOP to end");
  world.start_daemon();
  const auto person = contact_number(0);
  const auto send = [&](const std::string& campaign) {
    world.must({"campaign", "launch", campaign, "--wait"});
    CHECK(world.must({"campaign", "verify", campaign}).status == 0);
    CHECK(world.must({"report", "verify"}).status == 0);
  };
  const auto skipped = [&](const std::string& campaign) {
    return world.must({"campaign", "preflight", campaign, "-o", "json"}).json()["skipped"].dump();
  };

  // A word that we know and Twilio does not: nothing but us keeps the second from texting.
  CHECK(world.inbound(person, "ARRET") == 200);
  CHECK(skipped("spring") == "{}");
  send("spring");
  REQUIRE(world.accepted(person).size() == 1);
  CHECK(world.accepted(person).front()["from"] == second);
  CHECK(world.accepted().size() == 40);

  CHECK(world.inbound(person, "ARRET", second) == 200);
  const auto consent = world.must({"consent", "show", person, "-o", "json"}).json();
  CHECK(consent["consent"] == "opted_in");
  CHECK(consent["opted_out_of"].dump() == R"(["sender:+15005550006","sender:+15005550106"])");
  CHECK(consent["may_be_texted"] == false);
  world.must({"campaign", "create", "later", "--template", "spring", "--audience", "list:spring"});
  CHECK(skipped("later") == R"({"opted_out":1})");
  send("later");
  CHECK(world.accepted(person).size() == 1);
  CHECK(world.accepted().size() == 79);

  CHECK(world.inbound(person, "START", second) == 200);
  world.must({"campaign", "create", "again", "--template", "spring", "--audience", "list:spring"});
  send("again");
  REQUIRE(world.accepted(person).size() == 2);
  CHECK(world.accepted(person).back()["from"] == second);
}

TEST_CASE("a STOP keeps what waits from leaving from that number, keyword replies among it") {
  World world;
  world.set_up();
  world.must({"sender", "add", second, "--rate", "2000"});
  world.must({"tenant", "update", "acme", "--opt-out-scope", "number"});
  world.must({"keyword", "create", "HOURS", "--reply", "We are open 9 to 5."});
  world.start_daemon();
  const std::string person = "+14155550123";
  CHECK(world.inbound(person, "ARRET") == 200);
  CHECK(world.inbound(person, "hours") == 200);
  CHECK(world.inbound(person, "hours", second) == 200);
  REQUIRE(await([&] { return world.accepted(person).size() == 1; }));
  CHECK(world.accepted(person).front()["from"] == second);
  REQUIRE(await([&] {
    const auto messages = world.must({"message", "list", "--to", person, "-o", "json"}).json();
    return messages.size() == 2 && messages.dump().find("opted_out") != std::string::npos;
  }));
  CHECK(world.accepted(person).size() == 1);
}
