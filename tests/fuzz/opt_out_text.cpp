// core/opt_out_text: any text is read, in bounded time, and blanks around it do not count.
#include "core/consent/opt_out_text.hpp"

#include <string>

#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {

void fuzz_one(std::string_view input) {
  const auto reading = read_opt_out(input);
  promise(reading.rule.empty() == (reading.verdict == OptOutVerdict::none), "a rule decides, or none does");
  const auto padded = read_opt_out(" \r\n" + std::string{input} + " \n");
  promise(padded.verdict == reading.verdict, "blanks around a text do not count");
}

}  // namespace smscrm::fuzz
