#include "core/base/log.hpp"

#include <atomic>

#include <unistd.h>

#include "core/base/error.hpp"
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

// JSON string escapes also make a valid logfmt value.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::string logfmt_value(std::string_view text) {
  return text.empty() || text.find_first_of(" =\"\\\n\t\r") != std::string_view::npos ? quoted(text)
                                                                                      : std::string{text};
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
                       quoted(message));
    for (const auto& field : fields) line += fmt::format(",\"{}\":{}", field.key, quoted(field.value));
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
