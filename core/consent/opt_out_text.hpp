// Whether a text that is no keyword asks for no more texts. 47 CFR 64.1200(a)(10), as of 2025: a person may
// revoke consent "using any reasonable method", and the sender must honour it within ten business days; words
// of similar meaning count, and in doubt the totality of the circumstances: a person of ours looks at those.
//
// Only the sender's own words are read (core/consent/own_words.hpp): a heart on "Reply STOP to end" is none.
// An instruction to whoever reads ("reply STOP to …") says nothing beside other words; alone it is our own
// repeated: "STOP to end" is a stop, "Reply STOP to end" is read by somebody. A stop alone on its line or in
// its sentence is one, whatever follows. What a machine answers opts nobody out; where it says what would,
// somebody reads it, as where somebody else's words that are quoted or forwarded do.
//
// Rules over folded text, in all languages at once: patterns of words (core/consent/opt_out_rules.hpp), with
// negation ("don't stop"), what else is stopped or cancelled ("cancel my order", "stop by"), misspellings,
// missing blanks ("STOPplease") and emoji. tests/data/opt_out_heldout.tsv says how well they do on texts that
// they were not written for.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace smscrm {

enum class OptOutVerdict {
  none,
  unsure,   // somebody has to read it
  opt_out,  // clear
};

struct OptOutReading {
  OptOutVerdict verdict = OptOutVerdict::none;
  std::string_view rule;     // the name of what decided, such as "en.stop-messages"; empty for none; static
  std::string not_own = {};  // what was taken away as not the sender's, a line each; empty: nothing
};

// `sent`: the texts that we sent to that number lately, as far as they are known. Pure, and safe from any
// thread: tens of microseconds a text of one part, and never more than some milliseconds. Keywords alone are
// for classify_keyword (core/consent/keyword.hpp), which goes first.
OptOutReading read_opt_out(std::string_view text, std::span<const std::string> sent = {});

// Whether it matters to a reading without `sent` what these are.
bool depends_on_sent(std::string_view text, const OptOutReading& reading);

}  // namespace smscrm
