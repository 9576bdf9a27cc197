#include "cli/chart.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "cli/screen.hpp"
#include "cli/words.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

const char* color_of(std::string_view line) {
  const auto word = trim(line);
  if (word == "delivered" || word == "sent") return "\033[32m";
  if (word == "failed" || word == "undelivered") return "\033[31m";
  if (word == "unknown" || word == "expired") return "\033[33m";
  return "";
}

}  // namespace

std::string bar(std::int64_t count, std::int64_t all, std::int64_t width) {
  count = std::clamp<std::int64_t>(count, 0, std::max<std::int64_t>(all, 0));
  if (!shows_unicode())
    return fmt::format("{:<{}}",
                       std::string(static_cast<std::size_t>(all <= 0 ? 0 : count * width / all), '#'), width);
  static constexpr const char* eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto filled = all <= 0 ? 0 : count * width * 8 / all;
  std::string text;
  for (std::int64_t i = 0; i < filled / 8; ++i) text += "█";
  text += eighths[filled % 8];
  text += std::string(static_cast<std::size_t>(width - filled / 8 - (filled % 8 > 0 ? 1 : 0)), ' ');
  return text;
}

std::string sparkline(const std::vector<std::int64_t>& counts) {
  static constexpr std::array blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static constexpr std::array letters{"_", ".", ".", "-", "-", "=", "=", "#"};
  const auto highest = counts.empty() ? 0 : *std::ranges::max_element(counts);
  std::string text;
  for (const auto count : counts) {
    const auto height = count <= 0 || highest <= 0 ? 0 : (count * 7 + highest - 1) / highest;
    text += count <= 0 ? " " : (shows_unicode() ? blocks : letters)[static_cast<std::size_t>(height)];
  }
  return text;
}

std::string bar_line(std::string_view word, std::int64_t count, std::int64_t all, bool color) {
  if (count == 0) return "";
  const std::string_view start = color ? color_of(word) : "";
  return fmt::format("{:<22} {:>9}  {}{}{}  {:>5.1f} %\n", word, grouped(count), start, bar(count, all),
                     start.empty() ? "" : plain,
                     all == 0 ? 0.0 : 100.0 * static_cast<double>(count) / static_cast<double>(all));
}

std::string grouped(std::int64_t count) { return group_digits(fmt::format("{}", count)); }

}  // namespace smscrm
