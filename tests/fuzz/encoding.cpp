// core/encoding and core/base/text: sizes against a plain reckoning of the same rules.
#include "core/text/encoding.hpp"

#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {
namespace {

// TS 23.040: characters fill parts in order, and none is split.
int count_plainly(const std::vector<int>& characters, int alone, int split) {
  int total = 0, parts = 1, filled = 0;
  for (const int units : characters) {
    total += units;
    if (filled + units > split) {
      ++parts;
      filled = 0;
    }
    filled += units;
  }
  return total <= alone ? 1 : parts;
}

}  // namespace

void fuzz_one(std::string_view input) {
  display_width(input);
  TextSize size;
  try {
    size = measure(input);
  } catch (const Error& error) {
    promise(error.code() == Errc::invalid && !is_valid_utf8(input), "only what is not UTF-8 is refused");
    return;
  }
  promise(is_valid_utf8(input), "only UTF-8 is measured");
  promise(encoding_of(input) == size.encoding && count_parts(input) == size.parts, "all say the same");

  const auto offending = first_non_gsm7(input);
  promise(offending.has_value() == (size.encoding == Encoding::ucs2), "a character is what makes it UCS-2");
  if (offending)
    promise(encoding_of(input.substr(0, offending->offset)) == Encoding::gsm7 &&
                encoding_of(offending->character) == Encoding::ucs2 &&
                input.substr(offending->offset).starts_with(offending->character),
            "the offending character is the first one");

  std::vector<int> characters;
  for (std::size_t at = 0; at < input.size();) {
    const auto begin = at;
    const auto point = next_code_point(input, at);
    characters.push_back(size.encoding == Encoding::ucs2 ? (point >= 0x10000 ? 2 : 1)
                                                         : measure(input.substr(begin, at - begin)).units);
  }
  const bool is_gsm7 = size.encoding == Encoding::gsm7;
  promise(size.parts == count_plainly(characters, is_gsm7 ? 160 : 70, is_gsm7 ? 153 : 67),
          "parts are as reckoned");
}

}  // namespace smscrm::fuzz
