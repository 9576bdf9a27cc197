#include "core/consent/opt_out_text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/letter.hpp"
#include "core/base/text.hpp"
#include "core/consent/opt_out_rules.hpp"

namespace smscrm {
namespace {

constexpr std::size_t most_words = 60;  // what comes after so many is not read
constexpr std::string_view joined[] = {"t", "s", "d", "m", "ll", "re", "ve"};  // after an English apostrophe

// ---- words -----------------------------------------------------------------------------------------------

struct Clauses {
  std::vector<std::string> words;  // "" parts clauses
  bool asks = false;               // there is a question mark
};

bool is_stop_sign(std::int32_t point) { return point == 0x1F6D1 || point == 0x26D4 || point == 0x1F6AB; }
bool is_laugh(std::int32_t point) {
  return point == 0x1F602 || point == 0x1F923 || point == 0x1F606 || point == 0x1F605;
}
bool is_apostrophe(std::int32_t point) { return point == '\'' || point == 0x2019 || point == '`'; }
bool ends_clause(std::int32_t point) {
  static constexpr std::string_view marks = ".,;:!?()\n";
  return (point > 0 && point < 0x80 && marks.find(static_cast<char>(point)) != std::string_view::npos) ||
         point == 0xA1 || point == 0xBF || point == 0x2013 || point == 0x2014 || point == 0x2026;
}
// Accents and variants that stand behind their letter.
bool is_mark(std::int32_t point) {
  return (point >= 0x300 && point <= 0x36F) || (point >= 0xFE00 && point <= 0xFE0F) || point == 0x200D;
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
  Clauses read(std::string_view text) {
    for (std::size_t at = 0; at < text.size() && clauses_.words.size() < most_words;) {
      const auto point = next_code_point(text, at);
      if (const char letter = plain_letter(point)) {
        word_ += letter;
        continue;
      }
      if (is_mark(point)) continue;
      if (is_apostrophe(point) && !word_.empty() && joins(text.substr(at))) continue;
      end_word();
      if (is_stop_sign(point)) clauses_.words.emplace_back("stop");
      if (is_laugh(point)) clauses_.words.emplace_back("lol");
      if (point == '?') clauses_.asks = true;
      if (ends_clause(point)) end_clause();
    }
    end_word();
    end_clause();
    return std::move(clauses_);
  }

 private:
  static bool joins(std::string_view rest) {
    std::string next;
    for (std::size_t at = 0; at < rest.size() && next.size() < 3;) {
      const char letter = plain_letter(next_code_point(rest, at));
      if (!letter) break;
      next += letter;
    }
    return std::find(std::begin(joined), std::end(joined), next) != std::end(joined);
  }
  void end_word() {
    if (!word_.empty()) clauses_.words.push_back(without_drawl(std::move(word_)));
    word_.clear();
  }
  void end_clause() {
    if (!clauses_.words.empty() && !clauses_.words.back().empty()) clauses_.words.emplace_back();
  }

  Clauses clauses_;
  std::string word_;
};

// Edits between two words: a letter more, less or other, or two changed places. `most` + 1 when it is more.
int edits(std::string_view a, std::string_view b, int most) {
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

enum class Slip { none, sure, maybe };

// Of a word alone: "stpo" and "sttop" are "stop"; of "stip" nobody knows.
Slip slip_of_stop(const std::string& word) {
  static const auto others = split(not_misspelt, '|');
  if (word == "stop" || edits(word, "stop", 1) > 1) return Slip::none;
  if (std::find(others.begin(), others.end(), word) != others.end()) return Slip::none;
  auto sorted = word;
  std::sort(sorted.begin(), sorted.end());
  if (sorted == "opst") return Slip::sure;
  auto once = word;
  once.erase(std::unique(once.begin(), once.end()), once.end());
  return once == "stop" ? Slip::sure : Slip::maybe;
}

// ---- patterns --------------------------------------------------------------------------------------------

// Every word, beginning and misspelling that a rule names has a number; a word of a text is the few numbers
// that it fits, so that to try a pattern is to test bits.
using Numbers = std::vector<int>;

struct Element {
  enum class Kind { word, gap, begin, end } kind = Kind::word;
  std::vector<bool> fits;  // by number; of a gap: empty is any word
  int most = 0;            // of a gap
};

struct Pattern {
  std::string_view name;
  std::vector<Element> elements;
};

class Vocabulary {
 public:
  int number_of(std::string_view term) {
    const auto [at, added] = numbers_.try_emplace(std::string{term}, static_cast<int>(numbers_.size()));
    if (added && term.ends_with('*')) begins_.emplace_back(term.substr(0, term.size() - 1), at->second);
    if (added && term.starts_with('~')) slips_.emplace_back(term.substr(1), at->second);
    return at->second;
  }
  std::size_t size() const { return numbers_.size(); }

  Numbers find(const std::string& word) const {
    Numbers found;
    if (const auto at = numbers_.find(word); at != numbers_.end()) found.push_back(at->second);
    for (const auto& [begin, number] : begins_)
      if (word.starts_with(begin)) found.push_back(number);
    for (const auto& [meant, number] : slips_)
      if (word.front() == meant.front() && edits(word, meant, 2) <= 2) found.push_back(number);
    return found;
  }

 private:
  std::unordered_map<std::string, int> numbers_;
  std::vector<std::pair<std::string, int>> begins_, slips_;
};

class Grammar {
 public:
  Grammar() {
    for (const auto& [name, words] : opt_out_classes()) classes_[name] = number(split(words, '|'));
    harmless = compile(harmless_rules());
    clear = compile(opt_out_rules());
    hedges = compile(hedge_rules());
    doubtful = compile(unsure_rules());
    polite = bits(classes_.at(polite_class));
    halt = bits(classes_.at(halt_class));
  }

  Vocabulary vocabulary;
  std::vector<Pattern> harmless, clear, hedges, doubtful;
  std::vector<bool> polite, halt;

 private:
  Numbers number(const std::vector<std::string>& terms) {
    Numbers all;
    for (const auto& term : terms) {
      if (term.starts_with('@')) {
        const auto& of_class = classes_.at(term.substr(1));
        all.insert(all.end(), of_class.begin(), of_class.end());
      } else {
        all.push_back(vocabulary.number_of(term));
      }
    }
    return all;
  }

  static std::vector<bool> bits(const Numbers& all) {
    std::vector<bool> set;
    for (const int number : all) {
      if (static_cast<std::size_t>(number) >= set.size()) set.resize(static_cast<std::size_t>(number) + 1);
      set[static_cast<std::size_t>(number)] = true;
    }
    return set;
  }

  Element element(const std::string& word) {
    if (word == "^") return {Element::Kind::begin, {}, 0};
    if (word == "$") return {Element::Kind::end, {}, 0};
    if (word.front() == '.')
      return {Element::Kind::gap, {}, static_cast<int>(*parse_integer(word.substr(1)))};
    if (const auto colon = word.find(':'); colon != std::string::npos)
      return {Element::Kind::gap, bits(classes_.at(word.substr(1, colon - 1))),
              static_cast<int>(*parse_integer(word.substr(colon + 1)))};
    return {Element::Kind::word, bits(number(split(word, '|'))), 0};
  }

  std::vector<Pattern> compile(std::span<const TextRule> rules) {
    std::vector<Pattern> patterns;
    for (const auto& rule : rules) {
      Pattern pattern{rule.name, {}};
      for (const auto& word : split(rule.pattern, ' ')) pattern.elements.push_back(element(word));
      patterns.push_back(std::move(pattern));
    }
    return patterns;
  }

  std::unordered_map<std::string_view, Numbers> classes_;
};

bool fits(const std::vector<bool>& set, const Numbers& word) {
  return std::any_of(word.begin(), word.end(), [&](int number) {
    return static_cast<std::size_t>(number) < set.size() && set[static_cast<std::size_t>(number)];
  });
}

// A text as the patterns see it.
struct Sentence {
  std::vector<Numbers> words;
  std::vector<bool> parts;  // a boundary between clauses

  bool is_end(std::size_t at) const { return at >= words.size() || parts[at]; }
  bool is_begin(std::size_t at) const { return at == 0 || parts[at - 1]; }

  // Where a match of the elements from `from` on ends that begins at `at`.
  std::optional<std::size_t> match(const std::vector<Element>& elements, std::size_t from,
                                   std::size_t at) const {
    if (from == elements.size()) return at;
    const auto& element = elements[from];
    switch (element.kind) {
      case Element::Kind::begin:
        return is_begin(at) ? match(elements, from + 1, at) : std::nullopt;
      case Element::Kind::end:
        return is_end(at) ? match(elements, from + 1, at) : std::nullopt;
      case Element::Kind::word:
        return !is_end(at) && fits(element.fits, words[at]) ? match(elements, from + 1, at + 1)
                                                            : std::nullopt;
      case Element::Kind::gap:
        for (int skipped = 0; skipped <= element.most; ++skipped, ++at) {
          if (const auto end = match(elements, from + 1, at)) return end;
          if (is_end(at) || (!element.fits.empty() && !fits(element.fits, words[at]))) break;
        }
        return std::nullopt;
    }
    return std::nullopt;
  }

  const Pattern* find(const std::vector<Pattern>& patterns) const {
    for (const auto& pattern : patterns)
      for (std::size_t at = 0; at < words.size(); ++at)
        if (match(pattern.elements, 0, at)) return &pattern;
    return nullptr;
  }

  void hide(const std::vector<Pattern>& patterns) {
    for (const auto& pattern : patterns)
      for (std::size_t at = 0; at < words.size(); ++at)
        if (const auto end = match(pattern.elements, 0, at))
          for (auto hidden = at; hidden < *end; ++hidden) words[hidden].clear();
  }
};

// A clause that is but "please stop": opt_out when it is the whole text, the last of it, or the rest is
// polite as well; unsure in front of other words, which may be what is to stop.
OptOutVerdict read_polite(const Grammar& grammar, const Sentence& sentence, const Clauses& text) {
  bool halts_last = false, halts = false, others = false;
  std::size_t count = 0;
  for (std::size_t begin = 0; begin < text.words.size();) {
    auto end = begin;
    bool polite = true, halt = false, addressed = false;
    for (; !sentence.is_end(end); ++end) {
      const auto& numbers = sentence.words[end];
      const bool is_halt = fits(grammar.halt, numbers) || slip_of_stop(text.words[end]) == Slip::sure;
      const bool hidden = numbers.empty() && !is_halt;
      halt = halt || is_halt;
      addressed = addressed || text.words[end] == "it" || text.words[end] == "that";
      polite = polite && (is_halt || (!hidden && fits(grammar.polite, numbers)));
    }
    if (end > begin) {
      ++count;
      const bool is_stop = polite && halt;
      others = others || !polite;
      halts = halts || is_stop;
      halts_last = is_stop && !addressed;
    }
    begin = end + 1;
  }
  if (!halts) return OptOutVerdict::none;
  if (count == 1 && text.asks && text.words.size() == 2) return OptOutVerdict::unsure;  // "stop?"
  return !others || halts_last ? OptOutVerdict::opt_out : OptOutVerdict::unsure;
}

}  // namespace

OptOutReading read_opt_out(std::string_view text) {
  static const Grammar grammar;
  const auto clauses = Reader{}.read(text);
  Sentence sentence;
  for (const auto& word : clauses.words) {
    sentence.words.push_back(word.empty() ? Numbers{} : grammar.vocabulary.find(word));
    sentence.parts.push_back(word.empty());
  }
  if (clauses.words.size() == 2)  // one word and the end of its clause
    if (const auto slip = slip_of_stop(clauses.words.front()); slip != Slip::none)
      return {slip == Slip::sure ? OptOutVerdict::opt_out : OptOutVerdict::unsure, "misspelt-stop"};
  const bool hedged = sentence.find(grammar.hedges) != nullptr;
  sentence.hide(grammar.harmless);
  const auto clear = [&](std::string_view rule) {
    return OptOutReading{hedged ? OptOutVerdict::unsure : OptOutVerdict::opt_out, rule};
  };
  if (const auto* found = sentence.find(grammar.clear)) return clear(found->name);
  if (const auto polite = read_polite(grammar, sentence, clauses); polite == OptOutVerdict::opt_out)
    return clear("plain-stop");
  else if (polite == OptOutVerdict::unsure)
    return {polite, "plain-stop"};
  if (const auto* found = sentence.find(grammar.doubtful)) return {OptOutVerdict::unsure, found->name};
  return {};
}

}  // namespace smscrm
