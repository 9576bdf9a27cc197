#include <doctest/doctest.h>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "core/base/log.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

// What `write` sends to standard error.
template <class Write>
std::string captured(Write&& write) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const int before = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  write();
  ::dup2(before, STDERR_FILENO);
  ::close(before), ::close(ends[1]);
  std::string text(16 * 1024, '\0');
  const auto got = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

std::string logged(LogFormat format, const std::string& value) {
  set_log(LogLevel::info, format);
  auto line = captured([&] { log_info("a webhook was refused", {{"tenant", value}}); });
  set_log(LogLevel::info, LogFormat::logfmt);
  return line;
}

TEST_CASE("what strangers send neither bites in a log nor breaks its lines") {
  const std::string values[] = {
      "\x1b[31mevil\x1b]0;title\a",
      "\x9b"
      "31m",
      "\xc2\x9b"
      "31m",
      "a\u202eb",
      "line\nlevel=error msg=forged",
      "quote\" level=error",
      "tab\tand\rreturn",
      std::string("nul\0x", 5),
      "\xff\xfe",
      "back\\slash",
      "",
  };
  for (const auto& value : values) {
    CAPTURE(value);
    const auto json = logged(LogFormat::json, value);
    REQUIRE(nlohmann::json::accept(json));
    CHECK(nlohmann::json::parse(json)["tenant"].is_string());
    const auto plain = logged(LogFormat::logfmt, value);
    for (const auto& line : {json, plain}) {
      REQUIRE(line.ends_with('\n'));
      const auto body = line.substr(0, line.size() - 1);
      for (std::size_t at = 0; at < body.size();) {
        const auto code_point = next_code_point(body, at);
        REQUIRE(code_point >= 0x20);
        REQUIRE((code_point < 0x7f || code_point > 0x9f));
        REQUIRE(code_point != 0x202e);
      }
    }
    CHECK(split(plain, '=').size() ==
          (value.find('=') == std::string::npos ? 5 : split(value, '=').size() + 4));
  }
  CHECK(logged(LogFormat::logfmt, "acme").ends_with(" tenant=acme\n"));
  CHECK(logged(LogFormat::logfmt, "a b").ends_with(" tenant=\"a b\"\n"));
}

TEST_CASE("a value of a log has 256 characters at most") {
  const auto line = nlohmann::json::parse(logged(LogFormat::json, std::string(15'000, 'x')));
  CHECK(line["tenant"] == std::string(256, 'x') + "…");
  std::string wide;
  for (int i = 0; i < 256; ++i) wide += "é";
  CHECK(nlohmann::json::parse(logged(LogFormat::json, wide))["tenant"] == wide);
}

}  // namespace
}  // namespace smscrm
