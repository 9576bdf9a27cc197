// Hours by law, from the command line to the provider.
#include <date/date.h>
#include <doctest/doctest.h>

#include "core/base/zones.hpp"
#include "core/hours/built_in.hpp"
#include "tests/support/data.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

json parse(const CommandResult& result) { return json::parse(result.out); }

constexpr const char* in_brazil = "+5511912345678";  // neither has a rule on hours that is known
constexpr const char* in_chile = "+56912345678";

}  // namespace

TEST_CASE("every vector holds through the command") {
  World world;
  world.set_up();
  const auto vectors = json::parse(test::read_data("hours/vectors.json"))["vectors"];
  CHECK(vectors.size() > 30);
  for (const auto& vector : vectors) {
    if (!vector["needs_tzdata"].is_null() && time_zone_data() < vector["needs_tzdata"].get<std::string>()) {
      MESSAGE("not tried, as this machine's time zones are older: " << vector["why"].get<std::string>());
      continue;
    }
    CAPTURE(vector["why"].get<std::string>());
    std::vector<std::string> command{"hours",
                                     "check",
                                     vector["number"],
                                     "--at",
                                     vector["at"],
                                     "--kind",
                                     vector["kind"],
                                     "--certainty",
                                     vector["min_certainty"],
                                     "--tenant-hours",
                                     vector["tenant_quiet"].is_null() ? "off" : vector["tenant_quiet"],
                                     "-o",
                                     "json"};
    if (!vector["contact_zone"].is_null()) command.insert(command.end(), {"--zone", vector["contact_zone"]});
    if (!vector["contact_region"].is_null())
      command.insert(command.end(), {"--region", vector["contact_region"]});
    const auto answer = parse(world.must(command));
    CHECK(answer["allowed"] == vector["allowed"]);
    CHECK(answer["held_by"] == vector["held_by"]);
    CHECK(answer["rules"] == vector["rules"]);
    CHECK(answer["next"] == vector["next_allowed"]);
    CHECK(answer["zones"] == vector["zones"]);
  }
}

TEST_CASE("what is suspended is held, says why, leaves when that ends, and its message remembers") {
  World world;
  world.set_up();
  world.must({"import", "run", "-", "--list", "spring", "--consent-source", "web form"},
             std::string{"phone\n"} + in_brazil + "\n" + in_chile + "\n");
  world.add_campaign("Hi");
  world.must({"tenant", "update", "acme", "--law-hours", "medium"});
  const auto made = parse(
      world.must({"hours", "suspend", "BR", "--to", "in 2 hours", "--reason", "mourning", "-o", "json"}));
  CHECK(world.must({"hours", "show", "BR"}).err.find("mourning") != std::string::npos);
  const auto plan = parse(world.must({"campaign", "preflight", "spring", "-o", "json"}));
  CHECK(plan["held"] == json{{"quiet_hours", 1}});
  world.start_daemon();
  world.must({"campaign", "launch", "spring"});
  REQUIRE(await([&] { return world.accepted(in_chile).size() == 1; }));
  const auto explain = [&] {
    return parse(world.must({"campaign", "explain", "spring", "--to", in_brazil, "-o", "json"}));
  };
  REQUIRE(await([&] { return !explain()["was_held_by"].is_null(); }));
  const auto held = explain();
  CHECK(held["hours"]["held_by"] == json{"suspended BR"});
  CHECK(held["hours"]["next"] == made["to"]);
  CHECK(held["gate_now"]["verdict"] == "hold");
  CHECK(held["was_held_by"]["zones"] == json{"America/Sao_Paulo"});
  CHECK(held["verdict"].get<std::string>().find("by suspended BR") != std::string::npos);
  CHECK(world.accepted(in_brazil).empty());

  world.must({"hours", "resume", std::to_string(made["id"].get<int>())});
  world.wait_until_finished();
  CHECK(world.accepted(in_brazil).size() == 1);
  CHECK(explain()["hours"].is_null());  // it waits for nothing
  CHECK(explain()["was_held_by"]["rules"] == json{"suspended BR"});
  CHECK(world.must({"campaign", "verify", "spring"}).status == 0);
  CHECK(world.must({"report", "verify"}).status == 0);
}

TEST_CASE("newer data hold from the next message on, and come from a file that was looked at") {
  World world;
  world.set_up();
  world.must({"import", "run", "-", "--list", "spring", "--consent-source", "web form"},
             std::string{"phone\n"} + in_chile + "\n");
  world.add_campaign("Hi");
  world.must({"tenant", "update", "acme", "--law-hours", "medium"});
  world.start_daemon();
  auto data = json::parse(built_in_hours);
  data["as_of"] = "2030-01-01";
  json rule = data["rules"][0];
  rule["rule"] = "cl-never";
  rule["jurisdiction"] = "CL";
  rule["since"] = "2000-01-01";
  rule["until"] = nullptr;
  const char* const days[]{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  const auto today = date::weekday{date::floor<date::days>(now())}.c_encoding();
  rule["days"] = {days[(today + 3) % 7]};
  rule["from"] = "08:00";
  rule["to"] = "20:00";
  data["rules"].push_back(rule);
  const auto looked = parse(world.must({"hours", "update", "-", "--dry-run", "-o", "json"}, data.dump()));
  CHECK(looked["added"] == json{"cl-never"});
  CHECK(looked["changed"].empty());
  CHECK(looked["removed"].empty());
  CHECK(parse(world.must({"hours", "show", "CL", "-o", "json"}))["rules"].empty());
  world.must({"hours", "update", "-"}, data.dump());
  CHECK(parse(world.must({"hours", "show", "CL", "-o", "json"}))["rules"].size() == 1);
  world.must({"campaign", "launch", "spring"});
  REQUIRE(await([&] { return world.report()["holds"].size() == 1; }));
  CHECK(world.accepted().empty());
  data["rules"][0]["from"] = "8";
  const auto refused = world({"hours", "update", "-"}, data.dump());
  CHECK(refused.status == 2);
  CHECK(refused.err.find("-: rules[0].from: \"8\" is no time of day") != std::string::npos);
  CHECK(world({"hours", "update", "-"}, std::string{built_in_hours}).status == 6);  // older
  world.must({"hours", "update", "-", "--older"}, std::string{built_in_hours});
  world.wait_until_finished();
  CHECK(world.accepted().size() == 1);
}
