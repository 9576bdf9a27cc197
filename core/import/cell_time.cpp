#include "core/import/cell_time.hpp"

#include <ctime>
#include <string>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

std::optional<Timestamp> read_rfc3339(std::string_view text) {
  try {
    return parse_rfc3339(text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<Timestamp> read_rfc2822(const std::string& text) {
  for (const char* form : {"%a, %d %b %Y %H:%M:%S %z", "%d %b %Y %H:%M:%S %z"}) {
    std::tm parts{};
    const char* const end = ::strptime(text.c_str(), form, &parts);
    if (end == nullptr || *end != '\0') continue;
    const auto zone = parts.tm_gmtoff;  // timegm takes the parts as UTC, and forgets it
    return Timestamp{std::chrono::seconds{::timegm(&parts) - zone}};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Timestamp> read_cell_time(std::string_view cell) {
  cell = trim(cell);
  if (cell.size() < 8 || cell.size() > 40) return std::nullopt;
  if (cell.ends_with(" UTC") || cell.ends_with(" GMT")) cell = trim(cell.substr(0, cell.size() - 4));
  if (const auto at = read_rfc3339(cell)) return at;
  if (const auto at = read_rfc3339(std::string{cell} + "Z")) return at;
  return read_rfc2822(std::string{cell});
}

}  // namespace smscrm
