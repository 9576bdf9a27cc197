#include "core/import/formula.hpp"

#include <algorithm>

namespace smscrm {
namespace {

// The wide forms are formulas to spreadsheets that are set to Japanese or Chinese.
constexpr std::string_view beginnings[] = {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"};
constexpr std::string_view digits = "0123456789";

bool begins_formula(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return std::ranges::any_of(beginnings, [&](std::string_view begin) { return text.starts_with(begin); });
}

// "-5", "+3.25", "+14155550123", "1e-7".
bool is_number(std::string_view text) {
  const auto take = [&](std::string_view characters) {
    const auto end = std::min(text.find_first_not_of(characters), text.size());
    text.remove_prefix(end);
    return end > 0;
  };
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  if (!take(digits)) return false;
  if (text.starts_with('.') || text.starts_with(',')) {
    text.remove_prefix(1);
    if (!take(digits)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!take(digits)) return false;
  }
  return text.empty();
}

std::string_view without_apostrophes(std::string_view cell) {
  cell.remove_prefix(std::min(cell.find_first_not_of('\''), cell.size()));
  return cell;
}

}  // namespace

std::string guard_formula(std::string cell) {
  const auto bare = without_apostrophes(cell);
  // Behind an apostrophe a number, too: that one would be taken away.
  if (!begins_formula(bare) || (bare.size() == cell.size() && is_number(cell))) return cell;
  return "'" + cell;
}

std::string_view unguard_formula(std::string_view cell) {
  return cell.starts_with('\'') && begins_formula(without_apostrophes(cell)) ? cell.substr(1) : cell;
}

}  // namespace smscrm
