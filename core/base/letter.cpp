#include "core/base/letter.hpp"

#include <string_view>

namespace smscrm {
namespace {

// U+00C0 to U+00FF; "." where none is alike.
constexpr std::string_view latin1_letters =
    "aaaaaaaceeeeiiiidnooooo.ouuuuy.saaaaaaaceeeeiiiidnooooo.ouuuuy.y";

}  // namespace

char plain_letter(std::int32_t point) {
  if (point >= 0xFF01 && point <= 0xFF5E) point -= 0xFEE0;  // full width
  if (point >= 'A' && point <= 'Z') return static_cast<char>(point - 'A' + 'a');
  if ((point >= 'a' && point <= 'z') || (point >= '0' && point <= '9')) return static_cast<char>(point);
  if (point < 0xC0 || point > 0xFF) return '\0';
  const char letter = latin1_letters[static_cast<std::size_t>(point - 0xC0)];
  return letter == '.' ? '\0' : letter;
}

}  // namespace smscrm
