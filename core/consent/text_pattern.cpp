#include "core/consent/text_pattern.hpp"

#include <algorithm>
#include <array>

#include "core/base/letter.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr std::string_view joined[] = {"t", "s", "d", "m", "ll", "re", "ve"};  // after an English apostrophe
constexpr std::size_t longest_word = 200;  // bytes; what comes after is another word

bool is_stop_sign(std::int32_t point) { return point == 0x1F6D1 || point == 0x26D4 || point == 0x1F6AB; }
bool is_laugh(std::int32_t point) {
  return point == 0x1F602 || point == 0x1F923 || point == 0x1F606 || point == 0x1F605;
}
bool is_apostrophe(std::int32_t point) { return point == '\'' || point == 0x2019 || point == '`'; }

bool ends_clause(std::int32_t point) {
  static constexpr std::string_view marks = ".,;:!?()\n";
  return (point > 0 && point < 0x80 && marks.find(static_cast<char>(point)) != std::string_view::npos) ||
         point == 0xA1 || point == 0xBF || point == 0x2013 || point == 0x2014 || point == 0x2026 ||
         point == 0x3001 || point == 0x3002 || point == 0xFF0C || point == 0xFF0E || point == 0xFF01 ||
         point == 0xFF1F || point == 0xFF1A || point == 0xFF1B || point == 0x060C || point == 0x061B ||
         point == 0x061F || point == 0x06D4 || point == 0x0964 || point == 0x2028 || point == 0x2029;
}
bool ends_line(std::int32_t point) { return point == '\n' || point == 0x2028 || point == 0x2029; }
bool ends_sentence(std::int32_t point) {
  return point == '.' || point == '!' || point == '?' || point == ';' || ends_line(point) ||
         point == 0x2026 || point == 0x3002 || point == 0xFF0E || point == 0xFF01 || point == 0xFF1F ||
         point == 0x061F || point == 0x06D4 || point == 0x0964;
}

// "stooop" is "stop".
std::string without_drawl(std::string word) {
  std::string plain;
  for (std::size_t i = 0; i < word.size();) {
    const auto end = std::min(word.find_first_not_of(word[i], i), word.size());
    plain.append(end - i >= 3 && (word[i] < '0' || word[i] > '9') ? 1 : end - i, word[i]);
    i = end;
  }
  return plain;
}

class Reader {
 public:
  Reader(std::string_view text, std::size_t most) : text_(text), most_(most) {}

  TextWords read() {
    for (at_ = 0; at_ < text_.size() && read_.words.size() < most_;) {
      const auto begin = at_;
      const auto point = next_code_point(text_, at_);
      const auto kind = append_folded(word_, point);
      if (kind == LetterKind::letter) {
        if (begin_ == none) begin_ = begin;
        if (word_.size() >= longest_word) end_word(at_);
        continue;
      }
      if (kind == LetterKind::ignored) continue;
      if (is_apostrophe(point) && begin_ != none && joins(text_.substr(at_))) continue;
      end_word(begin);
      if (is_stop_sign(point)) read_.words.push_back({"stop", begin, at_});
      if (is_laugh(point)) read_.words.push_back({"lol", begin, at_}), read_.laughs = true;
      const bool asks = point == '?' || point == 0xFF1F || point == 0x061F;
      read_.asks = read_.asks || asks;
      if (ends_clause(point) || is_dash(point)) end_clause(ends_sentence(point), ends_line(point), asks);
    }
    end_word(at_);
    end_clause(true, true, false);
    return std::move(read_);
  }

 private:
  static constexpr std::size_t none = std::string_view::npos;

  // Between blanks: "STOP - Maria"; "opt-out" is two words.
  bool is_dash(std::int32_t point) const {
    return point == '-' && at_ >= 2 && text_[at_ - 2] == ' ' && at_ < text_.size() && text_[at_] == ' ';
  }
  static bool joins(std::string_view rest) {
    std::string next;
    for (std::size_t at = 0; at < rest.size() && next.size() < 3;)
      if (append_folded(next, next_code_point(rest, at)) != LetterKind::letter) break;
    return std::find(std::begin(joined), std::end(joined), next) != std::end(joined);
  }
  void end_word(std::size_t end) {
    if (begin_ != none) read_.words.push_back({without_drawl(std::move(word_)), begin_, end});
    word_.clear();
    begin_ = none;
  }
  void end_clause(bool sentence, bool line, bool asks) {
    if (read_.words.empty()) return;
    auto& last = read_.words.back();
    if (!last.letters.empty()) {
      read_.words.push_back({"", at_, at_, sentence, line, asks});
    } else {  // "Stop.\n"
      last.ends_sentence = last.ends_sentence || sentence;
      last.ends_line = last.ends_line || line;
      last.asks = last.asks || asks;
    }
  }

