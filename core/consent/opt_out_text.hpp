// Whether a text that is no keyword asks for no more texts. 47 CFR 64.1200(a)(10), as of 2025: a person may
// revoke consent "using any reasonable method", and the sender must honour it within ten business days; words
// of similar meaning count, and in doubt the totality of the circumstances: a person of ours looks at those.
//
// Rules over normalised text, in English, Spanish, French, Portuguese and German at once: patterns of words
// (core/consent/opt_out_rules.cpp), with negation ("don't stop"), what else is stopped or cancelled ("cancel
// my order", "stop by"), misspellings and emoji. tests/data/opt_out_heldout.tsv says how well they do on
// texts that they were not written for.
#pragma once

#include <string_view>

namespace smscrm {

enum class OptOutVerdict {
  none,
  unsure,   // somebody has to read it
  opt_out,  // clear
};

struct OptOutReading {
  OptOutVerdict verdict = OptOutVerdict::none;
  std::string_view rule;  // the name of what decided, such as "en.stop-messages"; empty for none; static
};

// Pure, and safe from any thread: tens of microseconds a text. Keywords alone are for classify_keyword
// (core/consent/keyword.hpp), which goes first.
OptOutReading read_opt_out(std::string_view text);

}  // namespace smscrm
