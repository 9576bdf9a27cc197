// The rules of core/consent/opt_out_text.hpp as data.
//
// A pattern is words with blanks between, matched against the words of one clause (text between punctuation).
// A word of a pattern is one of
//   word        that word; a|b|c any of them; word* any that begins so
//   ~word       that word or a misspelling with the same first letter: two edits at most
//   @class      any word of the class, and @class:N up to N of them, maybe none
//   .N          up to N words, whatever they are
//   ^ and $     the beginning and the end of a clause
// Everything is lower case without accents; an apostrophe is dropped in "don't" and "I'm", and parts
// "m'envoyez".
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

std::span<const TextClass> opt_out_classes();
// What a word is hidden by: it says nothing about opting out then.
std::span<const TextRule> harmless_rules();
std::span<const TextRule> opt_out_rules();
// Said with one of these, even a clear no is to be read by somebody.
std::span<const TextRule> hedge_rules();
std::span<const TextRule> unsure_rules();
// A clause of nothing but these, with a word of @halt among them, is a plain "please stop".
inline constexpr std::string_view polite_class = "polite", halt_class = "halt";
// Words that are one slip of a finger from "stop" and mean themselves.
inline constexpr std::string_view not_misspelt =
    "shop|step|top|stoop|slop|swop|atop|stow|stomp|strop|sop|stoup|stot";

}  // namespace smscrm
