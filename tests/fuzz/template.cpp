// core/message_template: what parses renders, and text without places comes out as it went in.
#include <algorithm>
#include <set>
#include <string>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/text/encoding.hpp"
#include "core/text/message_template.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {
namespace {

Rendered render_with(const Template& body, std::optional<std::string_view> value) {
  return render(
      body, [&](std::string_view) { return value; },
      [](std::size_t) { return std::string{"https://a.b/r/x"}; });
}

// As the manual says to write "{{" and "}}".
std::string escape(std::string_view text) {
  std::string escaped;
  for (std::size_t at = 0; at < text.size();) {
    const auto pair = text.substr(at, 2);
    escaped += pair == "{{" || pair == "}}" ? std::string{pair} + std::string{pair} : std::string{text[at]};
    at += pair == "{{" || pair == "}}" ? 2 : 1;
  }
  return escaped;
}

void check_template(const Template& body) {
  for (const auto& name : body.fields) {
    promise(!name.empty() && name == to_lower(name), "a field has a name in lower case");
    promise(std::count(body.fields.begin(), body.fields.end(), name) == 1, "a field is named once");
  }
  for (const auto& piece : body.pieces)
    if (piece.kind != Template::Piece::Kind::text)
      promise(piece.index < (piece.kind == Template::Piece::Kind::field ? body.fields : body.links).size(),
              "a place refers to what there is");
  const auto empty = render_with(body, std::nullopt);
  const auto full = render_with(body, "Ann");
  promise(full.missing.empty(), "nothing is missing when every field has a value");
  promise(render_with(body, "").text == empty.text, "an empty value counts as none");
  for (const auto index : empty.missing) promise(index < body.fields.size(), "what is missing is a field");
  promise(measure(full.text).parts >= 1 && measure(empty.text).parts >= 1,
          "what is rendered can be measured");
}

}  // namespace

void fuzz_one(std::string_view input) {
  try {
    check_template(parse_template(input));
  } catch (const Error& error) {
    promise(error.code() == Errc::invalid, "a template that is none is invalid");
  }
  if (!is_valid_utf8(input)) return;
  const auto plain = parse_template(escape(input));
  promise(plain.fields.empty() && plain.links.empty(), "escaped text has no places");
  promise(render_with(plain, "Ann").text == input, "escaped text comes out as it was");
}

}  // namespace smscrm::fuzz
