#include "core/segment/calendar.hpp"

#include <algorithm>

#include <date/date.h>
#include <date/tz.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

using std::chrono::microseconds;

constexpr int longest_years = 200;

const date::time_zone& calendar_of(const std::string& zone) {
  try {
    const auto* place = date::locate_zone(zone);
    place->get_info(date::sys_seconds{});
    return *place;
  } catch (const std::exception&) {
    throw Error(Errc::refused, "this machine does not know the tenant's time zone \"{}\"", zone);
  }
}

// By local clocks; of a time with an offset or Z, by those of UTC.
struct WrittenTime {
  date::local_days day;
  std::optional<microseconds> time;  // nullopt: the whole day
  std::optional<std::chrono::minutes> offset;
};

// Reads fields of digits one behind the other.
class DigitReader {
 public:
  explicit DigitReader(std::string_view text) : text_(text) {}

  bool is_at_end() const { return at_ == text_.size(); }
  bool take(char sign) {
    if (is_at_end() || to_lower(text_.substr(at_, 1))[0] != sign) return false;
    ++at_;
    return true;
  }
  // -1 unless `width` digits come.
  int number(std::size_t width) {
    if (text_.size() - at_ < width) return -1;
    int value = 0;
    for (const char c : text_.substr(at_, width)) {
      if (c < '0' || c > '9') return -1;
      value = value * 10 + (c - '0');
    }
    at_ += width;
    return value;
  }
  std::size_t digits_ahead() const {
    auto end = at_;
    while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') ++end;
    return end - at_;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

bool read_clock(DigitReader& reader, WrittenTime& written) {
  const auto hour = reader.number(2);
  const auto minute = reader.take(':') ? reader.number(2) : -1;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return false;
  microseconds time = std::chrono::hours{hour} + std::chrono::minutes{minute};
  if (reader.take(':')) {
    const auto second = reader.number(2);
    if (second < 0 || second > 59) return false;
    time += std::chrono::seconds{second};
    if (reader.take('.')) {
      const auto width = reader.digits_ahead();
      if (width < 1 || width > 6) return false;
      auto fraction = reader.number(width);
      for (auto i = width; i < 6; ++i) fraction *= 10;
      time += microseconds{fraction};
    }
  }
  written.time = time;
  if (reader.take('z')) {
    written.offset = std::chrono::minutes{0};
  } else if (!reader.is_at_end()) {
    const int sign = reader.take('-') ? -1 : reader.take('+') ? 1 : 0;
    const auto hours = reader.number(2);
    const auto minutes = reader.take(':') ? reader.number(2) : -1;
    if (sign == 0 || hours < 0 || hours > 15 || minutes < 0 || minutes > 59) return false;
    written.offset = sign * (std::chrono::hours{hours} + std::chrono::minutes{minutes});
  }
  return true;
}

std::optional<WrittenTime> read_written_time(std::string_view text) {
  DigitReader reader{text};
  const auto year = reader.number(4);
  const auto month = reader.take('-') ? reader.number(2) : -1;
  const auto day = reader.take('-') ? reader.number(2) : -1;
  if (year < 1 || month < 0 || day < 0) return std::nullopt;
  const date::year_month_day ymd{date::year{year}, date::month{static_cast<unsigned>(month)},
                                 date::day{static_cast<unsigned>(day)}};
  if (!ymd.ok()) return std::nullopt;
  WrittenTime written{date::local_days{ymd}, std::nullopt, std::nullopt};
  if (reader.is_at_end()) return written;
  if (!reader.take('t') || !read_clock(reader, written) || !reader.is_at_end()) return std::nullopt;
  return written;
}

Timestamp at_clock(const date::time_zone& place, date::local_time<microseconds> local) {
  return place.to_sys(local, date::choose::earliest);
}

RuleSpan whole_day(const date::time_zone& place, date::local_days day) {
  return {at_clock(place, day + microseconds{0}), at_clock(place, day + date::days{1} + microseconds{0})};
}

date::local_days today_of(const date::time_zone& place, Timestamp now) {
  return date::floor<date::days>(place.to_local(now));
}

// nullopt: no name of a day.
std::optional<int> days_from_today(std::string_view word) {
  if (word == "yesterday") return -1;
  if (word == "today") return 0;
  if (word == "tomorrow") return 1;
  return std::nullopt;
}

Timestamp moved_by(const RuleLength& length, const RuleClock& clock, int sign) {
  auto moved = clock.now;
  if (length.months != 0) {
    const auto& place = calendar_of(clock.zone);
    const auto local = place.to_local(clock.now);
    const auto day = date::floor<date::days>(local);
    auto ymd = date::year_month_day{day} + date::months{sign * length.months};
    if (!ymd.ok()) ymd = ymd.year() / ymd.month() / date::last;
    moved = at_clock(place, date::local_days{ymd} + (local - day));
  }
  return moved + sign * length.exact;
}

}  // namespace

std::optional<RuleSpan> read_span(std::string_view text, const RuleClock& clock) {
  const auto word = to_lower(text);
  if (word == "now") return RuleSpan{clock.now, clock.now};
  const auto& place = calendar_of(clock.zone);
  if (const auto days = days_from_today(word))
    return whole_day(place, today_of(place, clock.now) + date::days{*days});
  const auto written = read_written_time(text);
  if (!written) return std::nullopt;
  if (!written->time) return whole_day(place, written->day);
  const auto local = written->day + *written->time;
  const auto at = written->offset ? Timestamp{local.time_since_epoch() - *written->offset}
                                  : at_clock(place, date::local_time<microseconds>{local});
  return RuleSpan{at, at};
}

bool is_span(std::string_view text) {
  const auto word = to_lower(text);
  return word == "now" || days_from_today(word) || read_written_time(text);
}

std::optional<RuleLength> read_length_of_rule(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, [](char c) { return c >= '0' && c <= '9'; });
  const std::string_view digits{text.begin(), end};
  const auto unit = to_lower(std::string_view{end, text.end()});
  const auto count = digits.size() > 9 ? std::nullopt : parse_integer(digits);
  if (!count) return std::nullopt;
  RuleLength length;
  if (unit == "mo" || unit == "y") {
    const auto months = *count * (unit == "y" ? 12 : 1);
    if (months > 12 * longest_years) return std::nullopt;
    length.months = static_cast<int>(months);
    return length;
  }
  const auto minutes = unit == "m"   ? 1
                       : unit == "h" ? 60
                       : unit == "d" ? 24 * 60
                       : unit == "w" ? 7 * 24 * 60
                                     : 0;
  if (minutes == 0 || *count > std::int64_t{longest_years} * 366 * 24 * 60 / minutes) return std::nullopt;
  length.exact = std::chrono::minutes{*count * minutes};
  return length;
}

Timestamp before_now(const RuleLength& length, const RuleClock& clock) { return moved_by(length, clock, -1); }
Timestamp after_now(const RuleLength& length, const RuleClock& clock) { return moved_by(length, clock, 1); }

std::vector<std::string> days_of_year(const RuleClock& clock, Timestamp until) {
  std::vector<std::string> all;
  const auto& place = calendar_of(clock.zone);
  const auto last = std::min(today_of(place, until), today_of(place, clock.now) + date::days{365});
  for (auto day = today_of(place, clock.now); day <= last; day += date::days{1}) {
    const date::year_month_day ymd{day};
    all.push_back(
        fmt::format("{:02}-{:02}", static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day())));
    if (all.back() == "02-28" && !ymd.year().is_leap()) all.emplace_back("02-29");
  }
  return all;
}

}  // namespace smscrm
