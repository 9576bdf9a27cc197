#include "core/base/json.hpp"

#include "core/base/printable.hpp"
#include "core/base/text.hpp"

namespace smscrm {

std::string dump(const Json& value, int indent) {
  const auto text = value.dump(indent, ' ', false, Json::error_handler_t::replace);
  // All below blanks is escaped already, and such characters stand in strings alone. These bytes begin the
  // others.
  if (text.find_first_of("\x7f\xc2\xd8\xe2\xef\xf3") == std::string::npos) return text;
  std::string clean;
  for (std::size_t at = 0, begin = 0; at < text.size(); begin = at) {
    const auto code_point = next_code_point(text, at);
    if (code_point >= 0x7f && is_control(code_point))
      clean += escape_control(code_point);
    else
      clean += std::string_view{text}.substr(begin, at - begin);
  }
  return clean;
}

Json to_json(const Error& error) {
  Json body{{"code", to_string(error.code())}, {"message", error.what()}};
  if (!error.hint().empty()) body["hint"] = error.hint();
  return {{"error", body}};
}

}  // namespace smscrm
