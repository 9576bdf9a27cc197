#include "core/base/letter.hpp"

#include <array>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

// U+00C0 to U+00FF; "." where none is alike.
constexpr std::string_view latin1_letters =
    "aaaaaaaceeeeiiiidnooooo.ouuuuy.saaaaaaaceeeeiiiidnooooo.ouuuuy.y";

bool is_within(std::int32_t point, std::int32_t first, std::int32_t last) {
  return point >= first && point <= last;
}

void append_utf8(std::string& text, std::int32_t point) {
  const auto byte = [&](std::int32_t value) { text += static_cast<char>(value); };
  if (point < 0x80) return byte(point);
  if (point < 0x800) {
    byte(0xC0 | point >> 6);
  } else if (point < 0x10000) {
    byte(0xE0 | point >> 12);
    byte(0x80 | (point >> 6 & 0x3F));
  } else {
    byte(0xF0 | point >> 18);
    byte(0x80 | (point >> 12 & 0x3F));
    byte(0x80 | (point >> 6 & 0x3F));
  }
  byte(0x80 | (point & 0x3F));
}

// Letters that Unicode does not take apart, and signs that show one.
std::int32_t plain(std::int32_t point) {
  switch (point) {
    case 0x0110:
    case 0x0111:
      return 'd';
    case 0x0126:
    case 0x0127:
      return 'h';
    case 0x0131:
      return 'i';
    case 0x0141:
    case 0x0142:
      return 'l';
    case 0x0152:
    case 0x0153:
      return 'o';
    default:
      break;
  }
  if (is_within(point, 0x1F150, 0x1F169)) return 'a' + (point - 0x1F150);  // white on black, round
  if (is_within(point, 0x1F170, 0x1F189)) return 'a' + (point - 0x1F170);  // and square
  return point;
}

// Accents, points of Hebrew and Arabic: readers do without them. Vowel signs of India and Thailand are none.
bool is_accent(std::int32_t point) {
  return is_within(point, 0x0300, 0x036F) || is_within(point, 0x0591, 0x05C7) ||
         is_within(point, 0x0610, 0x061A) || is_within(point, 0x064B, 0x065F) || point == 0x0670 ||
         point == 0x0640 || is_within(point, 0x06D6, 0x06ED) || is_within(point, 0x1AB0, 0x1AFF) ||
         is_within(point, 0x1DC0, 0x1DFF) || is_within(point, 0x20D0, 0x20FF) ||
         is_within(point, 0xFE20, 0xFE2F);
}

// Letters by their category that nobody sees.
bool is_filler(std::int32_t point) {
  return point == 0x115F || point == 0x1160 || point == 0x3164 || point == 0xFFA0;
}

bool is_letter(std::int32_t point) {
  switch (u_charType(point)) {
    case U_UPPERCASE_LETTER:
    case U_LOWERCASE_LETTER:
    case U_TITLECASE_LETTER:
    case U_MODIFIER_LETTER:
    case U_OTHER_LETTER:
    case U_DECIMAL_DIGIT_NUMBER:
    case U_NON_SPACING_MARK:
    case U_COMBINING_SPACING_MARK:
      return true;
    default:
      return false;
  }
}

LetterKind append_one(std::string& folded, std::int32_t point) {
  if (is_accent(point) || is_within(point, 0xFE00, 0xFE0F) || is_within(point, 0xE0100, 0xE01EF))
    return LetterKind::ignored;
  if (is_filler(point)) return LetterKind::other;
  if (u_charType(point) == U_FORMAT_CHAR) return LetterKind::ignored;
  point = plain(point);
  if (!is_letter(point)) return LetterKind::other;
  const auto digit = u_charDigitValue(point);
  append_utf8(folded, digit >= 0 ? '0' + digit : u_foldCase(point, U_FOLD_CASE_DEFAULT));
  return LetterKind::letter;
}

}  // namespace

LetterKind append_folded(std::string& folded, std::int32_t point) {
  if (point < 0) return LetterKind::other;
  if (point < 0x80) {
    const auto letter = point >= 'A' && point <= 'Z' ? point - 'A' + 'a' : point;
    if (!is_within(letter, 'a', 'z') && !is_within(letter, '0', '9')) return LetterKind::other;
    folded += static_cast<char>(letter);
    return LetterKind::letter;
  }
  if (is_within(point, 0xC0, 0xFF)) {
    const char letter = latin1_letters[static_cast<std::size_t>(point - 0xC0)];
    if (letter == '.') return append_one(folded, point);
    folded += letter;
    return LetterKind::letter;
  }
  if (is_within(point, 0xAC00, 0xD7A3)) {  // Korean syllables are what people read
    append_utf8(folded, point);
    return LetterKind::letter;
  }
  UErrorCode error = U_ZERO_ERROR;
  const auto* forms = unorm2_getNFKDInstance(&error);
  std::array<UChar, 32> parts{};
  const auto size = U_FAILURE(error) ? -1
                                     : unorm2_getDecomposition(forms, point, parts.data(),
                                                               static_cast<int32_t>(parts.size()), &error);
  if (U_FAILURE(error) || size < 0) return append_one(folded, point);
  auto kind = LetterKind::ignored;
  for (int32_t at = 0; at < size;) {
    UChar32 part = 0;
    U16_NEXT(parts.data(), at, size, part);
    const auto found = append_one(folded, part);
    if (found == LetterKind::letter || kind != LetterKind::letter) kind = found;
  }
  return kind;
}

std::string fold_letters(std::string_view text) {
  std::string folded;
  for (std::size_t at = 0; at < text.size();) append_folded(folded, next_code_point(text, at));
  return folded;
}

}  // namespace smscrm
