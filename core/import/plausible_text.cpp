#include "core/import/plausible_text.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

enum class Script { none, latin, greek, cyrillic, hebrew, arabic, thai, east_asian, sign, odd };

Script script_of(std::int32_t c) {
  const auto within = [c](std::int32_t first, std::int32_t last) { return c >= first && c <= last; };
  if (c < 0x80) return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ? Script::latin : Script::none;
  if (c < 0xA0) return Script::odd;
  if (c == 0xAA || c == 0xBA || c == 0xD7 || c == 0xF7 || c == 0xB5) return Script::sign;
  if (c == 0xAD) return Script::odd;  // a hyphen that is not shown
  if (within(0xC0, 0x24F) && c != 0x192) return Script::latin;
  if (within(0x1E00, 0x1EFF)) return Script::latin;
  if (within(0x386, 0x3CE) && c != 0x387) return Script::greek;
  if (within(0x400, 0x491)) return Script::cyrillic;
  if (within(0x5D0, 0x5EA)) return Script::hebrew;
  if (within(0x621, 0x652) || within(0x660, 0x6D3)) return Script::arabic;
  if (within(0xE01, 0xE3A) || within(0xE40, 0xE4E)) return Script::thai;
  if (within(0x3005, 0x3007) || within(0x3041, 0x30FF) || within(0x4E00, 0x9FFF) || within(0xAC00, 0xD7A3) ||
      within(0xFF66, 0xFF9F))
    return Script::east_asian;
  if (within(0x3000, 0x303F) || within(0xFF01, 0xFF65)) return Script::none;  // full-width punctuation
  // Quotes, dashes, the euro: beside words, not in them.
  if (within(0xA0, 0xBF) || within(0x2010, 0x2122)) return Script::sign;
  return c < 0x2000 || c > 0x2122 ? Script::odd : Script::sign;
}

bool has_case(Script script) {
  return script == Script::latin || script == Script::greek || script == Script::cyrillic;
}

// Of letters beyond ASCII in scripts that have capitals; as far as encodings of one byte have them.
bool is_capital(std::int32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z';
  if (c < 0x100) return c >= 0xC0 && c <= 0xDE;
  if (c < 0x138) return c % 2 == 0;
  if (c < 0x149) return c % 2 == 1;
  if (c < 0x178) return c % 2 == 0;
  if (c == 0x178) return true;
  if (c < 0x180) return c % 2 == 1;
  if (c < 0x386) return c % 2 == 0;
  if (c < 0x3B0) return c != 0x390 && !(c >= 0x3AC && c <= 0x3AF);
  if (c < 0x400) return false;
  return c < 0x430 || (c >= 0x460 && c % 2 == 0);
}

struct Letter {
  std::int32_t point;
  Script script;
};

// Whether letters side by side can be a word.
bool is_word(const std::vector<Letter>& word) {
  bool ascii = false, small = false, slavic = false;
  int run = 0, longest = 0;
  for (const auto& letter : word) {
    if (letter.script != word.front().script) return false;
    ascii = ascii || letter.point < 0x80;
    slavic = slavic || (letter.point >= 0x100 && letter.point < 0x180);
    small = small || (has_case(letter.script) && !is_capital(letter.point));
    run = letter.point < 0x80 ? 0 : run + 1;
    longest = std::max(longest, run);
  }
  const auto script = word.front().script;
  // No Western word is all accents, nor has it three in a row; "Żółć" is a name.
  const int most = slavic ? 4 : 2;
  if (script == Script::latin && (longest > most || (!ascii && word.size() > (slavic ? 4U : 1U))))
    return false;
  if (!has_case(script)) return true;
  for (std::size_t i = 1; i < word.size(); ++i)
    if (small && word[i].point >= 0x80 && is_capital(word[i].point)) return false;
  return true;
}

constexpr std::int32_t apostrophe = 0x2019;

