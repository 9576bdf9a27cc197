// Parsing numbers, by how they are written. The limit is libphonenumber, which the fast path spares us.
#include <utility>

#include "core/base/error.hpp"
#include "core/phone/phone.hpp"
#include "tests/bench/bench.hpp"

namespace smscrm {
namespace {

struct Form {
  const char* region;
  std::string_view written;  // # is any digit
};

constexpr Form forms[] = {
    {"US", "+14152######"},      {"US", "(415) 2##-####"},        {"US", "+1 415 2## ####"},
    {"US", "+1 284 494 ####"},   {"US", "+44 (0)7400 ######"},    {"GB", "07400 ######"},
    {"DE", "0049 151 23######"}, {"US", "011 54 9 11 23##-####"}, {"FR", "06.12.##.##.##"},
};

std::vector<std::string> make_texts(std::string_view form) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 1000; ++i) {
    auto digits = 123'456'789 + i * 7'368'787;
    auto& text = texts.emplace_back(form);
    for (char& c : text)
      if (c == '#') c = static_cast<char>('0' + std::exchange(digits, digits / 10) % 10);
  }
  return texts;
}

}  // namespace

void bench_phone(const BenchArgs& args) {
  const auto numbers = args.items > 0 ? args.items : 1'000'000;
  for (const auto& form : forms) {
    const auto texts = make_texts(form.written);
    const auto measure = [&](const char* name, auto parse, std::int64_t count, double limit_rate) {
      const auto parse_any = [&](std::int64_t i) { return parse(texts[std::size_t(i) % 1000], form.region); };
      if (!parse_any(0)) throw Error(Errc::internal, "\"{}\" is not taken for a number", texts[0]);
      const Stretch stretch;
      std::int64_t parsed = 0;
      for (std::int64_t i = 0; i < count; ++i) parsed += parse_any(i).has_value();
      const double seconds = stretch.seconds();
      const double rate = static_cast<double>(count) / seconds;
      print_line({.name = name,
                  .items = parsed,
                  .seconds = seconds,
                  .limit_rate = limit_rate,
                  .note = fmt::format("{:.0f} ns each, as {}", 1e9 / rate, form.written)});
      return rate;
    };
    const auto limit = measure("phone: libphonenumber", parse_phone_by_library, numbers / 50, 0);
    measure("phone", parse_phone, numbers, limit);
  }
}

}  // namespace smscrm
