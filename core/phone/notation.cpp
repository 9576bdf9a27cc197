#include "core/phone/notation.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "core/base/text.hpp"
#include "core/phone/script.hpp"
#include "core/phone/sheet_number.hpp"

namespace smscrm {
namespace {

constexpr std::size_t longest = 250;      // libphonenumber gives up there
constexpr std::size_t fewest_digits = 5;  // of what may be a number among words

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
// Of a word: a byte of a character that is not ASCII is one.
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

std::size_t count_digits(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_digit));
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// "no" is not among them, which is a word of its own; nor is "fax".
constexpr std::array<std::string_view, 55> labels{
    "tel",       "telephone", "telefon",  "telefono", "teléfono", "téléphone", "telephon", "telefone",
    "telefoon",  "tél",       "tlf",      "tfno",     "phone",    "ph",        "number",   "nr",
    "num",       "mobile",    "mobil",    "mob",      "mobiel",   "móvil",     "movil",    "cell",
    "cellphone", "cellulare", "cellular", "celular",  "cel",      "handy",     "gsm",      "portable",
    "natel",     "m",         "t",        "p",        "h",        "w",         "c",        "o",
    "home",      "work",      "office",   "business", "private",  "personal",  "main",     "primary",
    "sms",       "mms",       "rcs",      "smsto",    "text",     "whatsapp",  "viber"};
constexpr std::array<std::string_view, 10> extension_marks{"ext", "extn",  "extension", "x",     "xtn",
                                                           "xt",  "anexo", "ramal",     "poste", "доб"};
constexpr std::array<std::string_view, 9> conjunctions{"or", "and", "oder", "und", "ou", "et", "o", "y", "e"};
constexpr std::array<std::string_view, 5> refusals{"no", "not", "dont", "stop", "never"};

Notation refuse(PhoneFault fault, std::string_view departure) { return {fault, {}, departure}; }

struct Word {
  std::size_t at, size;
};

std::vector<Word> find_words(std::string_view text) {
  std::vector<Word> words;
  for (std::size_t i = 0; i < text.size();) {
    if (!is_letter(text[i])) {
      ++i;
      continue;
    }
    const auto begin = i;
    while (i < text.size() && is_letter(text[i])) ++i;
    words.push_back({begin, i - begin});
  }
  return words;
}

// What spreadsheets and people put around: 'x, "x", ="x", x; and so on.
std::string_view unwrap(std::string_view text) {
  constexpr std::string_view before = "='\"`<", after = "'\"`>,;.:";
  for (;;) {
    const auto size = text.size();
    text = trim(text);
    while (!text.empty() && before.find(text.front()) != std::string_view::npos) text.remove_prefix(1);
    while (!text.empty() && after.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
    if (text.size() == size) return text;
  }
}

// Cuts " ext. 12", "x12", "#12" and ";ext=12" off the end, of a text that has a number before it.
bool cut_extension(std::string& text) {
  auto end = text.size();
  while (end > 0 && is_digit(text[end - 1])) --end;
  const auto digits = text.size() - end;
  if (digits == 0 || digits > 7) return false;
  auto mark = end;
  while (mark > 0 && std::string_view{" .:="}.find(text[mark - 1]) != std::string_view::npos) --mark;
  auto begin = mark;
  if (begin > 0 && text[begin - 1] == '#') {
    --begin;
  } else {
    while (begin > 0 && is_letter(text[begin - 1])) --begin;
    if (!is_one_of(extension_marks, to_lower(std::string_view{text}.substr(begin, mark - begin))))
      return false;
  }
  while (begin > 0 && std::string_view{" ;,("}.find(text[begin - 1]) != std::string_view::npos) --begin;
  if (count_digits(std::string_view{text}.substr(0, begin)) < fewest_digits) return false;
  text.resize(begin);
  return true;
}

// 1-800-FLOWERS: the digits on a keypad. ITU-T E.161.
std::optional<std::string> read_vanity(std::string_view text, const std::vector<Word>& words) {
  constexpr std::string_view keypad = "22233344455566677778889999";
  for (const auto& word : words)
    if (is_one_of(refusals, to_lower(text.substr(word.at, word.size)))) return std::nullopt;
  std::string digits;
  std::size_t letters = 0;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (is_digit(c)) {
      digits += c;
    } else if (lower >= 'a' && lower <= 'z') {
      digits += keypad[static_cast<std::size_t>(lower - 'a')];
      if (++letters == 1 && digits.size() < 4) return std::nullopt;  // the code is in digits
    } else if (std::string_view{" -.()+"}.find(c) == std::string_view::npos) {
      return std::nullopt;
    }
  }
  if (digits.starts_with('1')) digits.erase(0, 1);
  constexpr std::array<std::string_view, 7> codes{"800", "833", "844", "855", "866", "877", "888"};
  if (letters < 3 || digits.size() != 10 || !is_one_of(codes, digits.substr(0, 3))) return std::nullopt;
  return "+1" + digits;
}

// Takes the words out of `text`; nullopt when they are labels before or after the number.
std::optional<Notation> take_words(std::string& text) {
  const auto words = find_words(text);
  if (words.empty()) return std::nullopt;
  if (auto vanity = read_vanity(text, words)) return Notation{PhoneFault::none, std::move(*vanity), "vanity"};
  const auto digits = count_digits(text);
  if (digits < fewest_digits) return refuse(PhoneFault::no_number, "words");
  bool between = false, parts = false, labelled = true;
  for (const auto& word : words) {
    const auto lower = to_lower(std::string_view{text}.substr(word.at, word.size));
    const auto before = count_digits(std::string_view{text}.substr(0, word.at));
    const bool is_between = before > 0 && before < digits;
    between = between || is_between;
    parts = parts || (is_between && is_one_of(conjunctions, lower));
    labelled = labelled && is_phone_label(lower);
  }
  if (parts || (between && labelled)) return refuse(PhoneFault::several, "several");
  for (const auto& word : words) text.replace(word.at, word.size, word.size, ' ');
  if (labelled) {
    std::replace(text.begin(), text.end(), ':', ' ');
    text = unwrap(text);
    return std::nullopt;
  }
  return Notation{PhoneFault::words, text, "words"};
}

bool is_apart(std::string_view text, char separator) {
  const auto at = text.find(separator);
  return at != std::string_view::npos && count_digits(text.substr(0, at)) > 0 &&
         count_digits(text.substr(at)) > 0;
}

// 030/1234567 and 06/12/34/56/78 have one number, 415-555-0170/0171 has two, or nobody knows.
bool is_divided_by_slashes(std::string_view text) {
  const auto last = text.rfind('/');
  if (last == std::string_view::npos ||
      (std::count(text.begin(), text.end(), '/') > 2 && count_digits(text) <= 15))
    return false;
  return count_digits(text.substr(0, last)) > 8 || count_digits(text.substr(last)) < 3;
}

bool has_several(std::string_view text) {
  for (const char separator : {';', '|', ',', '&', '\n'})
    if (is_apart(text, separator)) return true;
  return is_divided_by_slashes(text) || count_digits(text) > 24;
}

// The numbers between `separator`; empty unless there are just these, of at most 4 digits each.
std::vector<int> read_groups(std::string_view text, char separator) {
  std::vector<int> groups;
  for (const auto& group : split(text, separator)) {
    if (group.empty() || group.size() > 4 || !std::all_of(group.begin(), group.end(), is_digit)) return {};
    groups.push_back(std::stoi(group));
  }
  return groups;
}

bool is_date_or_address(std::string text) {
  std::erase(text, ' ');
  for (const char separator : {'-', '.', '/'}) {
    const auto groups = read_groups(text, separator);
    const auto day = [](int n) { return n >= 1 && n <= 31; };
    const auto month = [](int n) { return n >= 1 && n <= 12; };
    const auto year = [](int n) { return n >= 1900 && n <= 2099; };
    if (groups.size() == 3) {
      const bool begins = year(groups[0]) && month(groups[1]) && day(groups[2]);
      const bool days = day(groups[0]) && day(groups[1]) && (month(groups[0]) || month(groups[1]));
      if (begins || (days && (year(groups[2]) || (groups[2] < 100 && text.size() <= 8)))) return true;
    }
    const bool pairs = text.size() == 11;  // 12.34.56.78 is a number of Norway
    if (separator == '.' && groups.size() == 4 && !pairs &&
        std::all_of(groups.begin(), groups.end(), [](int n) { return n <= 255; }))
      return true;
  }
  return false;
}

// A plus stands before all digits, once; a minus before them is a negative number, a bullet has a blank
// behind it.
bool has_odd_sign(std::string_view text) {
  const auto plus = text.find('+');
  const auto first = text.find_first_of("0123456789");
  if (plus != std::string_view::npos && (plus > first || text.find('+', plus + 1) != std::string_view::npos))
    return true;
  return text.size() > 1 && text[0] == '-' && is_digit(text[1]);
}

std::string_view departure_of(bool extension, bool labelled, bool wrapped, bool translated) {
  return extension ? "extension" : labelled ? "label" : wrapped ? "quotes" : translated ? "script" : "";
}

}  // namespace