  const std::string_view text_;
  const std::size_t most_;
  std::size_t at_ = 0, begin_ = none;
  std::string word_;
  TextWords read_;
};

WordSet set_of(const WordNumbers& all) {
  WordSet set;
  for (const int number : all) {
    if (static_cast<std::size_t>(number) >= set.size()) set.resize(static_cast<std::size_t>(number) + 1);
    set[static_cast<std::size_t>(number)] = true;
  }
  return set;
}

std::size_t first_byte(std::string_view word) { return static_cast<unsigned char>(word.front()); }

bool is_number(std::string_view word) {
  return word.size() >= 3 &&
         std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

TextWords read_words(std::string_view text, std::size_t most) { return Reader{text, most}.read(); }

int count_edits(std::string_view a, std::string_view b, int most) {
  const auto longer = std::max(a.size(), b.size()), shorter = std::min(a.size(), b.size());
  if (longer - shorter > static_cast<std::size_t>(most) || longer > 30) return most + 1;
  std::array<std::array<int, 32>, 3> rows{};
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i - 1) % 3];
    row[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], rows[(i - 2) % 3][j - 2] + 1);
    }
  }
  return std::min(rows[a.size() % 3][b.size()], most + 1);
}

// ---- grammar ---------------------------------------------------------------------------------------------

TextGrammar::TextGrammar(std::span<const std::span<const TextClass>> classes) {
  for (const auto& of : classes)
    for (const auto& [name, words] : of) classes_[name] = numbers_of(split(words, '|'));
}

int TextGrammar::number_of(std::string_view term) {
  const bool begins = term.ends_with('*'), slips = term.starts_with('~');
  const auto folded = term == "#" ? std::string{term} : fold_letters(term);
  const auto key = (slips ? "~" : "") + folded + (begins ? "*" : "");
  const auto [at, added] = numbers_.try_emplace(key, static_cast<int>(numbers_.size()));
  if (added && begins) begins_[first_byte(folded)].emplace_back(folded, at->second);
  if (added && slips) slips_[first_byte(folded)].emplace_back(folded, at->second);
  return at->second;
}

WordNumbers TextGrammar::numbers_of(const std::vector<std::string>& terms) {
  WordNumbers all;
  for (const auto& term : terms) {
    if (term.starts_with('@')) {
      const auto& of_class = classes_.at(term.substr(1));
      all.insert(all.end(), of_class.begin(), of_class.end());
    } else {
      all.push_back(number_of(term));
    }
  }
  return all;
}

WordNumbers TextGrammar::find(const std::string& word) const {
  WordNumbers found;
  if (const auto at = numbers_.find(word); at != numbers_.end()) found.push_back(at->second);
  for (const auto& [begin, number] : begins_[first_byte(word)])
    if (word.starts_with(begin)) found.push_back(number);
  for (const auto& [meant, number] : slips_[first_byte(word)])
    if (count_edits(word, meant, 2) <= 2) found.push_back(number);
  if (is_number(word))
    if (const auto at = numbers_.find("#"); at != numbers_.end()) found.push_back(at->second);
  return found;
}

WordSet TextGrammar::words_of(std::string_view class_name) const { return set_of(classes_.at(class_name)); }

TextPattern::Element TextGrammar::element(const std::string& word) {
  using Kind = TextPattern::Element::Kind;
  if (word == "^") return {Kind::begin, {}, 0};
  if (word == "$") return {Kind::end, {}, 0};
  if (word.front() == '.') return {Kind::gap, {}, static_cast<int>(*parse_integer(word.substr(1)))};
  if (const auto colon = word.find(':'); colon != std::string::npos)
    return {Kind::gap, set_of(classes_.at(word.substr(1, colon - 1))),
            static_cast<int>(*parse_integer(word.substr(colon + 1)))};
  return {Kind::word, set_of(numbers_of(split(word, '|'))), 0};
}

