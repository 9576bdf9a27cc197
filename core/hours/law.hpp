// When marketing texts may leave, by law, regulation, carriers' rules and practice: dated data, each row with
// its source and how sure it is. Not legal advice. Whoever installed smscrm has what it came with
// (core/hours/quiet_hours.json, whose sources it names) until newer data are loaded (core/hours/book.hpp).
//
// - A rule is all rows with its name. It is in force where a row is: on local dates from `since` up to and
//   including `until`. It allows a local time when one of the rows in force has that weekday, from <= time <
//   to, and the date is not in the row's calendar of holidays.
// - Rules count for a person by jurisdiction: those of the number's regions and their countries, of the
//   person's own, and of what includes these (the US include Puerto Rico).
// - An instant is allowed when every rule in force allows it in every zone that the person may be in.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <date/date.h>

#include "core/base/time.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

struct HoursRow {
  std::set<unsigned> days;              // of the week, C encoding: 0 is Sunday
  std::chrono::minutes from{0}, to{0};  // after midnight; `to` up to 24:00
  std::string holidays;                 // name of a calendar; empty: none
  std::optional<date::local_days> since, until;
};

// The holidays of a place.
struct HolidayCalendar {
  std::string name;
  // "07-04", "3 mon 1" (third Monday of January), "-1 mon 5" (the last of May), "easter -2" (days from it),
  // "election" (the Tuesday after the first Monday of November), "election-even" (in even years),
  // "juneteenth-utah" (19 June, else the Monday before or, at a week's end, after it).
  std::vector<std::string> rules;
  // What falls on a week's end is kept on that day and on another, too.
  bool saturday_to_friday = false, sunday_to_monday = false;
  std::map<int, std::set<date::local_days>> days;  // by year: as the data list them, else by the rules

  bool has(date::local_days day) const;
  std::set<date::local_days> days_by_rules(int year) const;
};

struct HoursRule {
  std::string name;          // "us-fl"
  std::string jurisdiction;  // ISO 3166: "US-FL", "FR"
  std::string kind;          // "law", "regulation", "carrier", "practice"
  std::string texts;         // "named", "mobile", "inferred": it is applied to texts; "calls only"
  Certainty certainty = Certainty::high;
  std::vector<HoursRow> rows;
  std::vector<std::string> sources;

  bool allows(date::local_days day, std::chrono::minutes time,
              const std::map<std::string, HolidayCalendar>& calendars) const;
};

// Nothing marketing leaves for a jurisdiction between two instants: a state of emergency, a day of mourning.
struct HoursSuspension {
  std::int64_t id = 0;  // 0: it stands in the data
  std::string jurisdiction;
  Timestamp from, to;
  std::string reason, source;
};

// How often marketing may reach a number there.
struct LawCap {
  std::string jurisdiction;
  FrequencyCap cap;
  Certainty certainty = Certainty::high;
  std::optional<date::local_days> since, until;
  std::vector<std::string> sources;
};

struct HoursLaw {
  std::string as_of;    // "2026-11-29"
  std::string version;  // as_of and what the data's bytes are: "2026-11-29+1f3a90bc"
  std::vector<HoursRule> rules;
  std::map<std::string, HolidayCalendar> calendars;
  std::map<std::string, std::vector<std::string>>
      includes;  // jurisdiction: the regions that it counts for, too
  std::vector<HoursSuspension> suspensions;
  std::vector<LawCap> caps;

  // Those that the regions are in: regions, their countries, and what includes them.
  std::set<std::string> jurisdictions(const std::vector<std::string>& regions) const;
};

// Throws Error{invalid} that names the place in the data: "rules[3].from".
HoursLaw parse_hours_law(std::string_view json);

}  // namespace smscrm
