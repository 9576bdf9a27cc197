// Only the sender's own words, with the real programs: reactions, quotations, signatures, through the
// webhook.
#include <doctest/doctest.h>

#include "tests/support/world.hpp"

using namespace smscrm;

namespace {

std::string consent_of(const World& world, const std::string& number) {
  return world.must({"consent", "show", number, "-o", "json"}).json()["consent"];
}
nlohmann::json reviews(const World& world) { return world.must({"inbox", "review", "-o", "json"}).json(); }

}  // namespace

TEST_CASE("reactions to our own text opt nobody out, and words of their own beside them do") {
  World world;
  world.set_up();
  world.add_contacts(10);
  const std::string offer = "Sale at Acme: 20% off today. Reply STOP to opt out";
  world.add_campaign(offer);
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  world.wait_until_settled();
  const std::string quoted = "“" + offer + "”";
  const std::string goodwill[] = {"Loved " + quoted,          "Liked " + quoted,
                                  "Laughed at " + quoted,     "Emphasized " + quoted,
                                  "Questioned " + quoted,     "❤️ to “ " + offer + " ”",
                                  "A adoré « " + offer + " »"};
  int person = 0;
  for (const auto& text : goodwill) CHECK(world.inbound(contact_number(person++), text) == 200);
  CHECK(world.inbound(contact_number(7), "STOP") == 200);
  CHECK(world.inbound(contact_number(8), "Loved " + quoted + " but stop texting me") == 200);
  CHECK(world.inbound(contact_number(9), "Disliked " + quoted) == 200);
  for (int i = 0; i < 7; ++i) CHECK(consent_of(world, contact_number(i)) == "opted_in");
  CHECK(consent_of(world, contact_number(7)) == "opted_out");
  CHECK(consent_of(world, contact_number(8)) == "opted_out");
  CHECK(consent_of(world, contact_number(9)) == "opted_in");
  const auto waiting = reviews(world);
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0]["phone"] == contact_number(9));
  CHECK(waiting[0]["rule"] == "reaction.dislike");
  CHECK(waiting[0]["not_own"] == quoted);
}

TEST_CASE("a heart on a text that we know nothing of changes nothing and waits for nobody") {
  World world;
  world.set_up();
  world.must({"tenant", "update", "acme", "--stop-reply", "You are out."});
  world.must({"consent", "opt-in", "+14155550191", "--source", "form"});
  world.start_daemon();
  CHECK(world.inbound("+14155550191", "Loved “Acme: 20% off today. Reply STOP to unsubscribe”") == 200);
  CHECK(world.inbound("+14155550191", "Loved “Acme: 20% off today. STOP to end”") == 200);
  CHECK(consent_of(world, "+14155550191") == "opted_in");
  CHECK(reviews(world).empty());
  for (const auto& text : world.must({"inbox", "list", "-o", "json"}).json()) CHECK(text["reply"] == "");
}

TEST_CASE("STOP above a signature, alone in its sentence or run together is a STOP at once") {
  World world;
  world.set_up();
  world.start_daemon();
  const std::string stops[] = {"STOP\n\nSent from my iPhone",
                               "Stop.\nMarge Simmons\n555-0199",
                               "STOP to end",
                               "STOPplease",
                               "Who is this? Stop. Thanks",
                               "стоп, пожалуйста",
                               "退订",
                               "ＳＴＯＰ"};
  int person = 0;
  for (const auto& text : stops) {
    CAPTURE(text);
    const auto number = contact_number(person++);
    world.must({"consent", "opt-in", number, "--source", "form"});
    CHECK(world.inbound(number, text) == 200);
    CHECK(consent_of(world, number) == "opted_out");
  }
  CHECK(reviews(world).empty());
}

TEST_CASE("while a text is in review nothing leaves for its number, until somebody decides") {
  World world;
  world.set_up();
  world.add_contacts(4);
  world.add_campaign("Hello, STOP to end");
  world.start_daemon();
  const auto person = [](int i) { return contact_number(i); };
  CHECK(world.inbound(person(0), "too many messages") == 200);
  CHECK(world.inbound(person(1), "too many messages") == 200);
  const auto waiting = reviews(world);
  REQUIRE(waiting.size() == 2);
  const auto plan = world.must({"campaign", "preflight", "spring", "-o", "json"}).json();
  CHECK(plan["held"]["in_review"] == 2);
  bool warned = false;
  for (const auto& warning : plan["warnings"]) warned = warned || warning["code"] == "in_review";
  CHECK(warned);

  world.must({"campaign", "launch", "spring"});
  REQUIRE(await([&] { return world.accepted(person(2)).size() + world.accepted(person(3)).size() == 2; }));
  const auto status = world.must({"campaign", "status", "spring", "-o", "json"}).json();
  CHECK(status["waiting"] == 2);
  bool told = false;
  for (const auto& hold : status["holds"]) told = told || hold["code"] == "in_review";
  CHECK(told);
  const auto id = std::to_string(waiting[0]["id"].get<int>());
  CHECK_MESSAGE(world({"inbox", "reply", id, "--body", "Sorry!"}).status == 8, "nor an answer");
  CHECK(world.accepted(person(0)).empty());
  CHECK(world.accepted(person(1)).empty());

  for (const auto& text : waiting)
    world.must(
        {"inbox", text["phone"] == person(0) ? "accept" : "dismiss", std::to_string(text["id"].get<int>())});
  CHECK(await([&] { return world.accepted(person(1)).size() == 1; }));
  world.wait_until_settled();
  CHECK(world.accepted(person(0)).empty());
  CHECK(world.report()["skipped"]["opted_out"] == 1);
  CHECK(world.must({"campaign", "verify", "spring"}).status == 0);
  CHECK(world.must({"report", "verify"}).status == 0);
}

TEST_CASE("a tenant may have texts leave all the same; the preflight warns") {
  World world;
  world.set_up();
  world.add_contacts(1);
  world.add_campaign("Hello, STOP to end");
  world.must({"tenant", "update", "acme", "--hold-reviews", "off"});
  world.start_daemon();
  CHECK(world.inbound(contact_number(0), "too many messages") == 200);
  const auto shown = world.must({"campaign", "preflight", "spring", "-o", "json"}).out;
  CHECK(shown.find("\"in_review\"") != std::string::npos);
  world.must({"campaign", "launch", "spring"});
  world.wait_until_settled();
  CHECK(world.accepted(contact_number(0)).size() == 1);
}
