#include "core/campaign/cron.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include <date/date.h>
#include <date/tz.h>

#include "core/base/bounds.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

struct CronField {
  const char* name;
  int least, most;
  std::string_view words;  // three letters each, the first stands for `first_word`
  int first_word;
};

constexpr std::array<CronField, 5> cron_fields{{
    {"minute", 0, 59, "", 0},
    {"hour", 0, 23, "", 0},
    {"day of the month", 1, 31, "", 0},
    {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec", 1},
    {"day of the week", 0, 7, "sunmontuewedthufrisat", 0},
}};
constexpr std::size_t of_days = 2, of_weekdays = 4;
constexpr int sunday = 7;  // 0, too

constexpr std::uint32_t all_days = 0xFFFFFFFE, all_weekdays = 0x7F, all_hours = 0xFFFFFF;

// A part of the expression, and where it stands.
struct Piece {
  std::string_view text;
  std::size_t column;  // from 1

  RulePlace place() const { return {column, text.size()}; }
  Piece from(std::size_t begin, std::size_t length = std::string_view::npos) const {
    return {text.substr(begin, length), column + begin};
  }
};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// From here on a character is a byte.
void check_letters(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at)
    if (!is_blank(text[at]) && (text[at] <= ' ' || text[at] > '~'))
      throw RuleError("cron_value", {at + 1, 1}, "no field has such a character",
                      "digits, names of three letters, and * , - / are all there is");
}

std::vector<Piece> split_fields(std::string_view text) {
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < text.size();) {
    if (is_blank(text[at])) {
      ++at;
      continue;
    }
    auto end = at;
    while (end < text.size() && !is_blank(text[end])) ++end;
    pieces.push_back({text.substr(at, end - at), at + 1});
    at = end;
  }
  return pieces;
}

std::vector<Piece> split_piece(const Piece& whole, char separator) {
  std::vector<Piece> pieces;
  std::size_t begin = 0;
  for (std::size_t end = 0; end != std::string_view::npos; begin = end + 1) {
    end = whole.text.find(separator, begin);
    pieces.push_back(whole.from(begin, end == std::string_view::npos ? end : end - begin));
  }
  return pieces;
}

std::optional<int> find_word(const CronField& field, std::string_view text) {
  if (text.size() != 3) return std::nullopt;
  const auto word = to_lower(text);
  for (std::size_t at = 0; at < field.words.size(); at += 3)
    if (field.words.substr(at, 3) == word) return field.first_word + static_cast<int>(at / 3);
  return std::nullopt;
}

std::optional<int> read_number(std::string_view text) {
  const bool is_number = !text.empty() && text.size() <= 3 &&
                         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  return is_number ? std::optional{static_cast<int>(*parse_integer(text))} : std::nullopt;
}

int read_value(const CronField& field, const Piece& piece) {
  if (const auto word = find_word(field, piece.text)) return *word;
  const auto number = read_number(piece.text);
  if (number && *number >= field.least && *number <= field.most) return *number;
  throw RuleError("cron_value", piece.place(),
                  piece.text.empty() ? fmt::format("a {} is missing here", field.name)
                                     : fmt::format("\"{}\" is no {}", piece.text, field.name),
                  fmt::format("it is * or a list of numbers and ranges, from {} to {}{}", field.least,
                              field.most, field.words.empty() ? "" : ", or of names of three letters"));
}

int read_step(const CronField& field, const Piece& piece, bool has_range) {
  if (!has_range)
    throw RuleError("cron_step", piece.place(), "a step goes with a range or with *",
                    fmt::format("such as */15, or from 5 on: 5-{}/15", field.most));
  const auto step = read_number(piece.text);
  if (!step || *step < 1 || *step > field.most)
    throw RuleError(
        "cron_step", piece.place(),
        fmt::format("\"{}\" is no step of a {}; it is from 1 to {}", piece.text, field.name, field.most));
  return *step;
}

// One of a list: "*", "5", "mon-fri", "0-30/10".
std::uint64_t read_part(const CronField& field, const Piece& part) {
  const auto slash = part.text.find('/');
  const auto range = part.from(0, slash);
  const auto dash = range.text.find('-');
  const bool is_any = range.text == "*", is_range = dash != std::string_view::npos;
  int first = field.least, last = field.most;
  if (!is_any) {
    first = last = read_value(field, range.from(0, dash));
    if (is_range) last = read_value(field, range.from(dash + 1));
  }
  // "fri-sun" ends with a Sunday that is behind its Friday.
  if (&field == &cron_fields[of_weekdays] && is_range && last == 0 && first > 0) last = sunday;
  if (last < first)
    throw RuleError("cron_range", range.place(), fmt::format("\"{}\" runs backwards", range.text),
                    fmt::format("write it as two: {}-{},{}-{}", first, field.most, field.least, last));
  const int step =
      slash == std::string_view::npos ? 1 : read_step(field, part.from(slash + 1), is_any || is_range);
  std::uint64_t bits = 0;
  for (int value = first; value <= last; value += step) bits |= std::uint64_t{1} << value;
  return bits;
}

std::uint64_t read_field(const CronField& field, const Piece& piece) {
  std::uint64_t bits = 0;
  for (const auto& part : split_piece(piece, ',')) bits |= read_part(field, part);
  return bits;
}

