// Longer than most, for the steps of one reading follow each other here.
#include "core/consent/opt_out_text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "core/base/letter.hpp"
#include "core/base/text.hpp"
#include "core/consent/keyword.hpp"
#include "core/consent/own_words.hpp"
#include "core/consent/stop_spelling.hpp"
#include "core/consent/text_pattern.hpp"

namespace smscrm {
namespace {

constexpr std::size_t most_words = 60;    // what comes after so many is not read
constexpr std::size_t most_bytes = 6400;  // the longest text of Twilio, in bytes
constexpr std::size_t most_signed = 3;    // words of a name behind a keyword on its line

TextWords read_parted(std::string_view text) {
  auto read = read_words(text, most_words);
  std::vector<TextWord> words;
  for (auto& word : read.words) {
    const auto parts = part_glued(word.letters);
    if (parts.empty()) words.push_back(std::move(word));
    for (const auto& part : parts) words.push_back({part, word.begin, word.end});
  }
  read.words = std::move(words);
  return read;
}

class Rules {
 public:
  Rules() : grammar(all_classes) {
    harmless = grammar.compile(harmless_rules());
    clear = grammar.compile(opt_out_rules(), world_opt_out_rules());
    hedges = grammar.compile(hedge_rules());
    doubtful = grammar.compile(unsure_rules(), world_unsure_rules());
    instructions = grammar.compile(instruction_rules());
    signatures = grammar.compile(signature_rules());
    automatic = grammar.compile(automatic_rules());
    busy = grammar.compile(busy_rules());
    taken_back = grammar.compile(taken_back_rules());
    polite = either(grammar.words_of(polite_class), grammar.words_of("world_polite"));
    halt = either(grammar.words_of(halt_class), grammar.words_of("world_halt"));
    told = grammar.words_of("told");
    self = grammar.words_of("self");
    label = either(told, grammar.words_of("ending"));
  }

  TextGrammar grammar;
  TextPatterns harmless, clear, hedges, doubtful, instructions, signatures, automatic, busy, taken_back;
  WordSet polite, halt, told, self, label;

 private:
  static inline const std::array<std::span<const TextClass>, 3> all_classes{
      opt_out_classes(), world_classes(), machine_classes()};

