#include "core/phone/script.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

// The zeros of decimal digits that people write numbers with; nine follow each. Unicode, general category Nd.
constexpr std::array<std::int32_t, 21> zeros{0x660, 0x6F0, 0x7C0,  0x966,  0x9E6,  0xA66,  0xAE6,
                                             0xB66, 0xBE6, 0xC66,  0xCE6,  0xD66,  0xDE6,  0xE50,
                                             0xED0, 0xF20, 0x1040, 0x17E0, 0x1810, 0x19D0, 0xFF10};

char digit_of(std::int32_t point) {
  for (const auto zero : zeros)
    if (point >= zero && point <= zero + 9) return static_cast<char>('0' + (point - zero));
  return '\0';
}

struct Range {
  std::int32_t first, last;
  char as;  // '\0': dropped
};

// Sorted. What is in none of them stays.
constexpr Range ranges[] = {
    {0x09, 0x09, ' '},       {0x0A, 0x0D, '\n'},     {0xA0, 0xA0, ' '},        {0xAB, 0xAB, '"'},
    {0xAD, 0xAD, '\0'},      {0xB4, 0xB4, '\''},     {0xBB, 0xBB, '"'},        {0x61C, 0x61C, '\0'},
    {0x1680, 0x1680, ' '},   {0x180E, 0x180E, '\0'}, {0x2000, 0x200A, ' '},    {0x200B, 0x200F, '\0'},
    {0x2010, 0x2015, '-'},   {0x2018, 0x201B, '\''}, {0x201C, 0x201F, '"'},    {0x2028, 0x2029, '\n'},
    {0x202A, 0x202E, '\0'},  {0x202F, 0x202F, ' '},  {0x205F, 0x205F, ' '},    {0x2060, 0x206F, '\0'},
    {0x207A, 0x207A, '+'},   {0x2212, 0x2212, '-'},  {0x2215, 0x2215, '/'},    {0x260E, 0x260F, '\0'},
    {0x2706, 0x2706, '\0'},  {0x3000, 0x3000, ' '},  {0x30FC, 0x30FC, '-'},    {0xFE00, 0xFE0F, '\0'},
    {0xFE62, 0xFE62, '+'},   {0xFEFF, 0xFEFF, '\0'}, {0x1F4DE, 0x1F4DE, '\0'}, {0x1F4F1, 0x1F4F2, '\0'},
    {0x1F919, 0x1F919, '\0'}};

const Range* find_range(std::int32_t point) {
  const auto* range = std::lower_bound(std::begin(ranges), std::end(ranges), point,
                                       [](const Range& r, std::int32_t p) { return r.last < p; });
  return range != std::end(ranges) && range->first <= point ? range : nullptr;
}

}  // namespace

std::string in_plain_script(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = at;
    const auto point = next_code_point(text, at);
    if (const auto* range = find_range(point)) {
      if (range->as != '\0') plain += range->as;
    } else if (point >= 0x80 && digit_of(point) != '\0') {
      plain += digit_of(point);
    } else if (point >= 0xFF01 && point <= 0xFF5E) {
      plain += static_cast<char>(point - 0xFEE0);
    } else {
      plain.append(text.substr(begin, at - begin));
    }
  }
  return plain;
}

}  // namespace smscrm
