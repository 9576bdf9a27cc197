#include "core/base/local_time.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <date/date.h>
#include <date/tz.h>

#include "core/base/bounds.hpp"
#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const date::time_zone& place_of(const std::string& zone) {
  try {
    const auto* place = date::locate_zone(zone);
    place->get_info(date::sys_seconds{});
    return *place;
  } catch (const std::exception&) {
    return *date::locate_zone("UTC");
  }
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "20:00", "20:00:30", "9am", "9:30pm": since midnight.
std::optional<seconds> read_time_of_day(std::string_view text) {
  int add = 0;
  bool twelve = false;
  for (const std::string_view half : {"am", "pm"})
    if (text.ends_with(half)) {
      twelve = true;
      add = half == "pm" ? 12 : 0;
      text = trim(text.substr(0, text.size() - 2));
      break;
    }
  const auto fields = split(text, ':');
  if (fields.size() > 3 || (fields.size() == 1 && !twelve)) return std::nullopt;
  std::array<std::int64_t, 3> numbers{};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].empty() || fields[i].size() > 2 || (i > 0 && fields[i].size() != 2)) return std::nullopt;
    const auto number = std::ranges::all_of(fields[i], is_digit) ? parse_integer(fields[i]) : std::nullopt;
    if (!number || *number > 59) return std::nullopt;
    numbers[i] = *number;
  }
  if (twelve ? numbers[0] < 1 || numbers[0] > 12 : numbers[0] > 23) return std::nullopt;
  const auto hour = twelve ? numbers[0] % 12 + add : numbers[0];
  return std::chrono::hours{hour} + minutes{numbers[1]} + seconds{numbers[2]};
}

std::optional<seconds> unit_of(std::string_view word) {
  if (word.size() > 1 && word.ends_with('s') && word != "s") word.remove_suffix(1);
  if (word == "s" || word == "sec" || word == "second") return seconds{1};
  if (word == "m" || word == "min" || word == "minute") return seconds{60};
  if (word == "h" || word == "hr" || word == "hour") return seconds{3600};
  if (word == "d" || word == "day") return seconds{86'400};
  if (word == "w" || word == "week") return seconds{7 * 86'400};
  return std::nullopt;
}

// "2h", "1h30m", "1 h 30 min", "20 minutes"; nullopt for what is no length or a longer one than may be.
std::optional<seconds> read_length(std::string_view text) {
  seconds sum{0};
  std::size_t at = 0;
  const auto skip_blanks = [&] {
    while (at < text.size() && text[at] == ' ') ++at;
  };
  for (skip_blanks(); at < text.size(); skip_blanks()) {
    const auto begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    const auto count = parse_integer(text.substr(begin, at - begin));
    if (at == begin || at - begin > 9 || !count) return std::nullopt;
    skip_blanks();
    const auto word = at;
    while (at < text.size() && text[at] >= 'a' && text[at] <= 'z') ++at;
    const auto unit = unit_of(text.substr(word, at - word));
    if (!unit) return std::nullopt;
    sum += *count * *unit;
    if (sum > longest_duration) return std::nullopt;
  }
  return text.empty() ? std::nullopt : std::optional{sum};
}

// How far from now; nullopt when the text is no length.
std::optional<seconds> read_offset(std::string_view text, TimeSense sense) {
  if (text == "now") return seconds{0};
  auto sign = sense == TimeSense::past ? -1 : 1;
  if (text.ends_with(" ago"))
    sign = -1, text = trim(text.substr(0, text.size() - 4));
  else if (text.starts_with("in "))
    sign = 1, text = trim(text.substr(3));
  else if (text.starts_with('-'))
    sign = -1, text.remove_prefix(1);
  else if (text.starts_with('+'))
    sign = 1, text.remove_prefix(1);
  const auto length = read_length(text);
  return length ? std::optional{sign * *length} : std::nullopt;
}

std::optional<date::weekday> read_weekday(std::string_view word) {
  constexpr std::string_view names[] = {"sunday",   "monday", "tuesday", "wednesday",
                                        "thursday", "friday", "saturday"};
  for (unsigned i = 0; i < 7; ++i)
    if (word == names[i] || (word.size() >= 3 && names[i].starts_with(word))) return date::weekday{i};
  return std::nullopt;
}

[[noreturn]] void bad_time(std::string_view text) {
  throw Error(
      Errc::invalid,
      "\"{}\" is not a time; write it as 20:00, \"2026-11-29 20:00\", \"tomorrow 09:00\", 2h, \"2h ago\""
      " or 2026-11-29T20:00:00Z",
      text);
}

Timestamp at_local(const date::time_zone& place, date::local_days day, seconds time) {
  return place.to_sys(day + time, date::choose::earliest);
}

// "2026-11-29", maybe followed by a time of day, in `rest`.
std::optional<date::local_days> read_date(std::string_view text, std::string_view& rest) {
  const auto number = [&](std::size_t at, std::size_t width) -> std::int64_t {
    const auto field = text.substr(at, width);
    return std::ranges::all_of(field, is_digit) ? parse_integer(field).value_or(-1) : -1;
  };
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = number(0, 4), month = number(5, 2), day = number(8, 2);
  if (year < 1 || month < 0 || day < 0) return std::nullopt;
  const date::year_month_day ymd{date::year{static_cast<int>(year)},
                                 date::month{static_cast<unsigned>(month)},
                                 date::day{static_cast<unsigned>(day)}};
  if (!ymd.ok()) return std::nullopt;
  rest = text.substr(10);
  if (!rest.empty() && (rest[0] == 't' || rest[0] == ' ')) rest = trim(rest.substr(1));
  return date::local_days{ymd};
}

std::optional<Timestamp> read_by_clock(std::string_view text, const Clock& clock, TimeSense sense) {
  const auto& place = place_of(clock.zone);
  std::string_view rest;
  if (const auto day = read_date(text, rest)) {
    const auto time = rest.empty() ? std::optional{seconds{0}} : read_time_of_day(rest);
    return time ? std::optional{at_local(place, *day, *time)} : std::nullopt;
  }
  const auto today = date::floor<date::days>(place.to_local(clock.now));
  const auto fits = [&](Timestamp at) {
    return sense == TimeSense::past ? at <= clock.now : at >= clock.now;
  };
  const auto step = date::days{sense == TimeSense::past ? -1 : 1};
  if (const auto time = read_time_of_day(text)) {
    const auto at = at_local(place, today, *time);
    return fits(at) ? at : at_local(place, today + step, *time);
  }
  const auto blank = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, blank);
  const auto after = trim(text.substr(blank));
  const auto time = after.empty() ? std::optional{seconds{0}} : read_time_of_day(after);
  if (!time) return std::nullopt;
  if (word == "today") return at_local(place, today, *time);
  if (word == "tomorrow") return at_local(place, today + date::days{1}, *time);
  if (word == "yesterday") return at_local(place, today - date::days{1}, *time);
  if (const auto weekday = read_weekday(word)) {
    auto day = today;
    while (date::weekday{day} != *weekday) day += step;
    const auto at = at_local(place, day, *time);
    return fits(at) ? at : at_local(place, day + 7 * step, *time);
  }
  return std::nullopt;
}

// The length of a time at the beginning of `text` that format_rfc3339 may have written; 0 when there is none.
std::size_t written_time(std::string_view text) {
  constexpr std::string_view shape = "0000-00-00T00:00:00";
  if (text.size() <= shape.size()) return 0;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == '0' ? !is_digit(text[i]) : shape[i] != text[i]) return 0;
  auto at = shape.size();
  if (text[at] == '.') {
    const auto begin = ++at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at == begin) return 0;
  }
  return at < text.size() && text[at] == 'Z' ? at + 1 : 0;
}

}  // namespace

