#include "core/consent/own_words.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "core/base/letter.hpp"
#include "core/base/text.hpp"
#include "core/consent/sent_words.hpp"
#include "core/consent/text_pattern.hpp"

namespace smscrm {
namespace {

constexpr std::size_t most_beside = 12;     // words beside a quotation that may be a reaction
constexpr int most_quotations = 12;         // that are looked at
constexpr std::size_t shortest_quoted = 3;  // words, or eight characters where no blanks part them

struct Marks {
  Marks() : grammar(std::span<const std::span<const TextClass>>{}) {
    reaction = grammar.compile(reaction_rules());
    dislike = grammar.compile(dislike_rules());
    taken_back = grammar.compile(taken_back_rules());
  }
  TextGrammar grammar;
  TextPatterns reaction, dislike, taken_back;
};

const Marks& marks() {
  static const Marks all;
  return all;
}

bool contains_any(std::string_view text, std::string_view phrases) {
  const auto all = split(phrases, '|');
  return std::any_of(all.begin(), all.end(),
                     [&](const auto& phrase) { return text.find(phrase) != std::string_view::npos; });
}

// What surrounds a quotation, as far as it may be a reaction.
struct Beside {
  explicit Beside(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const auto point = next_code_point(text, at);
      if ((point >= 0x2600 && point <= 0x27BF) || (point >= 0x1F300 && point <= 0x1FAFF) || point == 0x203C ||
          point == 0x2049 || point == 0x2B50)
        has_emoji = true;
      if (point == 0x1F44E || point == 0x1F595 || point == 0x1F621 || point == 0x1F92C || point == 0x1F4A9 ||
          point == 0x1F92E || point == 0x1F620)
        dislikes = true;
    }
    const auto words = read_words(text, 2 * most_beside);
    count = static_cast<std::size_t>(std::count_if(words.words.begin(), words.words.end(),
                                                   [](const auto& word) { return !word.letters.empty(); }));
    const Sentence sentence{marks().grammar, words};
    named = sentence.find(marks().reaction) || contains_any(fold_letters(text), reaction_phrases());
    dislikes = dislikes || sentence.find(marks().dislike);
    taken_back = sentence.find(marks().taken_back);
  }

  bool has_emoji = false, dislikes = false, named = false, taken_back = false;
  std::size_t count = 0;
};

struct QuotationMark {
  std::string_view open;
  std::array<std::string_view, 3> close;
};
constexpr QuotationMark quotation_marks[] = {
    {"“", {"”", "“", "\""}}, {"„", {"“", "”", "\""}},  {"‟", {"”", "", ""}},   {"«", {"»", "", ""}},
    {"»", {"«", "»", ""}},   {"‹", {"›", "", ""}},     {"”", {"”", "", ""}},   {"「", {"」", "", ""}},
    {"『", {"』", "", ""}},  {"〝", {"〞", "〟", ""}}, {"＂", {"＂", "", ""}}, {"\"", {"\"", "”", ""}},
    {"‘", {"’", "", ""}},    {"‚", {"‘", "’", ""}},    {"'", {"'", "’", ""}},  {"´", {"´", "", ""}},
    {"`", {"'", "`", ""}},
};

bool is_letter_at(std::string_view text, std::size_t at) {
  std::string folded;
  return at < text.size() && append_folded(folded, next_code_point(text, at)) == LetterKind::letter;
}
bool is_letter_before(std::string_view text, std::size_t at) {
  if (at == 0) return false;
  auto begin = at - 1;
  while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
  return is_letter_at(text, begin);
}

// Where the quotation ends that `mark` opens at `begin` (of its text): nesting ones inside are passed over.
// An apostrophe closes none.
std::vector<std::size_t> find_closers(std::string_view text, const QuotationMark& mark, std::size_t begin) {
  std::vector<std::size_t> closers;
  int depth = 1;
  for (auto at = begin; at < text.size() && closers.size() < 8;) {
    const auto rest = text.substr(at);
    const auto closer = std::find_if(mark.close.begin(), mark.close.end(), [&](std::string_view close) {
      return !close.empty() && rest.starts_with(close);
    });
    const bool both = std::find(mark.close.begin(), mark.close.end(), mark.open) != mark.close.end();
    const bool after_letter = is_letter_before(text, at);
    if (closer != mark.close.end() && !(is_letter_at(text, at + closer->size()) && after_letter)) {
      const bool reopens = both && *closer == mark.open && !after_letter &&
                           is_letter_at(text, at + closer->size()) && at > begin && text[at - 1] == ' ';
      if (reopens) {
        ++depth;
      } else if (--depth <= 0) {
        closers.push_back(at);
      }
      at += closer->size();
    } else if (!both && rest.starts_with(mark.open)) {
      ++depth;
      at += mark.open.size();
    } else {
      next_code_point(text, at);
    }
  }
  return closers;
}

std::size_t closer_size(std::string_view text, const QuotationMark& mark, std::size_t at) {
  for (const auto close : mark.close)
    if (!close.empty() && text.substr(at).starts_with(close)) return close.size();
  return 0;
}

class Finder {
 public:
  Finder(std::string_view text, std::span<const std::string> sent)
      : text_(text), sent_(sent), taken_(text.size(), Taken::no) {}

