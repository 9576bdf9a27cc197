// Texts as words, and patterns of words (core/consent/opt_out_rules.hpp says how these are written). To match
// takes time that the number of words and the gaps of a pattern bound: nothing here is a regular expression.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/consent/opt_out_rules.hpp"

namespace smscrm {

struct TextWord {
  std::string letters;             // folded (core/base/letter.hpp); empty: here a clause ends
  std::size_t begin = 0, end = 0;  // bytes of the text
  bool ends_sentence = false;      // of the end of a clause: a full stop, a line, the end of the text
  bool ends_line = false;
  bool asks = false;  // it ends with a question mark
};

struct TextWords {
  std::vector<TextWord> words;
  bool asks = false;    // there is a question mark
  bool laughs = false;  // there is a face that laughs
};

// At most `most` words; what comes after them is not read. "stooop" is "stop"; a stop sign is the word
// "stop", a laughing face "lol"; an English apostrophe joins ("don't" is "dont"), others part ("m'envoyez").
// What is written without blanks (Chinese, Japanese, Thai) is one word between punctuation.
TextWords read_words(std::string_view text, std::size_t most);

// Every word, beginning and misspelling that a rule names has a number; a word of a text is the few numbers
// that it fits, so that to try a pattern is to test bits.
using WordNumbers = std::vector<int>;
using WordSet = std::vector<bool>;  // by number

struct TextPattern {
  struct Element {
    enum class Kind { word, gap, begin, end } kind = Kind::word;
    WordSet fits;  // of a gap: empty is any word
    int most = 0;  // of a gap
  };
  std::string_view name;
  std::vector<Element> elements;
};

// Patterns in their order, found by the words that they need: of a text few are tried.
class TextPatterns {
 public:
  void add(TextPattern pattern);
  const TextPattern& operator[](std::size_t index) const { return patterns_[index]; }
  // Those that may match words with these numbers, in order.
  std::vector<std::size_t> candidates(const std::vector<WordNumbers>& words) const;

 private:
  std::vector<TextPattern> patterns_;
  std::vector<std::vector<std::size_t>> by_number_;  // of their first word
  std::vector<std::size_t> wordless_;
};

class TextGrammar {
 public:
  explicit TextGrammar(std::span<const std::span<const TextClass>> classes);

  TextPatterns compile(std::span<const TextRule> rules, std::span<const TextRule> more = {});
  WordSet words_of(std::string_view class_name) const;
  WordNumbers find(const std::string& word) const;

 private:
  int number_of(std::string_view term);
  WordNumbers numbers_of(const std::vector<std::string>& terms);
  TextPattern::Element element(const std::string& word);

  std::unordered_map<std::string, int> numbers_;
  // By their first byte.
  std::array<std::vector<std::pair<std::string, int>>, 256> begins_, slips_;
  std::unordered_map<std::string_view, WordNumbers> classes_;
};

bool fits(const WordSet& set, const WordNumbers& word);

// A text as the patterns see it.
class Sentence {
 public:
  Sentence(const TextGrammar& grammar, const TextWords& text);

  std::size_t size() const { return words_.size(); }
  const WordNumbers& numbers(std::size_t at) const { return words_[at]; }
  bool is_end(std::size_t at) const { return at >= words_.size() || parts_[at]; }

  const TextPattern* find(const TextPatterns& patterns) const;
  // From these words on nothing is found in them.
  void hide(std::size_t begin, std::size_t end);
  void hide(const TextPatterns& patterns);
  // The words, from `first` to before `second`, of the first match of any of them that begins at `from` or
  // later.
  std::optional<std::pair<std::size_t, std::size_t>> find_range(const TextPatterns& patterns,
                                                                std::size_t from) const;

 private:
  bool is_begin(std::size_t at) const { return at == 0 || parts_[at - 1]; }
  std::optional<std::size_t> match(const std::vector<TextPattern::Element>& elements, std::size_t from,
                                   std::size_t at) const;

  std::vector<WordNumbers> words_;
  std::vector<bool> parts_;  // a boundary between clauses
};

// Edits between two words: a letter more, less or other, or two changed places. `most` + 1 when it is more.
int count_edits(std::string_view a, std::string_view b, int most);

}  // namespace smscrm