  static WordSet either(WordSet a, WordSet b) {
    if (a.size() < b.size()) std::swap(a, b);
    for (std::size_t i = 0; i < b.size(); ++i) a[i] = a[i] || b[i];
    return a;
  }
};

const Rules& rules() {
  static const Rules all;
  return all;
}

using NamedPhrases = std::vector<std::pair<std::string_view, std::string>>;  // folded

NamedPhrases fold_phrases(std::string_view name, std::string_view words) {
  NamedPhrases folded;
  for (const auto& phrase : split(words, '|')) folded.emplace_back(name, fold_letters(phrase));
  return folded;
}
NamedPhrases fold_phrases(std::span<const Phrase> phrases) {
  NamedPhrases folded;
  for (const auto& [name, words] : phrases)
    for (auto& phrase : fold_phrases(name, words)) folded.push_back(std::move(phrase));
  return folded;
}

struct Phrases {
  NamedPhrases clear = fold_phrases(opt_out_phrases()), doubtful = fold_phrases(unsure_phrases()),
               instructions = fold_phrases("instruction", instruction_phrases()),
               automatic = fold_phrases("automatic", automatic_phrases());
};

const Phrases& phrases() {
  static const Phrases all;
  return all;
}

std::string_view find_phrase(std::string_view folded, const NamedPhrases& of) {
  const auto found = std::find_if(of.begin(), of.end(), [&](const auto& phrase) {
    return folded.find(phrase.second) != std::string_view::npos;
  });
  return found == of.end() ? std::string_view{} : found->first;
}

struct Verdict {
  OptOutVerdict verdict = OptOutVerdict::none;
  std::string_view rule;
};

// Whose words are read: those of a person, or what somebody else may have written, in which instructions say
// nothing even alone.
enum class Whose { own, foreign };

class Reading {
 public:
  Reading(std::string_view text, Whose whose)
      : text_(text),
        whose_(whose),
        read_(read_parted(text)),
        sentence_(rules().grammar, read_),
        hidden_(read_.words.size()) {
    // Letters from U+0E00 on: scripts without blanks are among them.
    if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xE0; }))
      folded_ = fold_letters(text);
  }

  bool empty() const { return read_.words.empty(); }
  void hide(const TextPatterns& patterns) { sentence_.hide(patterns); }

  Verdict read() {
    if (empty()) return {};
    const bool is_automatic =
        sentence_.find(rules().automatic) || !find_phrase(folded_, phrases().automatic).empty();
    const bool is_busy = sentence_.find(rules().busy);
    auto found = read_words_left();
    if (is_automatic && found.verdict != OptOutVerdict::none)
      found =
          found.verdict == OptOutVerdict::opt_out ? Verdict{OptOutVerdict::unsure, "automatic"} : Verdict{};
    if (is_busy && found.verdict == OptOutVerdict::unsure && found.rule.starts_with("net.")) found = {};
    return found;
  }

 private:
  Verdict read_words_left();
  Verdict read_keyword() const;
  Verdict read_polite() const;
  bool hide_labels();
  bool hide_instructions();
  void hide_signatures();
  void hide(std::size_t begin, std::size_t end);
  std::size_t begin_of_sentence(std::size_t at) const;
  std::size_t end_of_sentence(std::size_t at) const;
  std::size_t count_left(std::size_t from = 0) const;
  bool is_name(std::size_t from, std::size_t most) const;

  const std::string_view text_;
  const Whose whose_;
  TextWords read_;
  Sentence sentence_;
  std::vector<bool> hidden_;
  std::string folded_;  // empty without letters of scripts that may do without blanks
};

void Reading::hide(std::size_t begin, std::size_t end) {
  sentence_.hide(begin, end);
  for (auto at = begin; at < end && at < hidden_.size(); ++at) hidden_[at] = true;
}

std::size_t Reading::begin_of_sentence(std::size_t at) const {
  while (at > 0 && !read_.words[at - 1].ends_sentence) --at;
  return at;
}
std::size_t Reading::end_of_sentence(std::size_t at) const {
  while (at < read_.words.size() && !read_.words[at].ends_sentence) ++at;
  return at;
}

std::size_t Reading::count_left(std::size_t from) const {
  std::size_t count = 0;
  for (auto at = from; at < read_.words.size(); ++at)
    count += !hidden_[at] && !read_.words[at].letters.empty();
  return count;
}

// Whether what is left from there on is a few words with capitals or digits, such as people sign with.
bool Reading::is_name(std::size_t from, std::size_t most) const {
  if (count_left(from) > most) return false;
  for (auto at = from; at < read_.words.size(); ++at) {
    const auto& word = read_.words[at];
    if (hidden_[at] || word.letters.empty()) continue;
    if (text_[word.begin] >= 'a' && text_[word.begin] <= 'z') return false;
  }
  return true;
}

// "Opt out: STOP", "STOP=end", "Unsubscribe: https://acme.example/u"
bool Reading::hide_labels() {
  bool any = false;
  const auto& words = read_.words;
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (!fits(rules().label, sentence_.numbers(at))) continue;
    auto next = at + 1;
    while (next < words.size() && words[next].letters.empty()) ++next;
    if (next >= words.size()) continue;
    const auto between = text_.substr(words[at].end, words[next].begin - words[at].end);
    const bool is_url =
        words[next].letters == "https" || words[next].letters == "http" || words[next].letters == "www";
    if (between.find_first_of(":=") == std::string_view::npos ||
        !(is_url || fits(rules().told, sentence_.numbers(next))))
      continue;
    const auto begin = at > 0 && words[at - 1].letters == "opt" ? at - 1 : at;
    hide(begin, next + 1);
    any = true;
  }
  return any;
}

