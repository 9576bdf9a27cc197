#include "core/phone/sheet_number.hpp"

#include <algorithm>
#include <string>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr std::size_t longest_number = 15;  // ITU-T E.164

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t leading_digits(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
}

std::string_view take_digits(std::string_view& text) {
  const auto digits = text.substr(0, leading_digits(text));
  text.remove_prefix(digits.size());
  return digits;
}

// 4.15555017E9, 4,1556E9, 4.15555E+09
std::optional<Notation> read_exponent(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with('+')) rest.remove_prefix(1);
  const auto whole = take_digits(rest);
  std::string_view fraction;
  if (!whole.empty() && !rest.empty() && (rest[0] == '.' || rest[0] == ',')) {
    rest.remove_prefix(1);
    fraction = take_digits(rest);
  }
  if (whole.empty() || rest.empty() || (rest[0] != 'e' && rest[0] != 'E')) return std::nullopt;
  rest.remove_prefix(1);
  rest = trim(rest);
  const bool formatted = rest.starts_with('+');
  const bool negative = rest.starts_with('-');
  if (formatted || negative) rest.remove_prefix(1);
  const auto power = take_digits(rest);
  if (power.empty() || power.size() > 3 || !rest.empty()) return std::nullopt;
  const auto places = static_cast<std::size_t>(std::stoi(std::string{power}));
  if (negative || places < fraction.size()) return Notation{PhoneFault::no_number, {}, "exponent"};
  const auto missing = places - fraction.size();
  if (missing > (formatted ? 0U : 1U) || whole.size() + places > longest_number)
    return Notation{PhoneFault::digits_lost, {}, "exponent"};
  std::string digits{text.starts_with('+') ? "+" : ""};
  digits.append(whole).append(fraction).append(missing, '0');
  return Notation{PhoneFault::none, std::move(digits), "exponent"};
}

// 4,155,550,170
bool has_thousands(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto groups = split(text, ',');
  if (groups.size() < 3 || groups[0].empty() || groups[0].size() > 3) return false;
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (leading_digits(groups[i]) != groups[i].size() || (i > 0 && groups[i].size() != 3)) return false;
  return true;
}

}  // namespace

std::optional<Notation> read_sheet_number(std::string_view text) {
  if (auto exponent = read_exponent(text)) return exponent;
  const auto point = text.find_last_of(".,");
  if (point == std::string_view::npos) return std::nullopt;
  const auto tail = text.substr(point + 1);
  auto head = text.substr(0, point);
  const bool is_number =
      !tail.empty() && leading_digits(tail) == tail.size() && !head.empty() && is_digit(head.back());
  const bool zeros = is_number && tail.find_first_not_of('0') == std::string_view::npos;
  const bool alone = head.find(text[point]) == std::string_view::npos;
  const auto bare = head.starts_with('+') ? head.substr(1) : head;
  const bool long_number = leading_digits(bare) == bare.size() && bare.size() >= 5;
  if (zeros && alone && tail.size() <= 2) {
    if (has_thousands(head)) {
      std::string digits{head};
      std::erase(digits, ',');
      return Notation{PhoneFault::none, std::move(digits), "thousands"};
    }
    if (head.find_first_not_of("0123456789+ -.()/") != std::string_view::npos) return std::nullopt;
    return Notation{PhoneFault::none, std::string{head}, "fraction"};
  }
  if (has_thousands(text)) {
    std::string digits{text};
    std::erase(digits, ',');
    return Notation{PhoneFault::none, std::move(digits), "thousands"};
  }
  // 4155550170.5, or 30231250.000; and 415.555.267.0, of which nobody knows what it was.
  const bool fraction = is_number && alone && long_number && (tail.size() <= 2 || zeros);
  const bool doubtful = zeros && tail.size() == 1 && !alone && text[point] == '.';
  if (fraction || doubtful) return Notation{PhoneFault::no_number, {}, "fraction"};
  return std::nullopt;
}

}  // namespace smscrm