std::string format_local(Timestamp at, const std::string& zone) {
  const auto local = place_of(zone).to_local(at);
  const auto day = date::floor<date::days>(local);
  const date::year_month_day ymd{day};
  const auto minute = std::chrono::floor<minutes>(local - day).count();
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", int(ymd.year()), unsigned(ymd.month()),
                     unsigned(ymd.day()), minute / 60, minute % 60);
}

Timestamp same_time_after(Timestamp time, const std::string& zone, Timestamp after) {
  const auto& place = place_of(zone);
  const auto shown = place.to_local(std::chrono::floor<seconds>(time));
  const auto time_of_day = shown - date::floor<date::days>(shown);
  // The day before, for clocks that were put back over midnight.
  auto day = date::floor<date::days>(place.to_local(std::chrono::floor<seconds>(after))) - date::days{1};
  while (at_local(place, day, time_of_day) <= after) day += date::days{1};
  return at_local(place, day, time_of_day);
}

std::string zone_abbreviation(Timestamp at, const std::string& zone) {
  return place_of(zone).get_info(at).abbrev;
}

std::string with_local_times(std::string_view text, const std::string& zone) {
  std::string told;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = written_time(text.substr(at));
    if (length == 0) {
      told += text[at++];
      continue;
    }
    const auto written = text.substr(at, length);
    at += length;
    try {
      const auto moment = parse_rfc3339(written);
      told += format_local(moment, zone) + " " + zone_abbreviation(moment, zone);
    } catch (const Error&) {
      told += written;
    }
  }
  return told;
}

Timestamp parse_time(std::string_view text, const Clock& clock, TimeSense sense) {
  const auto word = to_lower(trim(text));
  // A date alone is read below, by the clock of the place; so is one without an offset.
  if (word.size() > 16 && (word.ends_with('z') || word.find_first_of("+-", 11) != std::string::npos))
    return parse_rfc3339(trim(text));
  const auto offset = read_offset(word, sense);
  const auto at = offset ? std::optional<Timestamp>{clock.now + *offset} : read_by_clock(word, clock, sense);
  constexpr date::sys_days first = date::year{1} / 1 / 1, end = date::year{10000} / 1 / 1;
  if (!at || *at < first || *at >= end) bad_time(text);
  return *at;
}

}  // namespace smscrm
