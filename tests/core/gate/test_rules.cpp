// Each rule of the gate by itself. Those that ask the database are asked there in test_gate.cpp.
#include <doctest/doctest.h>

#include "core/gate/rules.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

const auto noon = parse_rfc3339("2026-05-01T16:00:00Z");  // in New York

Tenant new_york() {
  Tenant tenant;
  tenant.timezone = "America/New_York";
  return tenant;
}

const Answers yes{1}, no{0};
const Whereabouts in_new_york{"+12125550123"};

}  // namespace

TEST_CASE("dnc, opted_out and opt_out_scope skip who is listed, said no, or has no sender left") {
  const auto tenant = new_york();
  const Moment moment{tenant, noon, built_in_hours_book()};
  for (const bool of_campaign : {true, false}) {
    const Facts facts{.moment = moment, .of_campaign = of_campaign};
    CHECK(rule::dnc().judge(facts, yes) == skip("dnc"));
    CHECK(rule::dnc().judge(facts, no) == pass());
    CHECK(rule::opted_out().judge(facts, yes) == skip("opted_out"));
    CHECK(rule::opted_out().judge(facts, no) == pass());
    CHECK(rule::opt_out_scope().judge(facts, yes) == skip("opted_out"));
    CHECK(rule::opt_out_scope().judge(facts, no) == pass());
  }
  CHECK(rule::opt_out_scope().judge({.moment = moment, .no_sender_left = true}, no) == skip("opted_out"));
}

TEST_CASE("deleted skips what was written to a contact that is gone, whatever it is") {
  const auto tenant = new_york();
  const Moment moment{tenant, noon, built_in_hours_book()};
  for (const bool of_campaign : {true, false}) {
    CHECK(rule::deleted().judge({.moment = moment, .of_campaign = of_campaign}, yes) == skip("deleted"));
    CHECK(rule::deleted().judge({.moment = moment, .of_campaign = of_campaign}, no) == pass());
  }
}

TEST_CASE("renumbered skips what was written for a number that its contact has no more, whatever it is") {
  const auto tenant = new_york();
  const Moment moment{tenant, noon, built_in_hours_book()};
  for (const bool of_campaign : {true, false}) {
    CHECK(rule::renumbered().judge({.moment = moment, .of_campaign = of_campaign}, yes) ==
          skip("number_changed"));
    CHECK(rule::renumbered().judge({.moment = moment, .of_campaign = of_campaign}, no) == pass());
  }
}

TEST_CASE("no_consent wants a recorded yes for campaigns alone") {
  auto tenant = new_york();
  const Moment moment{tenant, noon, built_in_hours_book()};
  CHECK(rule::no_consent().judge({.moment = moment}, yes) == pass());
  CHECK(rule::no_consent().judge({.moment = moment}, no) == skip("no_consent"));
  CHECK(rule::no_consent().judge({.moment = moment, .of_campaign = false}, no) == pass());
  tenant.consent = ConsentMode::implied;
  CHECK(rule::no_consent().judge({.moment = moment}, no) == pass());
}

TEST_CASE("expiry leaves the provider a whole second, and no more than there is") {
  const auto tenant = new_york();
  const Moment moment{tenant, noon, built_in_hours_book()};
  CHECK(rule::expiry().judge({.moment = moment}, no) == pass());
  CHECK(rule::expiry().judge({.moment = moment, .expires_at = noon + 1s}, no) == pass_until(noon + 1s));
  CHECK(rule::expiry().judge({.moment = moment, .expires_at = noon + 999ms}, no) == expire());
}

TEST_CASE("quiet_hours go by where the person may be, and hold marketing alone") {
  auto tenant = new_york();
  tenant.quiet_hours = {"11:00", "13:00"};
  const Moment moment{tenant, noon, built_in_hours_book()};
  const auto judged = [&](bool marketing, std::string_view zone) {
    // Toll-free, whose digits tell no place; without a zone one in New York.
    const Whereabouts who{zone.empty() ? "+12125550123" : "+18885550123", zone};
    return rule::quiet_hours().judge({.moment = moment, .marketing = marketing, .who = who}, no);
  };
  CHECK(judged(true, "") == hold("quiet_hours", noon + 1h));
  CHECK(judged(true, "America/Chicago") == hold("quiet_hours", noon + 2h));
  CHECK(judged(false, "") == pass());
  // What passes has to arrive before the next ones: in Berlin on the day after, in Los Angeles in two hours.
  CHECK(judged(true, "Europe/Berlin") == pass_until(noon + 17h - 5s));
  CHECK(judged(true, "America/Los_Angeles") == pass_until(noon + 2h - 5s));
}

