// The body of a message with places to fill in.
//
//   {{first_name}}           the contact's field; empty, and reported, when the contact has none
//   {{first_name|there}}     the same with a default, which is taken as written, blanks included
//   {{link:https://a.b/c}}   the short link of this recipient to that address (core/net/url.hpp)
//   {{{{  and  }}}}          the characters "{{" and "}}"
//
// A name is letters, digits and "_" in any case; blanks around it do not count. A single brace is text, also
// next to a field: "{{{name}}}" gives "{Ann}".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace smscrm {

struct Template {
  struct Piece {
    enum class Kind { text, field, link } kind;
    std::string text;   // what to write; of a field, the default
    std::size_t index;  // into `fields` or `links`
    bool has_default;   // of a field; "{{name|}}" has an empty one
  };
  std::vector<Piece> pieces;
  std::vector<std::string> fields;  // names in lower case, each once, in the order of the body
  std::vector<std::string> links;  // target addresses (core/net/url.hpp), each once, in the order of the body
};

// Throws Error{invalid} with the byte where it stands for: a place opened or closed alone, a name that is
// none, an address that to_ascii_url refuses, text that is not UTF-8.
Template parse_template(std::string_view body);

// Whether a letter, a digit or a field stands directly behind a link: handsets take it for part of the
// address.
bool has_glued_link(const Template& body);

struct Rendered {
  std::string text;  // nothing trimmed
  std::vector<std::size_t>
      missing;  // fields (by index) that had neither value nor default, once for each place
};

// Fills the places in. `find_value(std::string_view field)` returns std::optional<std::string_view> and sees
// the name in lower case; an empty value counts as none. `short_link(std::size_t index)` returns the text for
// that link. Allocates only what it returns.
template <class FindValue, class ShortLink>
Rendered render(const Template& body, const FindValue& find_value, const ShortLink& short_link) {
  using Kind = Template::Piece::Kind;
  Rendered rendered;
  for (const auto& piece : body.pieces) {
    if (piece.kind == Kind::text) {
      rendered.text += piece.text;
    } else if (piece.kind == Kind::link) {
      rendered.text += short_link(piece.index);
    } else if (const auto value = find_value(std::string_view{body.fields[piece.index]});
               value && !value->empty()) {
      rendered.text += *value;
    } else {
      rendered.text += piece.text;
      if (!piece.has_default) rendered.missing.push_back(piece.index);
    }
  }
  return rendered;
}

}  // namespace smscrm
