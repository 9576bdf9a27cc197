#include "daemon/api/page.hpp"

#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr std::int64_t usual_limit = 50, most = 1'000;
constexpr std::string_view version = "1:";  // of what a cursor says

}  // namespace

ApiFields page_fields(ApiFields more) {
  more.push_back(integer("limit", "How many at most; 50 without it.").from(1, most));
  more.push_back(text("cursor", "The next_cursor of the page before."));
  return more;
}

std::int64_t page_limit(const ApiCall& call) { return call.query.value("limit", usual_limit); }

std::string encode_cursor(const std::string& position) {
  auto text = base64_encode(std::string{version} + position);
  for (auto& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::optional<std::string> cursor_of(const ApiCall& call) {
  auto text = call.in_query("cursor");
  if (text.empty()) return std::nullopt;
  for (auto& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (text.size() % 4 != 0) text += '=';
  const auto said = base64_decode(text);
  if (!said || !said->starts_with(version) || said->find('\0') != std::string::npos || !is_valid_utf8(*said))
    throw Problem{400, "invalid", "the cursor is none of ours", "begin again without one"}.with_faults(
        {{"?cursor", "is none of ours"}});
  return said->substr(version.size());
}

std::optional<std::int64_t> id_cursor_of(const ApiCall& call) {
  const auto position = cursor_of(call);
  if (!position) return std::nullopt;
  const auto id = parse_integer(*position);
  if (!id) throw Problem{400, "invalid", "the cursor is of another list", "begin again without one"};
  return id;
}

}  // namespace smscrm