bool is_phone_label(std::string_view word) { return is_one_of(labels, to_lower(word)); }

bool is_plain_notation(std::string_view text) {
  std::size_t digits = 0, hyphens = 0;
  for (const char c : text) {
    if (is_digit(c)) {
      ++digits;
    } else if (c == '-') {
      ++hyphens;
    } else if (c == '+') {
      if (digits > 0) return false;
    } else if (c != ' ' && c != '(' && c != ')') {
      return false;
    }
  }
  return (hyphens == 0 || (text[0] != '-' && (hyphens != 2 || digits > 8))) && digits <= 24;
}

Notation read_notation(std::string_view written) {
  if (written.size() > longest || !is_valid_utf8(written)) return refuse(PhoneFault::no_number, "symbol");
  const auto plain = in_plain_script(written);
  std::string text{unwrap(plain)};
  const bool wrapped = text != trim(plain);
  if (auto sheet = read_sheet_number(text)) return *std::move(sheet);
  const bool extension = cut_extension(text);
  const auto with_words = text;
  if (auto notation = take_words(text)) return *std::move(notation);
  const bool labelled = text != with_words;
  if (labelled)  // Tel: 4155550170.0
    if (auto sheet = read_sheet_number(text)) return *std::move(sheet);
  if (count_digits(text) == 0) return refuse(PhoneFault::no_number, "");
  if (has_several(text)) return refuse(PhoneFault::several, "several");
  std::replace(text.begin(), text.end(), '[', ' ');
  std::replace(text.begin(), text.end(), ']', ' ');
  if (text.find_first_not_of("0123456789+ -.()/") != std::string::npos)
    return refuse(PhoneFault::no_number, "symbol");
  if (const auto twice = text.find("++"); twice != std::string::npos) text.erase(twice, 1);
  if (has_odd_sign(text)) return refuse(PhoneFault::no_number, "sign");
  if (is_date_or_address(text)) return refuse(PhoneFault::no_number, "date");
  return {PhoneFault::none, std::move(text), departure_of(extension, labelled, wrapped, plain != written)};
}

}  // namespace smscrm
