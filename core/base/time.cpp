#include "core/base/time.hpp"

#include <date/date.h>
#include <date/tz.h>

#include "core/base/bounds.hpp"
#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

// Reads exactly `width` digits at `at`; nullopt-like -1 when they are not digits.
int digits(std::string_view text, std::size_t at, std::size_t width) {
  if (at + width > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + width; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

[[noreturn]] void bad_time(std::string_view text) {
  throw Error(Errc::invalid, "\"{}\" is not a time; write it as 2026-05-01T09:30:00Z", text);
}

// A leap second or an offset may lead out of the years that have four digits; PostgreSQL has no year 0.
Timestamp within_years(Timestamp at, std::string_view text) {
  constexpr date::sys_days first = date::year{1} / 1 / 1, end = date::year{10000} / 1 / 1;
  if (at < first || at >= end) bad_time(text);
  return at;
}

}  // namespace

Timestamp now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string format_rfc3339(Timestamp at) {
  const auto day = date::floor<date::days>(at);
  const date::year_month_day ymd{day};
  const auto time = at - day;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const auto micros = (time - seconds).count();
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int(ymd.year()),
                                 unsigned(ymd.month()), unsigned(ymd.day()), seconds.count() / 3600,
                                 seconds.count() / 60 % 60, seconds.count() % 60);
  if (micros != 0) text += fmt::format(".{:06}", micros);
  return text + "Z";
}

Timestamp parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  if (year < 0 || month < 0 || day < 0 || text[4] != '-' || text[7] != '-') bad_time(text);
  const date::year_month_day ymd{date::year{year}, date::month{unsigned(month)}, date::day{unsigned(day)}};
  if (!ymd.ok()) bad_time(text);
  Timestamp at{date::sys_days{ymd}};
  std::size_t pos = 10;
  if (pos == text.size()) return within_years(at, text);
  if (text[pos] != 'T' && text[pos] != 't' && text[pos] != ' ') bad_time(text);
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || text[13] != ':') bad_time(text);
  at += hours{hour} + minutes{minute};
  pos = 16;
  if (pos < text.size() && text[pos] == ':') {
    const int second = digits(text, 17, 2);
    if (second < 0 || second > 60) bad_time(text);
    at += seconds{second};
    pos = 19;
    if (pos < text.size() && text[pos] == '.') {
      std::int64_t unit = 100'000;
      for (++pos; pos < text.size() && text[pos] >= '0' && text[pos] <= '9'; ++pos, unit /= 10)
        at += microseconds{unit * (text[pos] - '0')};
    }
  }
  if (pos >= text.size()) bad_time(text);
  if ((text[pos] == 'Z' || text[pos] == 'z') && pos + 1 == text.size()) return within_years(at, text);
  if (text[pos] != '+' && text[pos] != '-') bad_time(text);
  const int zone_hour = digits(text, pos + 1, 2);
  int zone_minute = 0;
  std::size_t end = pos + 3;
  if (end < text.size()) {
    if (text[end] == ':') ++end;
    zone_minute = digits(text, end, 2);
    end += 2;
  }
  if (zone_hour < 0 || zone_hour > 23 || zone_minute < 0 || zone_minute > 59 || end != text.size())
    bad_time(text);
  const auto offset = hours{zone_hour} + minutes{zone_minute};
  return within_years(text[pos] == '+' ? at - offset : at + offset, text);
}

std::chrono::seconds parse_duration(std::string_view text) {
  using namespace std::chrono;
  if (text.size() >= 2) {
    if (const auto count = parse_integer(text.substr(0, text.size() - 1));
        count && *count >= 0 && *count < 100'000'000) {
      const auto within = [&](seconds length) {
        if (length <= longest_duration) return length;
        throw Error(Errc::invalid, "\"{}\" is too long; ten years, 3650d, is the longest", text);
      };
      switch (text.back()) {
        case 's':
          return within(seconds{*count});
        case 'm':
          return within(minutes{*count});
        case 'h':
          return within(hours{*count});
        case 'd':
          return within(hours{*count * 24});
        default:
          break;
      }
    }
  }
  throw Error(Errc::invalid, "\"{}\" is not a length of time; write it as 90s, 15m, 2h or 3d", text);
}

std::string format_duration(std::chrono::milliseconds length) {
  const auto seconds = length.count() / 1000;
  if (seconds < 60) return fmt::format("{:.1f}s", static_cast<double>(length.count()) / 1000.0);
  if (seconds < 3600) return fmt::format("{}m {:02}s", seconds / 60, seconds % 60);
  return fmt::format("{}h {:02}m", seconds / 3600, seconds / 60 % 60);
}

bool is_timezone(const std::string& name) try {
  date::locate_zone(name)->get_info(now());
  return true;
} catch (const std::exception&) {
  return false;
}

void check_timezone(const std::string& name) {
  if (!is_timezone(name))
    throw Error(Errc::invalid, "\"{}\" is not a time zone; write an IANA name such as America/New_York",
                name);
}

}  // namespace smscrm
