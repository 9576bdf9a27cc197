#include "core/base/log.hpp"

#include <atomic>

#include <unistd.h>

#include "core/base/error.hpp"
#include "core/base/printable.hpp"
#include "core/base/text.hpp"
#include "core/base/time.hpp"

namespace smscrm {
namespace {

std::atomic<LogLevel> current_level{LogLevel::info};
std::atomic<LogFormat> current_format{LogFormat::logfmt};

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
    case LogLevel::off:
      return "off";
  }
  return "off";
}

constexpr std::size_t longest_value = 256;  // characters

// What a stranger sent may be long: its beginning tells enough.
std::string quoted_value(std::string_view text) {
  std::size_t end = 0;
  for (std::size_t characters = 0; end < text.size() && characters < longest_value; ++characters)
    next_code_point(text, end);
  return end == text.size() ? json_string(text) : json_string(std::string{text.substr(0, end)} + "…");
}

// Bare where nothing in it needs quotes.
std::string logfmt_value(std::string_view text) {
  const auto value = quoted_value(text);
  const bool as_it_is = value.size() == text.size() + 2 && value.compare(1, text.size(), text) == 0;
  return as_it_is && !text.empty() && text.find_first_of(" =") == std::string_view::npos ? std::string{text}
                                                                                         : value;
}

}  // namespace

void set_log(LogLevel level, LogFormat format) {
  current_level = level;
  current_format = format;
}

LogLevel log_level() { return current_level; }

LogLevel parse_log_level(std::string_view name) {
  for (const auto level : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error, LogLevel::off})
    if (name == name_of(level)) return level;
  throw Error(Errc::invalid, "\"{}\" is not a log level; use debug, info, warn, error or off", name);
}

LogFormat parse_log_format(std::string_view name) {
  if (name == "logfmt") return LogFormat::logfmt;
  if (name == "json") return LogFormat::json;
  throw Error(Errc::invalid, "\"{}\" is not a log format; use logfmt or json", name);
}

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (level < current_level.load()) return;
  std::string line;
  if (current_format.load() == LogFormat::json) {
    line = fmt::format("{{\"time\":\"{}\",\"level\":\"{}\",\"msg\":{}", format_rfc3339(now()), name_of(level),
                       quoted_value(message));
    for (const auto& field : fields) line += fmt::format(",\"{}\":{}", field.key, quoted_value(field.value));
    line += "}\n";
  } else {
    line =
        fmt::format("time={} level={} msg={}", format_rfc3339(now()), name_of(level), logfmt_value(message));
    for (const auto& field : fields) line += fmt::format(" {}={}", field.key, logfmt_value(field.value));
    line += '\n';
  }
  // One write keeps lines of several threads apart; a log that cannot be written has nowhere to say so.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace smscrm
