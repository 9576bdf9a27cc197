#include "core/consent/keyword.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>

#include "core/base/letter.hpp"
#include "core/base/text.hpp"
#include "core/consent/stop_words.hpp"

namespace smscrm {
namespace {

constexpr std::size_t longest_word = 96;  // bytes

// Sorted, since they are searched by halves.
constexpr std::string_view help_words[] = {"aide", "ajuda", "ayuda", "help", "hilfe", "info"};
static_assert(std::is_sorted(std::begin(help_words), std::end(help_words)));
constexpr std::string_view foreign_start_words[] = {
    "abonner",    "abonnieren", "alta",     "anmelden",  "cadastrar", "comecar",
    "comenzar",   "commencer",  "demarrer", "eintragen", "empezar",   "fortsetzen",
    "iniciar",    "inscrever",  "inscrire", "reabonner", "reanudar",  "recomecar",
    "reinscrire", "reprendre",  "retomar",  "starten",   "suscribir", "suscribirme"};
static_assert(std::is_sorted(std::begin(foreign_start_words), std::end(foreign_start_words)));

const auto& world_words() {
  static const auto words = [] {
    std::unordered_set<std::string> folded;
    for (const auto language : world_stop_words())
      for (const auto& word : split(language, '|')) folded.insert(fold_letters(word));
    return folded;
  }();
  return words;
}

bool has_word(std::span<const std::string_view> sorted, std::string_view word) {
  return std::binary_search(sorted.begin(), sorted.end(), word);
}

struct Word {
  std::string letters;  // folded
  bool bare = true;     // nothing but letters and their accents
};

// nullopt for what is longer than any keyword, or is no text.
std::optional<Word> read_word(std::string_view text) {
  Word word;
  for (std::size_t at = 0; at < text.size();) {
    const auto point = next_code_point(text, at);
    if (point < 0) return std::nullopt;
    if (append_folded(word.letters, point) == LetterKind::other) word.bare = false;
    if (word.letters.size() > longest_word) return std::nullopt;
  }
  return word;
}

// "ЅТОР" in Cyrillic or Greek letters that look as the Latin ones do; the word itself where it has none.
std::string latin_look_alike(const std::string& word) {
  static constexpr std::pair<std::string_view, char> letters[] = {
      {"с", 'c'}, {"ѕ", 's'}, {"т", 't'}, {"о", 'o'}, {"р", 'p'}, {"а", 'a'}, {"е", 'e'},
      {"н", 'h'}, {"к", 'k'}, {"м", 'm'}, {"і", 'i'}, {"ј", 'j'}, {"у", 'y'}, {"х", 'x'},
      {"в", 'b'}, {"ԛ", 'q'}, {"τ", 't'}, {"ο", 'o'}, {"ρ", 'p'}, {"α", 'a'}, {"ε", 'e'},
      {"ι", 'i'}, {"κ", 'k'}, {"ν", 'n'}, {"υ", 'y'}, {"χ", 'x'}, {"β", 'b'}, {"η", 'h'},
      {"μ", 'm'}, {"ᴛ", 't'}, {"ꜱ", 's'}, {"ᴘ", 'p'}, {"ᴏ", 'o'}};
  std::string plain;
  for (std::size_t at = 0; at < word.size();) {
    const auto begin = at;
    next_code_point(word, at);
    const auto point = std::string_view{word}.substr(begin, at - begin);
    const auto* known =
        std::find_if(std::begin(letters), std::end(letters), [&](const auto& l) { return l.first == point; });
    plain += known == std::end(letters) ? std::string{point} : std::string{known->second};
  }
  return plain;
}

bool is_reserved_stop(const std::string& word) {
  if (has_word(reserved_stop_words(), word)) return true;
  const bool ascii = std::all_of(word.begin(), word.end(), [](char c) { return c > 0; });
  return !ascii && has_word(reserved_stop_words(), latin_look_alike(word));
}

// Vietnamese "hủy" and "dừng", which are names without their accents.
bool is_accented_stop(std::string_view text, const std::string& word) {
  if (word != "huy" && word != "dung") return false;
  static constexpr std::string_view vowels[] = {"ủ", "Ủ", "ỷ", "Ỷ", "ừ", "Ừ"};
  return std::any_of(std::begin(vowels), std::end(vowels),
                     [&](std::string_view vowel) { return text.find(vowel) != std::string_view::npos; });
}

}  // namespace

Keyword classify_keyword(std::string_view text) {
  const auto read = read_word(text);
  if (!read) return Keyword::none;
  const auto& word = read->letters;
  if (is_reserved_stop(word) || world_words().count(word) > 0 || is_accented_stop(text, word))
    return Keyword::stop;
  if (has_word(help_words, word)) return Keyword::help;
  const bool bare = trim(text).size() == word.size();
  return bare && (word == "start" || word == "unstop" || word == "yes") ? Keyword::start : Keyword::none;
}

bool is_reserved_keyword(std::string_view text) {
  const auto keyword = classify_keyword(text);
  return keyword != Keyword::none && (keyword != Keyword::stop || is_reserved_stop(fold_letters(text)));
}

bool is_foreign_start(std::string_view text) {
  const auto word = read_word(trim(text));
  return word && word->bare && has_word(foreign_start_words, word->letters);
}

}  // namespace smscrm
