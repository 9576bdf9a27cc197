// The rules of core/consent/opt_out_text.hpp as data.
//
// A pattern is words with blanks between, matched against the words of one clause (text between punctuation).
// A word of a pattern is one of
//   word        that word; a|b|c any of them; word* any that begins so
//   ~word       that word or a misspelling with the same first letter: two edits at most
//   #           a number of three digits or more
//   @class      any word of the class, and @class:N up to N of them, maybe none
//   .N          up to N words, whatever they are
//   ^ and $     the beginning and the end of a clause
// Both sides are folded (core/base/letter.hpp): lower case without accents; an apostrophe is dropped in
// "don't" and "I'm", and parts "m'envoyez".
#pragma once

#include <span>
#include <string_view>

namespace smscrm {

struct TextClass {
  std::string_view name, words;
};

struct TextRule {
  std::string_view name, pattern;
};

// English, Spanish, French, Portuguese and German in core/consent/opt_out_rules.cpp; the other languages that
// write blanks between words in core/consent/opt_out_rules_world.cpp.
std::span<const TextClass> opt_out_classes();
std::span<const TextClass> world_classes();
// What a word is hidden by: it says nothing about opting out then.
std::span<const TextRule> harmless_rules();
std::span<const TextRule> opt_out_rules();
std::span<const TextRule> world_opt_out_rules();
// Said with one of these, even a clear no is to be read by somebody.
std::span<const TextRule> hedge_rules();
std::span<const TextRule> unsure_rules();
std::span<const TextRule> world_unsure_rules();
// A clause of nothing but these, with a word of @halt among them, is a plain "please stop".
inline constexpr std::string_view polite_class = "polite", halt_class = "halt";
// Words that are one slip of a finger from "stop" and mean themselves.
inline constexpr std::string_view not_misspelt =
    "shop|step|top|stoop|slop|swop|atop|stow|stomp|strop|sop|stoup|stot";

// Words that are not their sender's own (core/consent/opt_out_machine.cpp): instructions to whoever reads
// ("reply STOP to end"), the ends that phones append ("sent from my phone"), and the beginnings of answers
// that machines give; of the busy ones a person may be the author.
std::span<const TextClass> machine_classes();
std::span<const TextRule> instruction_rules();
std::span<const TextRule> signature_rules();
std::span<const TextRule> automatic_rules();
std::span<const TextRule> busy_rules();
// Reactions as phones write them: a word of these stands before or behind what is quoted. Dislike is one,
// too; to take one back says nothing.
std::span<const TextRule> reaction_rules();
std::span<const TextRule> dislike_rules();
std::span<const TextRule> taken_back_rules();

// Phrases of languages without blanks between words, found anywhere in the folded text.
struct Phrase {
  std::string_view name, words;  // a|b|c any of them
};
std::span<const Phrase> opt_out_phrases();
std::span<const Phrase> unsure_phrases();
std::string_view instruction_phrases();
std::string_view automatic_phrases();
std::string_view reaction_phrases();

}  // namespace smscrm
