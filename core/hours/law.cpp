#include "core/hours/law.hpp"

#include <algorithm>

#include "core/base/json.hpp"
#include "core/base/text.hpp"
#include "core/net/crypto.hpp"

namespace smscrm {
namespace {

using date::local_days;
using std::chrono::minutes;

constexpr int first_year = 1990, last_year = 2100;  // whose holidays are known by rules

const std::vector<std::string> weekdays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

local_days day_of(int year, int month, int day) { return local_days{date::year{year} / month / day}; }

// Western. Rule: Meeus, Jones and Butcher's algorithm for the Gregorian calendar.
local_days easter_of(int year) {
  const int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4, f = (b + 8) / 25;
  const int g = (b - f + 1) / 3, h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4;
  const int l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451;
  return day_of(year, (h + l - 7 * m + 114) / 31, (h + l - 7 * m + 114) % 31 + 1);
}

// "3 mon 1": the nth of the month, from its end where n is negative.
local_days weekday_of(int year, int n, unsigned weekday, int month) {
  return n < 0 ? local_days{date::year{year} / month / date::weekday{weekday}[date::last]}
               : local_days{date::year{year} / month / date::weekday{weekday}[static_cast<unsigned>(n)]};
}

int number_in(std::string_view word, std::string_view rule) {
  const auto number = parse_integer(word);
  if (!number || *number < -400 || *number > 400)
    throw Error(Errc::invalid, "\"{}\" is no rule of a holiday", rule);
  return static_cast<int>(*number);
}

unsigned weekday_in(std::string_view word, std::string_view rule) {
  const auto found = std::ranges::find(weekdays, word);
  if (found == weekdays.end()) throw Error(Errc::invalid, "\"{}\" is no rule of a holiday", rule);
  return static_cast<unsigned>(found - weekdays.begin());
}

// nullopt: not in that year.
std::optional<local_days> day_by_rule(const std::string& rule, int year) {
  const auto monday_of_november = [&] { return weekday_of(year, 1, 1, 11); };
  if (rule == "election") return monday_of_november() + date::days{1};
  if (rule == "election-even")
    return year % 2 == 0 ? std::optional{monday_of_november() + date::days{1}} : std::nullopt;
  if (rule == "juneteenth-utah") {
    const auto day = day_of(year, 6, 19);
    const auto weekday = date::weekday{day}.c_encoding();
    if (weekday == 0) return day + date::days{1};
    if (weekday == 6) return day + date::days{2};
    return day - date::days{weekday - 1};
  }
  const auto words = split(rule, ' ');
  if (words.size() == 2 && words[0] == "easter")
    return easter_of(year) + date::days{number_in(words[1], rule)};
  if (words.size() == 3) {
    const int n = number_in(words[0], rule), month = number_in(words[2], rule);
    const auto weekday = weekday_in(words[1], rule);
    if ((n == -1 || (n >= 1 && n <= 4)) && month >= 1 && month <= 12)
      return weekday_of(year, n, weekday, month);
  }
  if (words.size() == 1 && rule.size() == 5 && rule[2] == '-') {
    const auto day = date::year{year} / number_in(rule.substr(0, 2), rule) / number_in(rule.substr(3), rule);
    if (day.ok()) return local_days{day};
  }
  throw Error(Errc::invalid, "\"{}\" is no rule of a holiday", rule);
}

// Reads JSON and knows where it is, for errors.
class Reader {
 public:
  Reader(const Json& json, std::string path) : json_(json), path_(std::move(path)) {}

