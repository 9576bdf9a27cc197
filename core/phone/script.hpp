// Texts of any script, as far as numbers go.
#pragma once

#include <string>
#include <string_view>

namespace smscrm {

// Decimal digits of all scripts as ASCII, blanks of all widths as blanks, line ends as LF, hyphens and dashes
// as "-", full-width forms and typographic quotes as ASCII, letters as they are; what has no width, and
// pictures of telephones, are dropped. `text` is valid UTF-8.
std::string in_plain_script(std::string_view text);

}  // namespace smscrm