// The longest that each of its months ever is.
bool has_any_day(const Cron& cron) {
  constexpr std::array<int, 12> lengths{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (std::size_t month = 1; month <= lengths.size(); ++month)
    if ((cron.months >> month & 1) != 0 && std::countr_zero(cron.days) <= lengths[month - 1]) return true;
  return false;
}

void check_count(std::string_view text, const std::vector<Piece>& pieces) {
  if (pieces.size() == cron_fields.size()) return;
  const RulePlace place =
      pieces.size() < cron_fields.size() ? RulePlace{text.size() + 1, 0} : pieces[cron_fields.size()].place();
  throw RuleError("cron_fields", place,
                  fmt::format("five fields are wanted, {}: minute, hour, day of the month, month and day of"
                              " the week",
                              pieces.empty() ? "and there is none" : fmt::format("not {}", pieces.size())),
                  "each day at nine: 0 9 * * *; each hour: 0 * * * *; Mondays at 18:30: 30 18 * * mon");
}

using LocalTime = date::local_seconds;

bool matches_day(const Cron& cron, date::local_days day) {
  const date::year_month_day parts{day};
  return (cron.months >> static_cast<unsigned>(parts.month()) & 1) != 0 &&
         (cron.days >> static_cast<unsigned>(parts.day()) & 1) != 0 &&
         (cron.weekdays >> date::weekday{day}.c_encoding() & 1) != 0;
}

// The first bit at `from` or behind it; nullopt: none.
std::optional<int> first_bit(std::uint64_t bits, std::int64_t from) {
  if (from > 63 || bits >> from == 0) return std::nullopt;
  return static_cast<int>(from) + std::countr_zero(bits >> from);
}

// On one day, at `from` since its midnight or later.
std::optional<std::chrono::minutes> find_on_day(const Cron& cron, std::chrono::minutes from) {
  const auto hour_of_from = std::chrono::floor<std::chrono::hours>(from);
  for (auto hour = first_bit(cron.hours, hour_of_from.count()); hour;
       hour = first_bit(cron.hours, *hour + 1)) {
    const std::chrono::hours whole{*hour};
    const auto begin = std::max(from - whole, std::chrono::minutes{0});
    if (const auto minute = first_bit(cron.minutes, begin.count()))
      return whole + std::chrono::minutes{*minute};
  }
  return std::nullopt;
}

// What matches in [from, to), whatever the clocks do.
std::optional<LocalTime> find_local(const Cron& cron, LocalTime from, LocalTime to) {
  const auto start = date::ceil<std::chrono::minutes>(from);
  for (auto day = date::floor<date::days>(start); day < to; day += date::days{1}) {
    if (!matches_day(cron, day)) continue;
    const auto begin = std::max(start - day, std::chrono::minutes{0});
    const auto found = find_on_day(cron, begin);
    if (!found) continue;
    const LocalTime at = day + *found;
    return at < to ? std::optional{at} : std::nullopt;
  }
  return std::nullopt;
}

const date::time_zone& zone_of(const std::string& name) {
  check_timezone(name);
  return *date::locate_zone(name);
}

LocalTime local(date::sys_seconds at, std::chrono::seconds offset) {
  return LocalTime{at.time_since_epoch() + offset};
}

}  // namespace

Cron parse_cron(std::string_view text) {
  if (text.size() > longest_cron)
    throw RuleError("too_long", {1, 0}, fmt::format("an expression has at most {} characters", longest_cron));
  check_letters(text);
  const auto pieces = split_fields(text);
  check_count(text, pieces);
  std::array<std::uint64_t, 5> bits{};
  for (std::size_t i = 0; i < pieces.size(); ++i) bits[i] = read_field(cron_fields[i], pieces[i]);
  Cron cron;
  cron.minutes = bits[0];
  cron.hours = static_cast<std::uint32_t>(bits[1]);
  cron.days = static_cast<std::uint32_t>(bits[of_days]);
  cron.months = static_cast<std::uint32_t>(bits[3]);
  cron.weekdays =
      static_cast<std::uint32_t>((bits[of_weekdays] | bits[of_weekdays] >> sunday) & all_weekdays);
  if (cron.days != all_days && cron.weekdays != all_weekdays)
    throw RuleError(
        "cron_days", pieces[of_weekdays].place(),
        "a day of the month and a day of the week are not taken together: whether both must fit or"
        " one is enough, cron and people see differently",
        "leave one of them *, or make a schedule of each");
  if (!has_any_day(cron))
    throw RuleError("cron_never", pieces[of_days].place(), "no such month has such a day");
  return cron;
}

std::optional<Timestamp> next_time(const Cron& cron, const std::string& zone, Timestamp after) {
  const auto& place = zone_of(zone);
  // Times are whole minutes.
  const auto from = std::chrono::floor<std::chrono::seconds>(after) + std::chrono::seconds{1};
  const auto end = from + longest_duration;
  const bool is_each_hour = cron.hours == all_hours;
  auto now = place.get_info(from);
  // Up to where the clocks had come before they were last changed.
  auto told =
      now.begin > date::sys_seconds{}
          ? std::optional{local(now.begin, place.get_info(now.begin - std::chrono::seconds{1}).offset)}
          : std::nullopt;
  while (true) {
    const auto begin = local(now.begin, now.offset);
    const bool has_skipped = told && *told < begin && !is_each_hour;
    if (has_skipped && now.begin >= from && find_local(cron, *told, begin)) return now.begin;
    auto first = now.begin >= from ? begin : local(from, now.offset);
    if (told && !is_each_hour) first = std::max(first, *told);
    const auto stop = now.end < end ? now.end : end;
    if (const auto found = find_local(cron, first, local(stop, now.offset)))
      return date::sys_seconds{found->time_since_epoch() - now.offset};
    if (now.end >= end) return std::nullopt;
    told = local(now.end, now.offset);
    now = place.get_info(now.end);
  }
}

}  // namespace smscrm
