#include "core/text/message_template.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/net/url.hpp"

namespace smscrm {
namespace {

using Kind = Template::Piece::Kind;

template <class... Args>
[[noreturn]] void fail(std::size_t offset, fmt::format_string<Args...> text, Args&&... args) {
  throw Error(Errc::invalid, "template, byte {}: {}", offset, fmt::format(text, std::forward<Args>(args)...));
}

std::size_t index_of(std::vector<std::string>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  names.emplace_back(name);
  return names.size() - 1;
}

bool is_name(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

std::string read_address(std::string_view url, std::size_t offset) {
  try {
    return to_ascii_url(url);
  } catch (const Error& e) {
    fail(offset, "{}", e.what());
  }
}

// `place` is what stands between "{{", at `offset`, and "}}".
Template::Piece parse_place(Template& body, std::string_view place, std::size_t offset) {
  const auto bar = place.find('|');
  const std::string name = to_lower(trim(place.substr(0, bar)));
  if (name.starts_with("link:")) {
    const auto url = read_address(place.substr(place.find(':') + 1), offset);
    return {Kind::link, "", index_of(body.links, url), false};
  }
  if (name.empty()) fail(offset, "the field has no name");
  if (!is_name(name))
    fail(offset,
         "\"{}\" is not a field; write {{{{name}}}}, {{{{name|default}}}} or {{{{link:https://...}}}}", name);
  const bool has_default = bar != std::string_view::npos;
  return {Kind::field, has_default ? std::string{place.substr(bar + 1)} : "", index_of(body.fields, name),
          has_default};
}

void append_text(Template& body, std::string_view text) {
  if (body.pieces.empty() || body.pieces.back().kind != Kind::text)
    body.pieces.push_back({Kind::text, "", 0, false});
  body.pieces.back().text += text;
}

}  // namespace

Template parse_template(std::string_view text) {
  for (std::size_t at = 0; at < text.size();)
    if (const std::size_t begin = at; next_code_point(text, at) < 0) fail(begin, "the text is not UTF-8");

  Template body;
  for (std::size_t at = 0; at < text.size();) {
    const auto rest = text.substr(at);
    if (rest.starts_with("{{{{") || rest.starts_with("}}}}")) {
      append_text(body, rest.substr(0, 2));
      at += 4;
    } else if (rest.starts_with("}}")) {
      fail(at, "\"}}}}\" closes nothing; for the characters themselves write \"}}}}}}}}\"");
    } else if (rest.starts_with("{{") && !rest.starts_with("{{{")) {
      const auto end = rest.find("}}", 2);
      if (end == std::string_view::npos || rest.substr(2, end - 2).find("{{") != std::string_view::npos)
        fail(at, "\"{{{{\" is not closed; for the characters themselves write \"{{{{{{{{\"");
      body.pieces.push_back(parse_place(body, rest.substr(2, end - 2), at));
      at += end + 2;
    } else {
      const auto next = std::min(rest.find_first_of("{}", 1), rest.size());
      append_text(body, rest.substr(0, next));
      at += next;
    }
  }
  return body;
}

bool has_glued_link(const Template& body) {
  const auto next_to_link = [](const Template::Piece& link, const Template::Piece& next) {
    if (link.kind != Kind::link || (next.kind == Kind::text && next.text.empty())) return false;
    const char c = next.kind == Kind::text ? next.text.front() : 'x';
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  };
  return std::adjacent_find(body.pieces.begin(), body.pieces.end(), next_to_link) != body.pieces.end();
}

}  // namespace smscrm