  [[noreturn]] void fail(std::string_view what) const {
    throw Error(Errc::invalid, "{}: {}", path_.empty() ? "the data" : path_, what);
  }
  Reader operator[](const char* key) const {
    if (!json_.is_object()) fail("is no object");
    const auto found = json_.find(key);
    if (found == json_.end()) Reader{json_, path(key)}.fail("is missing");
    return {*found, path(key)};
  }
  Reader get(const char* key) const {  // null where it is missing
    static const Json none;
    if (!json_.is_object()) fail("is no object");
    const auto found = json_.find(key);
    return {found == json_.end() ? none : *found, path(key)};
  }
  bool is_null() const { return json_.is_null(); }
  std::string text() const {
    if (!json_.is_string()) fail("is no text");
    return json_.get<std::string>();
  }
  int whole(int least, int most) const {
    if (!json_.is_number_integer() || json_.get<std::int64_t>() < least || json_.get<std::int64_t>() > most)
      fail(fmt::format("is no whole number from {} to {}", least, most));
    return json_.get<int>();
  }
  std::string one_of(const std::vector<std::string>& words) const {
    auto word = text();
    if (std::ranges::find(words, word) == words.end())
      fail(fmt::format("\"{}\" is none of {}", word, join(words, ", ")));
    return word;
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    each([&](const Reader& one) { all.push_back(one.text()); });
    return all;
  }
  template <class F>
  void each(F&& read) const {
    if (!json_.is_array()) fail("is no list");
    for (std::size_t i = 0; i < json_.size(); ++i) read(Reader{json_[i], fmt::format("{}[{}]", path_, i)});
  }
  template <class F>
  void each_key(F&& read) const {
    if (!json_.is_object()) fail("is no object");
    for (const auto& [key, value] : json_.items()) read(key, Reader{value, path(key)});
  }
  local_days day() const {
    const auto word = text();
    if (word.size() == 10 && word[4] == '-' && word[7] == '-') {
      const auto year = parse_integer(word.substr(0, 4)), month = parse_integer(word.substr(5, 2)),
                 day = parse_integer(word.substr(8));
      if (year && month && day && *year > 0) {
        const auto found =
            date::year{static_cast<int>(*year)} / static_cast<int>(*month) / static_cast<int>(*day);
        if (found.ok()) return local_days{found};
      }
    }
    fail(fmt::format("\"{}\" is no date", word));
  }
  minutes clock() const {
    const auto word = text();
    if (word.size() == 5 && word[2] == ':') {
      const auto hour = parse_integer(word.substr(0, 2)), minute = parse_integer(word.substr(3));
      if (hour && minute && *hour >= 0 && *minute >= 0 && *minute < 60 && *hour * 60 + *minute <= 24 * 60)
        return minutes{*hour * 60 + *minute};
    }
    fail(fmt::format("\"{}\" is no time of day", word));
  }

 private:
  std::string path(std::string_view key) const {
    return path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key);
  }

  const Json& json_;
  std::string path_;
};

HolidayCalendar read_calendar(const Reader& json) {
  HolidayCalendar calendar;
  calendar.name = json["name"].text();
  json["rules"].each([&](const Reader& one) {
    calendar.rules.push_back(one["rule"].text());
    try {
      day_by_rule(calendar.rules.back(), 2026);
    } catch (const Error& error) {
      one["rule"].fail(error.what());
    }
  });
  const auto observed = json["observed"].one_of({"none", "sun-mon", "sat-fri", "sat-fri,sun-mon"});
  calendar.saturday_to_friday = observed.starts_with("sat-fri");
  calendar.sunday_to_monday = observed.ends_with("sun-mon");
  json["dates"].each_key([&](const std::string& year, const Reader& dates) {
    const auto number = parse_integer(year);
    if (!number || *number < 1 || *number > 9999) dates.fail("is no year");
    auto& days = calendar.days[static_cast<int>(*number)];
    dates.each([&](const Reader& one) { days.insert(one.day()); });
  });
  for (int year = first_year; year <= last_year; ++year)
    if (!calendar.days.contains(year)) calendar.days[year] = calendar.days_by_rules(year);
  return calendar;
}

HoursRow read_row(const Reader& json) {
  HoursRow row;
  json["days"].each([&](const Reader& one) {
    const auto found = std::ranges::find(weekdays, one.one_of(weekdays));
    row.days.insert(static_cast<unsigned>(found - weekdays.begin()));
  });
  row.from = json["from"].clock();
  row.to = json["to"].clock();
  if (row.to <= row.from) json["to"].fail("is not after \"from\"");
  if (const auto holidays = json.get("holidays"); !holidays.is_null()) row.holidays = holidays.text();
  if (const auto since = json.get("since"); !since.is_null()) row.since = since.day();
  if (const auto until = json.get("until"); !until.is_null()) row.until = until.day();
  return row;
}

void read_rule(HoursLaw& law, const Reader& json) {
  HoursRule rule;
  rule.name = json["rule"].text();
  if (rule.name.empty() || rule.name == "tenant") json["rule"].fail("is no name of a rule");
  rule.jurisdiction = json["jurisdiction"].text();
  rule.kind = json["kind"].one_of({"law", "regulation", "carrier", "practice"});
  json["applies_to"].one_of({"marketing"});
  rule.texts = json["texts"].one_of({"named", "mobile", "inferred", "calls only"});
  rule.certainty = parse_certainty(json["certainty"].one_of({"low", "medium", "high"}));
  auto row = read_row(json);
  if (!row.holidays.empty() && !law.calendars.contains(row.holidays))
    json["holidays"].fail(fmt::format("there is no calendar \"{}\"", row.holidays));
  const auto sources = json["source"].texts();
  auto known = std::ranges::find(law.rules, rule.name, &HoursRule::name);
  if (known == law.rules.end()) {
    law.rules.push_back(std::move(rule));
    known = std::prev(law.rules.end());
  } else if (known->jurisdiction != rule.jurisdiction || known->certainty != rule.certainty ||
             known->texts != rule.texts || known->kind != rule.kind) {
    json["rule"].fail(
        fmt::format("the rows of \"{}\" differ in jurisdiction, kind, texts or certainty", rule.name));
  }
  known->rows.push_back(std::move(row));
  known->sources.insert(known->sources.end(), sources.begin(), sources.end());
}

LawCap read_cap(const Reader& json) {
  LawCap cap;
  cap.jurisdiction = json["jurisdiction"].text();
  cap.cap = {json["max"].whole(1, 1000), std::chrono::hours{json["hours"].whole(1, 24 * 366)}};
  cap.certainty = parse_certainty(json["certainty"].one_of({"low", "medium", "high"}));
  if (const auto since = json.get("since"); !since.is_null()) cap.since = since.day();
  if (const auto until = json.get("until"); !until.is_null()) cap.until = until.day();
  cap.sources = json["source"].texts();
  return cap;
}

HoursSuspension read_suspension(const Reader& json) {
  const auto time = [&](const char* key) {
    try {
      return parse_rfc3339(json[key].text());
    } catch (const Error& error) {
      json[key].fail(error.what());
    }
  };
  HoursSuspension suspension{0,          json["jurisdiction"].text(), time("from"),
                             time("to"), json["reason"].text(),       ""};
  if (suspension.to <= suspension.from) json["to"].fail("is not after \"from\"");
  if (const auto source = json.get("source"); !source.is_null()) suspension.source = source.text();
  return suspension;
}

}  // namespace

