// A no in any notation of a number, with the real programs: nothing leaves after it.
#include <doctest/doctest.h>

#include "tests/support/line_samples.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;

namespace {

struct Case {
  std::string file;  // as a list has it
  std::string stop;  // as the network has it
  std::string key;
};

const std::vector<Case> cases{
    {"+52 55 1234 5678", "+5215512345678", "+525512345678"},
    {"+52 1 55 8765 4321", "+525587654321", "+525587654321"},
    {"+52 1 81 8765 4321", "+5218187654321", "+528187654321"},
    {"+54 9 11 2345 6789", "+541123456789", "+5491123456789"},
    {"+54 351 555 1234", "+5493515551234", "+5493515551234"},
    {"+55 11 98765 4321", "+551187654321", "+5511987654321"},
    {"+55 31 8765 4321", "+5531987654321", "+5531987654321"},
    {"+225 05 45 12 34 56", "whatsapp:+22545123456", "+2250545123456"},
    {"+229 01 97 12 34 56", "+22997123456", "+2290197123456"},
    {"+229 61 00 00 01", "+2290161000001", "+2290161000001"},
    {"+241 66 12 34 56", "+24106123456", "+24166123456"},
    {"(415) 555-0170", "rcs:+14155550170", "+14155550170"},
    {"415.555.0171", "whatsapp:+14155550171", "+14155550171"},
    {"0044 7911 123456", "sms:+447911123456", "+447911123456"},
    {"4155550172.0", "+14155550172", "+14155550172"},
    {"(227) 555-0123", "+12275550123", "+12275550123"},
};

std::string consent_of(const World& world, const std::string& address) {
  return world.must({"consent", "show", address, "-o", "json"}).json()["consent"].get<std::string>();
}

// Of somebody who never says no: there is somebody to text.
const std::string control = "+14155550199";

void campaign(const World& world, const std::string& name) {
  world.must({"campaign", "create", name, "--template", "hello", "--audience", "list:l"});
  world.must({"campaign", "launch", name, "--key", name, "--wait"});
}

}  // namespace

TEST_CASE("after a STOP in any notation of the number nothing leaves for it") {
  World world;
  world.set_up();
  world.must({"template", "create", "hello", "--body", "Hello"});
  world.start_daemon();
  std::string file = "phone\n";
  for (const auto& c : cases) file += c.file + "\n";
  file += control + "\n";
  world.must({"import", "run", "-", "--list", "l", "--consent-source", "form"}, file);
  campaign(world, "one");
  for (const auto& c : cases) {
    CAPTURE(c.file);
    CHECK(world.accepted(c.key).size() == 1);
    CHECK(world.inbound(c.stop, "STOP") == 200);
    for (const auto& address : {c.key, c.stop}) {
      CAPTURE(address);
      CHECK(consent_of(world, address) == "opted_out");
      CHECK(world.must({"inbox", "list", "--from", address, "-o", "json"}).json().size() == 1);
      CHECK(world.must({"contact", "show", address, "-o", "json"}).json()["phone"] == c.key);
    }
  }
  const auto report = world.must({"report", "campaign", "one", "-o", "json"}).json();
  CHECK(report["opt_outs"] == cases.size());
  const auto before = world.accepted().size();
  campaign(world, "two");
  CHECK(world.accepted().size() == before + 1);
  CHECK(world.accepted(control).size() == 2);
  const auto again = world.must({"report", "campaign", "two", "-o", "json"}).json();
  CHECK(again["skipped"]["opted_out"] == cases.size());
}

TEST_CASE("nothing leaves either for lines and notations that are made up") {
  World world;
  world.set_up();
  world.must({"template", "create", "hello", "--body", "Hello"});
  world.start_daemon();
  LineSamples samples{23};
  std::vector<LineSample> lines;
  std::string file = "phone,country\n" + control + ",\n";
  for (int i = 0; i < 60; ++i) {
    lines.push_back(samples.next());
    const auto& texts = lines.back().national;
    const auto& text = texts[static_cast<std::size_t>(i) % texts.size()];
    if (text.find('"') == std::string::npos)
      file += "\"" + text + "\"," + lines.back().region + "\n";
    else
      file += lines.back().key + ",\n";
  }
  world.must({"import", "run", "-", "--list", "l", "--consent-source", "form"}, file);
  campaign(world, "one");
  const auto before = world.accepted().size();
  CHECK(before == 61);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& texts = lines[i].international;
    std::string from = texts[(i * 7) % texts.size()];
    if (from.find_first_of(" -\xC2\xE2") != std::string::npos) from = texts.front();
    CAPTURE(from);
    CHECK(world.inbound(from, "STOP") == 200);
    CHECK(consent_of(world, lines[i].key) == "opted_out");
  }
  campaign(world, "two");
  CHECK(world.accepted().size() == before + 1);
}

TEST_CASE("whatever texts us can be named by every command") {
  World world;
  world.set_up();
  world.must({"list", "create", "vip"});
  world.must({"keyword", "create", "JOIN", "--list", "vip", "--reply", "Welcome"});
  world.start_daemon();
  for (const char* from : {"12345", "messenger:1234567890", "+999123456789", "rcs:acme_agent"}) {
    CAPTURE(from);
    CHECK(world.inbound(from, "JOIN") == 200);  // none of them has a number to be texted, so nobody joins
    CHECK(world.inbound(from, "STOP") == 200);
    const auto shown = world.must({"inbox", "list", "--from", from, "-o", "json"}).json();
    REQUIRE(shown.size() == 2);
    const auto key = shown[0]["phone"].get<std::string>();
    CHECK(consent_of(world, key) == "opted_out");
    world.must({"consent", "opt-in", key, "--source", "letter"});
    CHECK(consent_of(world, key) == "opted_in");
    world.must({"consent", "opt-out", key});
    world.must({"dnc", "add", key});
    world.must({"dnc", "remove", key});
    CHECK(world.must({"consent", "history", key, "-o", "json"}).json().size() >= 3);
    CHECK(world({"message", "list", "--to", key}).status == 0);
  }
  CHECK(world.accepted().empty());
}

TEST_CASE("a yes by another channel is not one to texts") {
  World world;
  world.set_up();
  world.must({"list", "create", "vip"});
  world.must({"keyword", "create", "JOIN", "--list", "vip", "--reply", "Welcome"});
  world.start_daemon();
  CHECK(world.inbound("whatsapp:+14155550170", "JOIN") == 200);
  CHECK(consent_of(world, "+14155550170") == "none");
  CHECK(world.inbound("+14155550170", "STOP") == 200);
  CHECK(world.inbound("whatsapp:+14155550170", "START") == 200);
  CHECK(consent_of(world, "+14155550170") == "opted_out");
  CHECK(world.inbound("rcs:+14155550170", "START") == 200);
  CHECK(consent_of(world, "+14155550170") == "opted_in");
  CHECK(world.accepted("+14155550170").empty());
}
