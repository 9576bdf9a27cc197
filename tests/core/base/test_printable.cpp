#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "core/base/json.hpp"
#include "core/base/printable.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

std::string utf8(std::int32_t code_point) {
  std::string text;
  const auto add = [&](std::int32_t byte) { text += static_cast<char>(byte); };
  if (code_point < 0x80) {
    add(code_point);
  } else if (code_point < 0x800) {
    add(0xc0 | code_point >> 6), add(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    add(0xe0 | code_point >> 12), add(0x80 | (code_point >> 6 & 0x3f)), add(0x80 | (code_point & 0x3f));
  } else {
    add(0xf0 | code_point >> 18), add(0x80 | (code_point >> 12 & 0x3f));
    add(0x80 | (code_point >> 6 & 0x3f)), add(0x80 | (code_point & 0x3f));
  }
  return text;
}

bool has_control(std::string_view text) {
  for (std::size_t at = 0; at < text.size();)
    if (const auto code_point = next_code_point(text, at); code_point < 0 || is_control(code_point))
      return true;
  return false;
}

TEST_CASE("controls are shown, and what people write stays") {
  struct Case {
    std::string what, text, want;
  };
  const Case cases[] = {
      {"plain", "Zoë, 日本 😀", "Zoë, 日本 😀"},
      {"a question to the terminal", "ph\x1b[6none", "ph\\u{1b}[6none"},
      {"its C1 form",
       "a\xc2\x9b"
       "6nb",
       "a\\u{9b}6nb"},
      {"the same as a byte, for terminals that are not set to UTF-8",
       "a\x9b"
       "6n",
       "a\\x9b6n"},
      {"bell, backspace, NUL, DEL", std::string("\a\b\0\x7f", 4), "\\u{7}\\u{8}\\u{0}\\u{7f}"},
      {"a line end and a tab", "a\nb\tc", "a\\nb c"},
      {"a carriage return", "safe\rfake", "safe\\u{d}fake"},
      {"right to left", "a\u202egnp.exe", "a\\u{202e}gnp.exe"},
      {"isolates and marks", "\u2066\u2069\u200f\u061c", "\\u{2066}\\u{2069}\\u{200f}\\u{61c}"},
      {"line and paragraph separators", "\u2028\u2029", "\\u{2028}\\u{2029}"},
      {"what is not seen", "pay\u200bpal\ufeff", "pay\\u{200b}pal\\u{feff}"},
      {"joiners belong to letters and emoji", "👨\u200d👩\u200d👧 می\u200cخواهم",
       "👨\u200d👩\u200d👧 می\u200cخواهم"},
      {"a cut character", "abc\xe2\x80", "abc\\xe2\\x80"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    CHECK(printable(c.text) == c.want);
  }
  CHECK(printable_lines("a\x1b\nb\n") == "a\\u{1b}\nb\n");
}

TEST_CASE("no code point gets through to a terminal, and every JSON string means what it was") {
  for (std::int32_t code_point = 0; code_point <= 0x10ffff; code_point += code_point < 0x3000 ? 1 : 0x101) {
    if (code_point >= 0xd800 && code_point <= 0xdfff) continue;
    const auto text = "x" + utf8(code_point) + "y";
    CAPTURE(code_point);
    REQUIRE_FALSE(has_control(printable(text)));
    const auto quoted = json_string(text);
    REQUIRE_FALSE(has_control(quoted));
    REQUIRE(nlohmann::json::parse(quoted).get<std::string>() == text);
    const auto dumped = dump(Json{{text, text}});
    REQUIRE_FALSE(has_control(dumped));
    REQUIRE(Json::parse(dumped) == Json{{text, text}});
  }
  for (int byte = 0x80; byte < 0x100; ++byte) {
    const std::string text{static_cast<char>(byte)};
    REQUIRE_FALSE(has_control(printable(text)));
    REQUIRE(nlohmann::json::parse(json_string(text)).get<std::string>() == "\ufffd");
  }
}

}  // namespace
}  // namespace smscrm