  OwnWords find() {
    find_lines();
    find_quotations();
    find_repeated();
    build();
    return std::move(own_);
  }

 private:
  enum class Taken : char { no, ours, foreign };

  void take(std::size_t begin, std::size_t end, Taken as) {
    for (auto at = begin; at < end; ++at)
      if (taken_[at] == Taken::no) taken_[at] = as;
  }
  std::string_view part(std::size_t begin, std::size_t end) const { return text_.substr(begin, end - begin); }

  void find_lines();
  void find_quotations();
  std::optional<std::size_t> take_quotation(const QuotationMark& mark, std::size_t at);
  void find_repeated();
  void build();

  const std::string_view text_;
  const SentWords sent_;
  std::vector<Taken> taken_;
  std::size_t last_end_ = 0;  // of a quotation
  bool name_before_ = false;  // a short one was that of a reaction ("la mention « Adore »")
  OwnWords own_;
};

bool is_forward(std::string_view line) {
  const auto folded = fold_letters(line);
  static constexpr std::string_view headings =
      "forwardedmessage|beginforwardedmessage|originalmessage|weitergeleitetenachricht|"
      "ursprunglichenachricht|"
      "mensajereenviado|mensajeoriginal|messagetransfere|messageoriginal|mensagemencaminhada|"
      "messaggioinoltrato|"
      "doorgestuurdbericht|oorspronkelijkbericht|przekazanawiadomosc|vidarebefordratmeddelande|"
      "пересылаемоесообщение|"
      "пересланноесообщение|переслано|转发|轉發|転送|전달|הועבר|محول";
  if (line.size() <= 80)
    for (const auto& heading : split(headings, '|'))
      if (folded.starts_with(heading)) return true;
  static constexpr std::string_view prefixes[] = {
      "fwd:", "fw:", "wg:", "tr:", "rv:", "enc:", "forwarded:", "fwd :", "doorst:", "vb:", "vs:", "pd:"};
  const auto lower = to_lower(trim(line));
  return std::any_of(std::begin(prefixes), std::end(prefixes),
                     [&](std::string_view prefix) { return lower.starts_with(prefix); });
}

// "On 2 May 2026 Acme wrote:", in several languages.
bool is_wrote(std::string_view line) {
  const auto end = trim(line);
  if (!(end.ends_with(':') || end.ends_with("：")) || end.size() > 200) return false;
  const auto folded = fold_letters(end);
  static constexpr std::string_view verbs =
      "wrote|schrieb|aecrit|escribio|escreveu|hascritto|schreef|pisze|napisal|skrev|kirjoitti|irta|ascris|"
      "написал|"
      "пише|писал|εγραψε|כתב|كتب|のメッセージ|写道|寫道|작성|yazdi|napsal|menulis|viet";
  return contains_any(folded, verbs) &&
         std::any_of(end.begin(), end.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void Finder::find_lines() {
  std::string quoted;                                          // the lines of mail's kind
  std::vector<std::pair<std::size_t, std::size_t>> quoted_at;  // and where they are
  std::optional<std::size_t> heading;                          // below which nothing is theirs
  for (std::size_t begin = 0; begin < text_.size();) {
    const auto end = std::min(text_.find('\n', begin), text_.size());
    const auto line = trim(part(begin, end));
    if (line.starts_with('>') || line.starts_with("＞")) {
      quoted += fmt::format("{}\n", line);
      quoted_at.emplace_back(begin, end);
    } else if (is_wrote(line)) {
      take(begin, end, Taken::ours);
      if (!heading) heading = end;
    } else if (is_forward(line)) {
      const auto colon = part(begin, end).find(':');
      const bool prefix = line.size() > 80 || (colon != std::string_view::npos && colon < 12);
      const auto from = prefix && colon != std::string_view::npos ? begin + colon + 1 : end;
      take(begin, from, Taken::ours);
      heading = from;
      quoted.clear();  // those above
    }
    begin = end + 1;
  }
  own_.is_marked = heading || !quoted_at.empty();
  const auto of_quoted = sent_.has(quoted) ? Taken::ours : Taken::foreign;
  for (const auto& [begin, end] : quoted_at) take(begin, end, of_quoted);
  if (!heading || !quoted.empty()) return;  // below such lines a person may go on
  take(*heading, text_.size(), sent_.has(text_.substr(*heading)) ? Taken::ours : Taken::foreign);
}

void Finder::find_quotations() {
  int tried = 0;
  for (std::size_t at = 0; at < text_.size() && tried < most_quotations;) {
    if (taken_[at] != Taken::no) {
      last_end_ = ++at;
      continue;
    }
    const auto* mark = std::find_if(std::begin(quotation_marks), std::end(quotation_marks),
                                    [&](const auto& m) { return text_.substr(at).starts_with(m.open); });
    if (mark != std::end(quotation_marks) && !is_letter_before(text_, at)) {
      ++tried;
      if (const auto end = take_quotation(*mark, at)) {
        at = *end;
        continue;
      }
    }
    next_code_point(text_, at);
  }
}

std::optional<std::size_t> Finder::take_quotation(const QuotationMark& mark, std::size_t at) {
  const auto begin = at + mark.open.size();
  const auto closers = find_closers(text_, mark, begin);
  if (closers.empty()) {  // cut off: what is ours of it is
    if (!sent_.has(text_.substr(begin))) return std::nullopt;
    const Beside beside{part(last_end_, at)};
    if (beside.dislikes && !beside.taken_back) own_.mark = OwnWords::Mark::dislike;
    own_.is_marked = true;
    take(at, text_.size(), Taken::ours);
    return text_.size();
  }
  // A word or two of ours anybody says.
  const auto is_short = [&](std::size_t close) {
    const auto quoted = part(begin, close);
    return Beside{quoted}.count < shortest_quoted && fold_letters(quoted).size() < 24;
  };
  auto close = closers.front();
  bool ours = false;
  for (const auto known : {closers.back(), closers[closers.size() / 2], closers.front()})
    if (!ours && !is_short(known) && sent_.has(part(begin, known))) close = known, ours = true;
  const auto end = close + closer_size(text_, mark, close);
  const auto begin_of_head = last_end_;
  const Beside before{part(begin_of_head, at)};
  const auto words_after = read_words(text_.substr(end), most_beside).words;
  const Beside after{words_after.empty() ? std::string_view{}
                                         : part(end, std::min(text_.size(), end + words_after.back().end))};
  const bool head = before.count <= most_beside && (before.named || (before.has_emoji && before.count <= 3));
  const bool reaction = head || name_before_ || (after.named && before.count <= 4);
  if (!ours && !reaction) return std::nullopt;
  name_before_ = head && !ours && (is_short(close) || Beside{part(begin, close)}.named);
  if (!ours && is_short(close)) return std::nullopt;
  const Beside with_name{part(begin_of_head, at)};
  if (reaction) {
    own_.mark = before.taken_back                                         ? OwnWords::Mark::taken_back
                : before.dislikes || with_name.dislikes || after.dislikes ? OwnWords::Mark::dislike
                : own_.mark == OwnWords::Mark::none                       ? OwnWords::Mark::reaction
                                                                          : own_.mark;
  }
  own_.is_marked = true;
  take(at, end, ours ? Taken::ours : Taken::foreign);
  last_end_ = end;
  return end;
}

void Finder::find_repeated() {
  if (sent_.empty()) return;
  for (const auto& [begin, end] : sent_.find_repeated(text_)) take(begin, end, Taken::ours);
}

void Finder::build() {
  for (std::size_t at = 0; at < text_.size();) {
    const auto as = taken_[at];
    const auto begin = at;
    while (at < text_.size() && taken_[at] == as) ++at;
    const auto words = part(begin, at);
    if (as == Taken::no) {
      own_.text += own_.text.empty() || own_.text.back() == '\n' ? "" : "\n";
      own_.text += words;
    } else if (!trim(words).empty()) {
      (as == Taken::ours ? own_.ours : own_.foreign).emplace_back(trim(words));
    }
  }
}

}  // namespace

OwnWords find_own_words(std::string_view text, std::span<const std::string> sent) {
  return Finder{text, sent}.find();
}

}  // namespace smscrm
