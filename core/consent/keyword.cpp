#include "core/consent/keyword.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "core/base/letter.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

// Sorted, since they are searched by halves.
constexpr std::string_view stop_words[] = {
    "ABBESTELLEN",    "ABMELDEN",    "ALTO",        "ANNULER",  "ARRET",         "ARRETER",    "ARRETEZ",
    "AUSTRAGEN",      "BAJA",        "CANCEL",      "CANCELAR", "DESABONNEMENT", "DESABONNER", "DESCADASTRAR",
    "DESINSCRIPTION", "DESINSCRIRE", "DESUSCRIBIR", "DETENER",  "END",           "ENDE",       "FIN",
    "KUENDIGEN",      "KUNDIGEN",    "OPTOUT",      "PARAR",    "PARE",          "QUIT",       "REMOVER",
    "REVOKE",         "SAIR",        "SALIR",       "STOP",     "STOPALL",       "STOPP",      "UNSUBSCRIBE"};
static_assert(std::is_sorted(std::begin(stop_words), std::end(stop_words)));
constexpr std::string_view help_words[] = {"AIDE", "AJUDA", "AYUDA", "HELP", "HILFE", "INFO"};
static_assert(std::is_sorted(std::begin(help_words), std::end(help_words)));
constexpr std::string_view foreign_start_words[] = {
    "ABONNER",    "ABONNIEREN", "ALTA",     "ANMELDEN",  "CADASTRAR", "COMECAR",
    "COMENZAR",   "COMMENCER",  "DEMARRER", "EINTRAGEN", "EMPEZAR",   "FORTSETZEN",
    "INICIAR",    "INSCREVER",  "INSCRIRE", "REABONNER", "REANUDAR",  "RECOMECAR",
    "REINSCRIRE", "REPRENDRE",  "RETOMAR",  "STARTEN",   "SUSCRIBIR", "SUSCRIBIRME"};
static_assert(std::is_sorted(std::begin(foreign_start_words), std::end(foreign_start_words)));

// '\0' for what is ignored: blanks, punctuation, accents that stand alone, emoji. nullopt for other letters.
std::optional<char> fold(std::int32_t point) {
  if (const char letter = plain_letter(point))
    return letter >= 'a' ? static_cast<char>(letter - 'a' + 'A') : letter;
  if (point < 0xC0) return '\0';
  if (point <= 0xFF) return std::nullopt;
  const auto within = [point](std::int32_t first, std::int32_t last) {
    return point >= first && point <= last;
  };
  if (within(0x300, 0x36F) || within(0x2000, 0x2BFF) || within(0x3000, 0x303F) || within(0xFE00, 0xFE0F) ||
      point == 0xFEFF || within(0x1F000, 0x1FAFF))
    return '\0';
  return std::nullopt;
}

bool is_accent(std::int32_t point) { return point >= 0x300 && point <= 0x36F; }

struct Word {
  std::array<char, 16> letters{};
  std::size_t size = 0;
  bool bare = true;  // nothing but letters and their accents

  std::string_view view() const { return {letters.data(), size}; }
};

// nullopt for what is longer than any keyword, or has letters of other alphabets.
std::optional<Word> read_word(std::string_view text) {
  Word word;
  for (std::size_t at = 0; at < text.size();) {
    const std::int32_t point = next_code_point(text, at);
    const auto letter = point < 0 ? std::nullopt : fold(point);
    if (!letter || (*letter != '\0' && word.size == word.letters.size())) return std::nullopt;
    if (*letter != '\0')
      word.letters[word.size++] = *letter;
    else
      word.bare = word.bare && is_accent(point);
  }
  return word;
}

}  // namespace

Keyword classify_keyword(std::string_view text) {
  const auto read = read_word(text);
  if (!read) return Keyword::none;
  const auto word = read->view();
  if (std::binary_search(std::begin(stop_words), std::end(stop_words), word)) return Keyword::stop;
  if (std::binary_search(std::begin(help_words), std::end(help_words), word)) return Keyword::help;
  const bool bare = trim(text).size() == word.size();
  return bare && (word == "START" || word == "UNSTOP" || word == "YES") ? Keyword::start : Keyword::none;
}

bool is_foreign_start(std::string_view text) {
  const auto word = read_word(trim(text));
  return word && word->bare &&
         std::binary_search(std::begin(foreign_start_words), std::end(foreign_start_words), word->view());
}

}  // namespace smscrm
