#include <doctest/doctest.h>

#include "core/base/json.hpp"
#include "core/hours/built_in.hpp"
#include "core/hours/law.hpp"
#include "core/hours/open_hours.hpp"

using namespace smscrm;

namespace {

std::string error_of(const std::function<void(Json&)>& change) {
  auto json = Json::parse(built_in_hours);
  change(json);
  try {
    parse_hours_law(json.dump());
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the rules of holidays give the days that the data list") {
  const auto json = Json::parse(built_in_hours);
  const auto law = parse_hours_law(built_in_hours);
  CHECK(law.calendars.size() == 7);
  for (const auto& [name, calendar] : law.calendars)
    for (const int year : {2026, 2027, 2028, 2029}) {
      CAPTURE(name);
      CAPTURE(year);
      std::vector<std::string> days;
      for (const auto day : calendar.days_by_rules(year)) days.push_back(date::format("%F", day));
      CHECK(Json(days) == json["calendars"][name]["dates"][std::to_string(year)]);
    }
  CHECK(
      law.calendars.at("us-la").has(date::local_days{date::year{2032} / 2 / 10}));  // Mardi Gras, not listed
}

TEST_CASE("data that make no sense are refused, with the place in them") {
  CHECK(error_of([](Json&) {}) == "");
  CHECK(error_of([](Json& json) { json.erase("rules"); }) == "rules: is missing");
  CHECK(error_of([](Json& json) { json["rules"] = Json::array(); }) == "rules: is empty");
  CHECK(error_of([](Json& json) { json["rules"][3]["from"] = "25:00"; }) ==
        "rules[3].from: \"25:00\" is no time of day");
  CHECK(error_of([](Json& json) { json["rules"][3]["to"] = "07:00"; }) ==
        "rules[3].to: is not after \"from\"");
  CHECK(error_of([](Json& json) {
          json["rules"][3]["days"][0] = "Montag";
        }).starts_with("rules[3].days[0]: \"Montag\" is none of"));
  CHECK(error_of([](Json& json) {
          json["rules"][3]["certainty"] = "sure";
        }).starts_with("rules[3].certainty: "));
  CHECK(error_of([](Json& json) { json["rules"][3]["holidays"] = "us-xx"; }) ==
        "rules[3].holidays: there is no calendar \"us-xx\"");
  CHECK(error_of([](Json& json) { json["rules"][3]["since"] = "2026-02-30"; }) ==
        "rules[3].since: \"2026-02-30\" is no date");
  CHECK(error_of([](Json& json) { json["rules"][3]["rule"] = "tenant"; }) ==
        "rules[3].rule: is no name of a rule");
  CHECK(error_of([](Json& json) { json["calendars"]["fr"]["rules"][0]["rule"] = "13-40"; }) ==
        "calendars.fr.rules[0].rule: \"13-40\" is no rule of a holiday");
  CHECK(error_of([](Json& json) { json["caps"][0]["max"] = 0; }) ==
        "caps[0].max: is no whole number from 1 to 1000");
  CHECK(error_of([](Json& json) { json["caps"][0]["hours"] = "day"; }) ==
        "caps[0].hours: is no whole number from 1 to 8784");
  CHECK(error_of([](Json& json) { json["as_of"] = 7; }) == "as_of: is no text");
  CHECK_THROWS_WITH(parse_hours_law("{\n\"as_of\": }"), "line 2 is no JSON");
}

TEST_CASE("caps are in force from their first day to their last, as surely as is wanted") {
  const auto law = std::make_shared<const HoursLaw>([] {
    auto data = parse_hours_law(built_in_hours);
    data.caps = {{"US-FL", {3, std::chrono::hours{24}}, Certainty::high, {}, {}, {}},
                {"US", {9, std::chrono::hours{48}}, Certainty::low, {}, {}, {}}};
    data.caps[0].since = date::local_days{date::year{2026} / 5 / 1};
    data.caps[0].until = date::local_days{date::year{2026} / 5 / 31};
    return data;
  }());
  const auto caps = [&](Certainty certainty, const char* at) {
    const OpenHours hours{law, {certainty, {}}, find_reach({"+13055550123"})};  // Miami
    return hours.caps(parse_rfc3339(at)).size();
  };
  CHECK(caps(Certainty::high, "2026-04-30T23:59:59Z") == 0);
  CHECK(caps(Certainty::high, "2026-05-01T00:00:00Z") == 1);
  CHECK(caps(Certainty::high, "2026-05-31T12:00:00Z") == 1);
  CHECK(caps(Certainty::high, "2026-06-01T00:00:00Z") == 0);
  CHECK(caps(Certainty::low, "2026-05-31T12:00:00Z") == 2);
}

TEST_CASE("a law has a version that tells other data") {
  const auto law = parse_hours_law(built_in_hours);
  CHECK(law.version.starts_with("2026-11-29+"));
  CHECK(parse_hours_law(std::string{built_in_hours} + " ").version != law.version);
}
