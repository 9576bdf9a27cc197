// How often marketing may reach one number.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace smscrm {

// At most so many messages in any stretch of time that is as long. "At least four hours between two" is one
// in four hours.
struct FrequencyCap {
  int messages = 0;
  std::chrono::seconds within{0};
  bool operator==(const FrequencyCap&) const = default;
};

// What becomes of a message that a cap has no room for when its turn comes: it is skipped, or waits.
enum class WhenCapped { skip, defer };

std::string_view to_string(WhenCapped policy);
WhenCapped parse_when_capped(std::string_view word);  // Throws Error{invalid}.

// Reads "3/7d": 1 to 1,000 messages, in a minute to 366 days; "off" is nullopt. Throws Error{invalid}.
std::optional<FrequencyCap> parse_frequency_cap(std::string_view text);
// Reads "4h", a minute to 366 days; "off" is nullopt. Throws Error{invalid}.
std::optional<std::chrono::seconds> parse_min_gap(std::string_view text);

// In their form: "3/7d", "4h"; "off".
std::string format_frequency_cap(const std::optional<FrequencyCap>& cap);
std::string format_min_gap(const std::optional<std::chrono::seconds>& gap);

}  // namespace smscrm
