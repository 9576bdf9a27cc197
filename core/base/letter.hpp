// Letters as people type them, on whatever keyboard they have. The only place that includes ICU's characters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace smscrm {

enum class LetterKind {
  letter,   // or a digit, or a vowel sign of scripts that write vowels so
  ignored,  // an accent behind its letter, a selector, what has no width: it parts no word
  other,    // blanks, fillers, punctuation, symbols, emoji, what is no character
};

// Appends the letter or digit that a code point is alike: in lower case, without accents, in its plain form
// (Unicode's compatibility decomposition: full width, mathematical, circled), any script. Nothing is appended
// for the other kinds.
LetterKind append_folded(std::string& folded, std::int32_t point);

// The letters and digits of a text, folded, and nothing between them.
std::string fold_letters(std::string_view text);

}  // namespace smscrm
