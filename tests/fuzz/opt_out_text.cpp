// core/opt_out_text and own_words: any text is read, whatever we sent, in bounded time; blanks around it do
// not count, and what is taken away and what is left are the text's.
#include "core/consent/opt_out_text.hpp"

#include <string>

#include "core/consent/own_words.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {

void fuzz_one(std::string_view input) {
  const auto reading = read_opt_out(input);
  promise(reading.rule.empty() == (reading.verdict == OptOutVerdict::none), "a rule decides, or none does");
  const auto padded = read_opt_out(" \r\n" + std::string{input} + " \n");
  promise(padded.verdict == reading.verdict, "blanks around a text do not count");

  // The first line is what we sent, the rest what came.
  const auto line = input.find('\n');
  if (line == std::string_view::npos) return;
  const std::string sent{input.substr(0, line)};
  const auto text = input.substr(line + 1);
  const auto own = find_own_words(text, {&sent, 1});
  for (const auto& words : own.ours) promise(text.find(words) != std::string_view::npos, "it is of the text");
  for (const auto& words : own.foreign)
    promise(text.find(words) != std::string_view::npos, "it is of the text");
  promise(own.text.size() <= text.size() + 1 + own.ours.size() + own.foreign.size(), "nothing is added");
  const auto known = read_opt_out(text, {&sent, 1});
  promise(known.rule.empty() == (known.verdict == OptOutVerdict::none), "a rule decides, or none does");
}

}  // namespace smscrm::fuzz