// A sentence with an instruction in it is one altogether ("If you want no more of these, reply STOP"), and so
// is a question in front of it ("Want out? Text STOP"), unless somebody speaks of oneself there.
bool Reading::hide_instructions() {
  bool any = hide_labels();
  for (std::size_t from = 0; from < sentence_.size();) {
    const auto range = sentence_.find_range(rules().instructions, from);
    if (!range) break;
    auto [begin, end] = *range;
    auto first = begin_of_sentence(begin);
    const auto last = end_of_sentence(begin);
    const auto speaks = [&](std::size_t from_word) {
      for (auto at = from_word; at < last; ++at)
        if (fits(rules().self, sentence_.numbers(at))) return whose_ == Whose::own;
      return false;
    };
    if (!speaks(first)) {
      const auto question = first > 0 && read_.words[first - 1].asks ? begin_of_sentence(first - 1) : first;
      begin = speaks(question) ? first : question;
      end = std::max(last, end);
    }
    hide(begin, end);
    any = true;
    from = end + 1;
  }
  for (const auto& [name, phrase] : phrases().instructions)
    if (const auto at = folded_.find(phrase); at != std::string::npos) {
      folded_.erase(at, phrase.size());
      any = true;
      if (folded_.empty()) hide(0, read_.words.size());
    }
  return any;
}

void Reading::hide_signatures() {
  for (std::size_t from = 0; from < sentence_.size();) {
    const auto range = sentence_.find_range(rules().signatures, from);
    if (!range) return;
    hide(range->first, range->second);
    from = range->second + 1;
  }
}

// All that is left, or the first line with a name below it.
Verdict Reading::read_keyword() const {
  std::string all, line;
  std::optional<std::size_t> rest;  // behind the first line
  for (std::size_t at = 0; at < read_.words.size(); ++at) {
    const auto& word = read_.words[at];
    if (!hidden_[at]) all += word.letters;
    if (!rest && !hidden_[at]) line += word.letters;
    if (word.ends_line && !rest && !line.empty()) rest = at;
    if (all.size() > 200) break;
  }
  if (classify_keyword(all) == Keyword::stop) return {OptOutVerdict::opt_out, "plain-stop"};
  if (!rest || count_left(*rest) == 0 || classify_keyword(line) != Keyword::stop) return {};
  return {is_name(*rest, most_signed) ? OptOutVerdict::opt_out : OptOutVerdict::unsure, "stop-line"};
}

// A clause that is but "please stop": opt_out when it is the whole text, the last of it, alone in its
// sentence or signed, or the rest is polite as well; unsure in front of other words, which may be what is to
// stop.
Verdict Reading::read_polite() const {
  bool halts_last = false, halts = false, others = false, alone = false;
  std::size_t count = 0;
  for (std::size_t begin = 0; begin < read_.words.size();) {
    auto end = begin;
    bool polite = true, halt = false, addressed = false, any = false;
    for (; !sentence_.is_end(end); ++end) {
      if (hidden_[end]) continue;
      any = true;
      const auto& word = read_.words[end].letters;
      const auto& numbers = sentence_.numbers(end);
      const bool is_halt = fits(rules().halt, numbers) || slip_of_stop(word) == Slip::sure;
      const bool harmless = numbers.empty() && !is_halt;
      halt = halt || is_halt;
      addressed = addressed || word == "it" || word == "that";
      polite = polite && (is_halt || (!harmless && fits(rules().polite, numbers)));
    }
    if (any) {
      ++count;
      const bool is_stop = polite && halt;
      others = others || !polite;
      halts = halts || is_stop;
      halts_last = is_stop && !addressed;
      const bool begins = begin == 0 || read_.words[begin - 1].ends_sentence;
      const bool ends =
          end >= read_.words.size() || (read_.words[end].ends_sentence && !read_.words[end].asks);
      alone = alone || (halts_last && !read_.laughs && begins && (ends || is_name(end, most_signed - 1)));
    }
    begin = end + 1;
  }
  if (!halts) return {};
  const bool sure = !others || halts_last || alone;
  if (count == 1 && read_.asks && count_left() == 1) return {OptOutVerdict::unsure, "plain-stop"};  // "stop?"
  return {sure ? OptOutVerdict::opt_out : OptOutVerdict::unsure, "plain-stop"};
}

