// core/keyword: what stops, stops however it is written; an opt-in is never guessed.
#include "core/consent/keyword.hpp"

#include <string>

#include "core/base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {

void fuzz_one(std::string_view input) {
  const auto keyword = classify_keyword(input);
  const std::string text{input};
  if (keyword == Keyword::stop || keyword == Keyword::help) {
    for (const auto& written : {to_lower(text), text + "!", " \"" + text + "\" ", text + " \xF0\x9F\x98\x80"})
      promise(classify_keyword(written) == keyword, "case, quotes, blanks and emoji do not count");
    promise(is_valid_utf8(input), "a keyword is text");
  }
  if (keyword == Keyword::start) {
    const auto word = to_lower(trim(input));
    promise(word == "start" || word == "unstop" || word == "yes", "only the bare word starts");
  }
  if (is_foreign_start(input)) {
    promise(keyword == Keyword::none, "a word has one meaning");
    promise(is_foreign_start(" " + to_lower(text) + "\n"), "case and blanks around it do not count");
    promise(!is_foreign_start(text + "!") && !is_foreign_start(text + " " + text),
            "only the bare word starts");
  }
  promise(classify_keyword("stop" + text) != Keyword::start, "no start begins with stop");
  if (is_reserved_keyword(input)) promise(keyword != Keyword::none, "what is reserved is a keyword");
}

}  // namespace smscrm::fuzz