// "O’Hara", "d’Arc", "Anne’s"; but "Mart’nez" is a letter of another encoding.
bool may_join(const std::vector<Letter>& left, std::string_view right) {
  const auto small = [&](std::size_t i) { return i < right.size() && right[i] >= 'a' && right[i] <= 'z'; };
  return left.size() < 3 || !small(0) || (right[0] == 's' && !small(1));
}

bool reads_well(std::string_view text) {
  // What stands before a word, and what behind it. Other signs are letters of another encoding: "£ukasz",
  // "Zo‰".
  constexpr std::int32_t openers[] = {0xA0,   0xA1,   0xA7,   0xAB,       0xB0,   0xBF,
                                      0x2013, 0x2014, 0x2018, apostrophe, 0x201A, 0x201C,
                                      0x201E, 0x2022, 0x2026, 0x20AC,     0x2116};
  constexpr std::int32_t closers[] = {0xA0,   0xA9,   0xAA,       0xAE,   0xB0,   0xB2,   0xBA,   0xBB,
                                      0x2013, 0x2014, apostrophe, 0x201C, 0x201D, 0x2026, 0x20AC, 0x2122};
  const auto is_one_of = [](std::span<const std::int32_t> list, std::int32_t point) {
    return std::ranges::find(list, point) != list.end();
  };
  std::vector<Letter> word;
  std::int32_t before = ' ';
  for (std::size_t at = 0; at < text.size();) {
    const auto point = next_code_point(text, at);
    const auto script = script_of(point);
    if (script == Script::odd) return false;
    const bool is_letter = script != Script::none && script != Script::sign;
    const bool after_sign = script_of(before) == Script::sign;
    if (script == Script::sign) {
      if (after_sign && before != 0xA0 && point != 0xA0 && (before < 0x2000 || point < 0x2000)) return false;
      if (!word.empty() && !is_one_of(closers, point)) return false;
      if (point == apostrophe && !word.empty()) {
        if (!may_join(word, text.substr(at))) return false;
        before = point;
        continue;
      }
    }
    if (is_letter && after_sign) {
      if (!is_one_of(openers, before)) return false;
      // A dash or a quote between letters, "Mu–oz".
      if (!word.empty() && before != apostrophe) return false;
    }
    if (is_letter && script == Script::thai && before >= 0x0E50 && before < 0x0E5A) return false;
    if (is_letter) {
      word.push_back({point, script});
    } else {
      const bool closes_oddly = script == Script::sign && point != 0xA0 && at < text.size();
      if (!word.empty() && !is_word(word)) return false;
      // Kept where a letter may follow the sign, so that it is seen to be within a word.
      if (!closes_oddly) word.clear();
    }
    before = point;
  }
  return word.empty() || is_word(word);
}

}  // namespace

// Nearly all values: there is the odd one in every file. Bytes that the encoding does not have are none of
// that.
bool all_read_well(std::string_view values) {
  if (!is_valid_utf8(values)) return false;
  std::int64_t all = 0, bad = 0;
  for (std::size_t begin = 0; begin < values.size();) {
    const auto end = std::min(values.find('\n', begin), values.size());
    ++all;
    bad += reads_well(values.substr(begin, end - begin)) ? 0 : 1;
    begin = end + 1;
  }
  return bad * 20 <= all;
}

LettersBeyondAscii count_letters(std::string_view text) {
  constexpr std::int32_t rare[] = {0xD0, 0xDD, 0xDE, 0xF0, 0xFD, 0xFE};
  LettersBeyondAscii letters;
  for (std::size_t at = 0; at < text.size();) {
    const auto point = next_code_point(text, at);
    const auto script = script_of(point);
    if (point < 0x80 || script == Script::sign || script == Script::none) continue;
    if (letters.all++ == 0) letters.latin = script == Script::latin;
    letters.rare += std::ranges::find(rare, point) != std::end(rare) ? 1 : 0;
  }
  return letters;
}

}  // namespace smscrm