Verdict Reading::read_words_left() {
  const bool begins_told = fits(rules().told, sentence_.numbers(0));
  const bool instructed = hide_instructions();
  const auto left = count_left();
  const Verdict repeated{begins_told ? OptOutVerdict::opt_out : OptOutVerdict::unsure,
                         "instruction-repeated"};
  if (instructed && left == 0) return whose_ == Whose::own ? repeated : Verdict{};
  hide_signatures();
  const auto keyword = read_keyword();
  if (keyword.verdict == OptOutVerdict::opt_out) return keyword;
  if (count_left() == 1 && read_.words.size() == 2)
    if (const auto slip = slip_of_stop(read_.words.front().letters); slip != Slip::none)
      return {slip == Slip::sure ? OptOutVerdict::opt_out : OptOutVerdict::unsure, "misspelt-stop"};

  const bool hedged = sentence_.find(rules().hedges) != nullptr;
  sentence_.hide(rules().harmless);
  const auto clear = [&](std::string_view rule) {
    return Verdict{hedged ? OptOutVerdict::unsure : OptOutVerdict::opt_out, rule};
  };
  if (const auto* found = sentence_.find(rules().clear)) return clear(found->name);
  if (const auto found = find_phrase(folded_, phrases().clear); !found.empty()) return clear(found);
  if (const auto polite = read_polite(); polite.verdict == OptOutVerdict::opt_out) {
    return clear(polite.rule);
  } else if (polite.verdict == OptOutVerdict::unsure) {
    return polite;
  }
  if (keyword.verdict != OptOutVerdict::none) return keyword;
  if (const auto* found = sentence_.find(rules().doubtful)) return {OptOutVerdict::unsure, found->name};
  if (const auto found = find_phrase(folded_, phrases().doubtful); !found.empty())
    return {OptOutVerdict::unsure, found};
  if (instructed && whose_ == Whose::own && left < 3) return {OptOutVerdict::unsure, "instruction"};
  return {};
}

std::string_view readable_part(std::string_view text) {
  if (text.size() <= most_bytes) return text;
  auto end = most_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

OptOutReading read_opt_out(std::string_view whole, std::span<const std::string> sent) {
  const auto text = readable_part(trim(whole));
  const auto own = find_own_words(text, sent);
  Reading left{own.text, Whose::own};
  if (own.mark == OwnWords::Mark::taken_back) left.hide(rules().taken_back);
  auto verdict = left.read();
  // Nothing but our own text again: an instruction alone is repeated by whoever follows it.
  if (left.empty() && !own.is_marked && !own.ours.empty())
    if (const auto again = Reading{join(own.ours, "\n"), Whose::own}.read();
        again.rule == "instruction-repeated")
      verdict = again;
  if (verdict.verdict == OptOutVerdict::none && !own.foreign.empty())
    if (Reading{join(own.foreign, "\n"), Whose::foreign}.read().verdict == OptOutVerdict::opt_out)
      verdict = {OptOutVerdict::unsure, "quoted"};
  if (verdict.verdict == OptOutVerdict::none && own.mark == OwnWords::Mark::dislike)
    verdict = {OptOutVerdict::unsure, "reaction.dislike"};
  auto not_own = own.ours;
  not_own.insert(not_own.end(), own.foreign.begin(), own.foreign.end());
  return {verdict.verdict, verdict.rule, join(not_own, "\n")};
}

bool depends_on_sent(std::string_view text, const OptOutReading& reading) {
  const auto blanks = static_cast<std::size_t>(std::count(text.begin(), text.end(), ' '));
  return reading.verdict == OptOutVerdict::none ? blanks > most_words : blanks > 1 || text.size() > 24;
}

}  // namespace smscrm
