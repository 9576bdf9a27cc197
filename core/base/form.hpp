// application/x-www-form-urlencoded: what Twilio's API takes and its webhooks send.
// Rules: WHATWG URL 5.1 and 5.2 for parsing; RFC 3986 2.3 for the bytes that need no escape.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace smscrm {

// Names and values, decoded, in the order of the wire; a name may repeat.
using Form = std::vector<std::pair<std::string, std::string>>;

// Decodes `+` and %XX. A pair without "=" has an empty value, empty pairs ("a=1&&b=2") are skipped, and a "%"
// that two hex digits do not follow stands for itself. The bytes may be anything, NUL and invalid UTF-8
// included. Throws Error{invalid} when there are more pairs than `limit`.
Form parse_form(std::string_view text, std::size_t limit = 1000);

// A body or query: "To=%2B15005550006&Body=a%20b". Blanks go as %20, which every decoder reads.
std::string format_form(const Form& form);

// Escapes every byte but letters, digits and "-._~", so it suits a path segment and a query value alike.
std::string url_encode(std::string_view text);

// The first value of that name; nullopt when there is none.
std::optional<std::string_view> find_field(const Form& form, std::string_view name);

}  // namespace smscrm