TextPatterns TextGrammar::compile(std::span<const TextRule> rules, std::span<const TextRule> more) {
  TextPatterns patterns;
  for (const auto& some : {rules, more})
    for (const auto& rule : some) {
      TextPattern pattern{rule.name, {}};
      for (const auto& word : split(rule.pattern, ' ')) pattern.elements.push_back(element(word));
      patterns.add(std::move(pattern));
    }
  return patterns;
}

void TextPatterns::add(TextPattern pattern) {
  const auto index = patterns_.size();
  const auto first = std::find_if(pattern.elements.begin(), pattern.elements.end(), [](const auto& element) {
    return element.kind == TextPattern::Element::Kind::word;
  });
  if (first == pattern.elements.end()) {
    wordless_.push_back(index);
  } else {
    if (by_number_.size() < first->fits.size()) by_number_.resize(first->fits.size());
    for (std::size_t number = 0; number < first->fits.size(); ++number)
      if (first->fits[number]) by_number_[number].push_back(index);
  }
  patterns_.push_back(std::move(pattern));
}

std::vector<std::size_t> TextPatterns::candidates(const std::vector<WordNumbers>& words) const {
  auto found = wordless_;
  for (const auto& word : words)
    for (const int number : word)
      if (static_cast<std::size_t>(number) < by_number_.size()) {
        const auto& of_number = by_number_[static_cast<std::size_t>(number)];
        found.insert(found.end(), of_number.begin(), of_number.end());
      }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

bool fits(const WordSet& set, const WordNumbers& word) {
  return std::any_of(word.begin(), word.end(), [&](int number) {
    return static_cast<std::size_t>(number) < set.size() && set[static_cast<std::size_t>(number)];
  });
}

// ---- sentence --------------------------------------------------------------------------------------------

Sentence::Sentence(const TextGrammar& grammar, const TextWords& text) {
  for (const auto& word : text.words) {
    words_.push_back(word.letters.empty() ? WordNumbers{} : grammar.find(word.letters));
    parts_.push_back(word.letters.empty());
  }
}

std::optional<std::size_t> Sentence::match(const std::vector<TextPattern::Element>& elements,
                                           std::size_t from, std::size_t at) const {
  using Kind = TextPattern::Element::Kind;
  if (from == elements.size()) return at;
  const auto& element = elements[from];
  switch (element.kind) {
    case Kind::begin:
      return is_begin(at) ? match(elements, from + 1, at) : std::nullopt;
    case Kind::end:
      return is_end(at) ? match(elements, from + 1, at) : std::nullopt;
    case Kind::word:
      return !is_end(at) && fits(element.fits, words_[at]) ? match(elements, from + 1, at + 1) : std::nullopt;
    case Kind::gap:
      for (int skipped = 0; skipped <= element.most; ++skipped, ++at) {
        if (const auto end = match(elements, from + 1, at)) return end;
        if (is_end(at) || (!element.fits.empty() && !fits(element.fits, words_[at]))) break;
      }
      return std::nullopt;
  }
  return std::nullopt;
}

const TextPattern* Sentence::find(const TextPatterns& patterns) const {
  for (const auto index : patterns.candidates(words_))
    for (std::size_t at = 0; at < words_.size(); ++at)
      if (match(patterns[index].elements, 0, at)) return &patterns[index];
  return nullptr;
}

std::optional<std::pair<std::size_t, std::size_t>> Sentence::find_range(const TextPatterns& patterns,
                                                                        std::size_t from) const {
  const auto candidates = patterns.candidates(words_);
  for (std::size_t at = from; at < words_.size() && !candidates.empty(); ++at)
    for (const auto index : candidates)
      if (const auto end = match(patterns[index].elements, 0, at); end && *end > at)
        return std::pair{at, *end};
  return std::nullopt;
}

void Sentence::hide(std::size_t begin, std::size_t end) {
  for (auto at = begin; at < end && at < words_.size(); ++at) words_[at].clear();
}

void Sentence::hide(const TextPatterns& patterns) {
  for (const auto index : patterns.candidates(words_))
    for (std::size_t at = 0; at < words_.size(); ++at)
      if (const auto end = match(patterns[index].elements, 0, at)) hide(at, *end);
}

}  // namespace smscrm
