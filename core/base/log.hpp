// The log: one event a line on standard error, logfmt or JSON. Never a body, a secret or a whole number
// (mask_msisdn). Safe from any thread.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace smscrm {

enum class LogLevel { debug, info, warn, error, off };  // error wakes someone, warn is read tomorrow
enum class LogFormat { logfmt, json };

// A name and a value; made from anything fmt can print.
struct LogField {
  std::string_view key;
  std::string value;

  template <class T>
  LogField(std::string_view name, const T& v) : key(name), value(fmt::format("{}", v)) {}
};

void set_log(LogLevel level, LogFormat format);
LogLevel log_level();
// Throws Error{invalid}.
LogLevel parse_log_level(std::string_view name);
LogFormat parse_log_format(std::string_view name);

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});
inline void log_debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::debug, message, fields);
}
inline void log_info(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::info, message, fields);
}
inline void log_warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::warn, message, fields);
}
inline void log_error(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::error, message, fields);
}

}  // namespace smscrm
