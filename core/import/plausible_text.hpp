// Whether what an encoding makes of some bytes can be what people wrote.
#pragma once

#include <string_view>

namespace smscrm {

// Whether the values, one a line, make sense: whole words of one script, capitals where capitals are, no
// signs within words. So do nearly all of them, for there is the odd one in every file; but none may be other
// than UTF-8.
bool all_read_well(std::string_view values);

struct LettersBeyondAscii {
  int all = 0;
  bool latin = true;  // the first one
  int rare = 0;       // those that of the languages of the West only Icelandic and Faroese have: ð þ ý
};
LettersBeyondAscii count_letters(std::string_view text);

}  // namespace smscrm
