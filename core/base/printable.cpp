#include "core/base/printable.hpp"

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

struct Range {
  std::int32_t first, last;
};

constexpr Range controls[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},     {0x61c, 0x61c},   {0x200b, 0x200b}, {0x200e, 0x200f},
    {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0001, 0xe0001},
};

std::string shown(std::string_view text, bool keeps_lines) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = at;
    const auto code_point = next_code_point(text, at);
    if (code_point < 0)
      clean += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[begin]));
    else if (code_point == '\n')
      clean += keeps_lines ? "\n" : "\\n";
    else if (code_point == '\t')
      clean += ' ';
    else if (is_control(code_point))
      clean += fmt::format("\\u{{{:x}}}", code_point);
    else
      clean += text.substr(begin, at - begin);
  }
  return clean;
}

}  // namespace

bool is_control(std::int32_t code_point) {
  for (const auto& range : controls)
    if (code_point >= range.first && code_point <= range.last) return true;
  return false;
}

std::string printable(std::string_view text) { return shown(text, false); }

std::string printable_lines(std::string_view text) { return shown(text, true); }

std::string escape_control(std::int32_t code_point) {
  if (code_point <= 0xffff) return fmt::format("\\u{:04x}", code_point);
  const auto rest = code_point - 0x10000;
  return fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (rest >> 10), 0xdc00 + (rest & 0x3ff));
}

std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = at;
    const auto code_point = next_code_point(text, at);
    if (code_point < 0)
      quoted += "\\ufffd";
    else if (code_point == '"' || code_point == '\\')
      (quoted += '\\') += static_cast<char>(code_point);
    else if (code_point == '\n')
      quoted += "\\n";
    else if (is_control(code_point))
      quoted += escape_control(code_point);
    else
      quoted += text.substr(begin, at - begin);
  }
  return quoted += '"';
}

}  // namespace smscrm