bool HoursRule::allows(local_days day, minutes time,
                       const std::map<std::string, HolidayCalendar>& calendars) const {
  const auto weekday = date::weekday{day}.c_encoding();
  bool in_force = false;
  for (const auto& row : rows) {
    if ((row.since && day < *row.since) || (row.until && day > *row.until)) continue;
    in_force = true;
    if (row.days.contains(weekday) && row.from <= time && time < row.to &&
        (row.holidays.empty() || !calendars.at(row.holidays).has(day)))
      return true;
  }
  return !in_force;
}

std::set<local_days> HolidayCalendar::days_by_rules(int year) const {
  std::set<local_days> found;
  // New Year's Day may be kept in the old year.
  for (const int of : {year, year + 1})
    for (const auto& rule : rules) {
      const auto day = day_by_rule(rule, of);
      if (!day) continue;
      std::vector<local_days> kept{*day};
      const auto weekday = date::weekday{*day}.c_encoding();
      if (weekday == 6 && saturday_to_friday) kept.push_back(*day - date::days{1});
      if (weekday == 0 && sunday_to_monday) kept.push_back(*day + date::days{1});
      for (const auto& one : kept)
        if (int{date::year_month_day{one}.year()} == year) found.insert(one);
    }
  return found;
}

bool HolidayCalendar::has(local_days day) const {
  const auto known = days.find(int{date::year_month_day{day}.year()});
  return known != days.end() && known->second.contains(day);
}

std::set<std::string> HoursLaw::jurisdictions(const std::vector<std::string>& regions) const {
  std::set<std::string> all;
  for (const auto& region : regions) {
    all.insert(region);
    all.insert(region.substr(0, region.find('-')));
  }
  for (const auto& [whole, parts] : includes)
    if (std::ranges::any_of(parts, [&](const std::string& part) { return all.contains(part); }))
      all.insert(whole);
  return all;
}

HoursLaw parse_hours_law(std::string_view text) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& error) {
    const auto line =
        1 + std::count(text.begin(),
                       text.begin() + static_cast<std::ptrdiff_t>(std::min(error.byte, text.size())), '\n');
    throw Error(Errc::invalid, "line {} is no JSON", line);
  }
  const Reader data{json, ""};
  HoursLaw law;
  law.as_of = data["as_of"].text();
  data["as_of"].day();
  law.version = law.as_of + "+" + hex_encode(sha256(text).substr(0, 4));
  data["calendars"].each_key(
      [&](const std::string& name, const Reader& one) { law.calendars.emplace(name, read_calendar(one)); });
  if (const auto includes = data.get("includes"); !includes.is_null())
    includes.each_key(
        [&](const std::string& whole, const Reader& parts) { law.includes[whole] = parts.texts(); });
  data["rules"].each([&](const Reader& one) { read_rule(law, one); });
  if (const auto suspensions = data.get("suspensions"); !suspensions.is_null())
    suspensions["data"].each([&](const Reader& one) { law.suspensions.push_back(read_suspension(one)); });
  if (const auto caps = data.get("caps"); !caps.is_null())
    caps.each([&](const Reader& one) { law.caps.push_back(read_cap(one)); });
  if (law.rules.empty()) data["rules"].fail("is empty");
  return law;
}

}  // namespace smscrm
