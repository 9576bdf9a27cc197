#include "core/tenant/frequency_cap.hpp"

#include <utility>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/base/time.hpp"

namespace smscrm {
namespace {

constexpr int most_messages = 1000;
constexpr auto shortest = std::chrono::minutes{1};
constexpr auto longest = std::chrono::hours{24 * 366};

std::optional<std::chrono::seconds> read_length(std::string_view text) {
  try {
    const auto length = parse_duration(text);
    if (length >= shortest && length <= longest) return length;
  } catch (const Error&) {
    // It is told below what it should have been.
  }
  return std::nullopt;
}

std::string format_length(std::chrono::seconds length) {
  const auto seconds = length.count();
  for (const auto& [unit, letter] : {std::pair{86'400, 'd'}, {3'600, 'h'}, {60, 'm'}})
    if (seconds % unit == 0) return fmt::format("{}{}", seconds / unit, letter);
  return fmt::format("{}s", seconds);
}

}  // namespace

std::string_view to_string(WhenCapped policy) { return policy == WhenCapped::skip ? "skip" : "defer"; }

WhenCapped parse_when_capped(std::string_view word) {
  for (const auto policy : {WhenCapped::skip, WhenCapped::defer})
    if (word == to_string(policy)) return policy;
  throw Error(Errc::invalid, "\"{}\" is not what becomes of a capped message; it is skip or defer", word);
}

std::optional<FrequencyCap> parse_frequency_cap(std::string_view text) {
  if (text == "off") return std::nullopt;
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    const auto messages = parse_integer(text.substr(0, slash));
    const auto within = read_length(text.substr(slash + 1));
    if (messages && *messages >= 1 && *messages <= most_messages && within)
      return FrequencyCap{static_cast<int>(*messages), *within};
  }
  throw Error(Errc::invalid, "\"{}\" is no frequency cap", text)
      .with_hint(
          "write it as 3/7d, which is at most three messages in seven days (1 to 1000, in 1m to 366d),"
          " or off");
}

std::optional<std::chrono::seconds> parse_min_gap(std::string_view text) {
  if (text == "off") return std::nullopt;
  if (const auto gap = read_length(text)) return gap;
  throw Error(Errc::invalid, "\"{}\" is no gap between two messages", text)
      .with_hint("write it as 4h (1m to 366d), or off");
}

std::string format_frequency_cap(const std::optional<FrequencyCap>& cap) {
  return cap ? fmt::format("{}/{}", cap->messages, format_length(cap->within)) : "off";
}

std::string format_min_gap(const std::optional<std::chrono::seconds>& gap) {
  return gap ? format_length(*gap) : "off";
}

}  // namespace smscrm