TEST_CASE("quiet_hours hold what has no time to arrive before they begin, until they end") {
  auto tenant = new_york();
  tenant.quiet_hours = {"12:01", "08:00"};
  const auto judged = [&](Timestamp at) {
    const Moment moment{tenant, at, built_in_hours_book()};
    return rule::quiet_hours().judge({.moment = moment, .marketing = true, .who = in_new_york}, no);
  };
  CHECK(judged(noon) == pass_until(noon + 55s));
  CHECK(judged(noon + 50s) == pass_until(noon + 55s));
  const Moment moment{tenant, noon, built_in_hours_book()};
  for (const auto& [backlog, passes] : {std::pair{50s, true}, std::pair{51s, false}})
    CHECK((rule::quiet_hours()
               .judge({.moment = moment, .marketing = true, .who = in_new_york, .backlog = backlog}, no)
               .kind == Verdict::Kind::pass) == passes);
  CHECK(judged(noon + 51s) == hold("quiet_hours", noon + 20h));
  CHECK(judged(noon + 59s) == hold("quiet_hours", noon + 20h));
  CHECK(judged(noon + 60s) == hold("quiet_hours", noon + 20h));
}

TEST_CASE("review holds whatever goes to whom is being read, unless the tenant switched that off") {
  auto tenant = new_york();
  const Moment moment{tenant, noon, built_in_hours_book()};
  for (const bool of_campaign : {true, false}) {
    const Facts facts{.moment = moment, .of_campaign = of_campaign};
    tenant.hold_reviews = true;
    CHECK(rule::review().judge(facts, no) == pass());
    CHECK(rule::review().judge(facts, yes) == hold("in_review", noon + 1h));
    tenant.hold_reviews = false;
    CHECK(rule::review().judge(facts, yes) == pass());
  }
}

TEST_CASE("quiet_hours keep the law as surely as the tenant wants it, and skip what it never lets through") {
  auto tenant = new_york();
  const auto judged = [&](const char* at, const Whereabouts& who) {
    const Moment moment{tenant, parse_rfc3339(at), built_in_hours_book()};
    return rule::quiet_hours().judge({.moment = moment, .marketing = true, .who = who}, no);
  };
  const Whereabouts alabama{"+12055550123"};
  const char* const sunday = "2027-01-10T18:00:00Z";
  const char* const night = "2027-01-13T04:00:00Z";
  CHECK(judged(night, alabama) == pass());
  tenant.law_hours = Certainty::high;
  CHECK(judged(night, alabama) == hold("quiet_hours", parse_rfc3339("2027-01-13T14:00:00Z")));
  CHECK(judged(sunday, alabama).kind == Verdict::Kind::pass);
  tenant.law_hours = Certainty::low;
  CHECK(judged(sunday, alabama) == hold("quiet_hours", parse_rfc3339("2027-01-11T14:00:00Z")));
  tenant.quiet_hours = {"00:00", "00:00"};
  CHECK(judged(sunday, alabama) == skip("no_hours"));
}

TEST_CASE("unknown_zone holds marketing to where this machine has no clock, or nobody knows the place") {
  auto tenant = new_york();
  const auto judged = [&](bool marketing, std::string_view zone) {
    const Moment moment{tenant, noon, built_in_hours_book()};
    const Whereabouts who{"+18885550123", zone};
    return rule::unknown_zone().judge({.moment = moment, .marketing = marketing, .who = who}, no);
  };
  CHECK(judged(true, "America/Newtown") == pass());  // there is no night to keep
  tenant.quiet_hours = {"21:00", "08:00"};
  CHECK(judged(true, "America/Newtown") == hold("unknown_zone", noon + 10min));
  CHECK(judged(false, "America/Newtown") == pass());
  CHECK(judged(true, "America/Chicago") == pass());
  CHECK(judged(true, "") == pass());
  const Moment moment{tenant, noon, built_in_hours_book()};
  const Whereabouts nowhere{"+8835100012345"};  // international networks
  CHECK(rule::unknown_zone().judge({.moment = moment, .marketing = true, .who = nowhere}, no) ==
        hold("unknown_zone", noon + 10min));
}

TEST_CASE("daily_cap holds what is larger than the room until the day ends") {
  const auto tenant = new_york();
  const Moment moment{tenant, noon, built_in_hours_book()};
  const auto judged = [&](int parts, std::int64_t room) {
    return rule::daily_cap().judge(
        {.moment = moment, .parts = parts, .cap_room = room, .day_end = noon + 12h}, no);
  };
  CHECK(judged(2, 2) == pass_until(noon + 12h));
  CHECK(judged(3, 2) == hold("daily_cap", noon + 12h));
  CHECK(rule::daily_cap().judge({.moment = moment, .parts = 3}, no) == pass());
}

TEST_CASE("frequency_cap skips or holds marketing that a cap has no room for") {
  auto tenant = new_york();
  const auto judged = [&](bool marketing, std::optional<Timestamp> until) {
    const Moment moment{tenant, noon, built_in_hours_book()};
    return rule::frequency_cap().judge({.moment = moment, .marketing = marketing, .capped_until = until}, no);
  };
  CHECK(judged(true, std::nullopt) == pass());
  CHECK(judged(true, noon + 1h) == skip("frequency_cap"));
  CHECK(judged(false, noon + 1h) == pass());
  tenant.when_capped = WhenCapped::defer;
  CHECK(judged(true, noon + 1h) == hold("frequency_cap", noon + 1h));
}
