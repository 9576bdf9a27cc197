// Bars for a terminal: eighths of a block, or "#" where the locale draws ASCII only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace smscrm {

inline constexpr std::int64_t usual_bar = 24;

// `count` of `all`, `width` cells wide. Empty bars are blank.
std::string bar(std::int64_t count, std::int64_t all, std::int64_t width = usual_bar);

// One cell for each number, as high as it is beside the highest.
std::string sparkline(const std::vector<std::int64_t>& counts);

// "  delivered        1,234  ████████   98.2 %"; empty for a count of 0. `color`: that of the word, where it
// has one.
std::string bar_line(std::string_view word, std::int64_t count, std::int64_t all, bool color);

// "1,234".
std::string grouped(std::int64_t count);

}  // namespace smscrm
