#include "core/text/encoding.hpp"

#include <array>
#include <cstdint>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

struct Limits {
  int alone;  // units that fit one unsplit SMS
  int split;  // units that fit each part, beside the header of 6 octets
};

Limits limits_of(Encoding encoding) { return encoding == Encoding::gsm7 ? Limits{160, 153} : Limits{70, 67}; }

// Septets of each ASCII character; 0 where GSM-7 has none.
constexpr std::array<std::uint8_t, 128> make_ascii_septets() {
  std::array<std::uint8_t, 128> septets{};
  for (std::size_t c = 0x20; c < 0x7F; ++c) septets[c] = 1;
  septets['\n'] = septets['\r'] = 1;
  septets['`'] = 0;
  for (const char c : {'\f', '^', '{', '}', '\\', '[', '~', ']', '|'})
    septets[static_cast<std::size_t>(c)] = 2;
  return septets;
}
constexpr auto ascii_septets = make_ascii_septets();

// One septet each beyond ASCII; the euro sign alone takes two.
constexpr std::u32string_view basic_beyond_ascii = U"£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";

std::int32_t checked_code_point(std::string_view text, std::size_t& at) {
  const std::size_t begin = at;
  const std::int32_t point = next_code_point(text, at);
  if (point < 0) throw Error(Errc::invalid, "the text is not UTF-8 at byte {}", begin);
  return point;
}

int septets(std::int32_t point) {
  if (point < 0x80) return ascii_septets[static_cast<std::size_t>(point)];
  if (point == U'€') return 2;
  return basic_beyond_ascii.find(static_cast<char32_t>(point)) == std::u32string_view::npos ? 0 : 1;
}

int utf16_units(std::int32_t point) { return point < 0x10000 ? 1 : 2; }

// Fills one part after the other with characters of one or two units, none of them split.
class Packer {
 public:
  explicit Packer(Encoding encoding) : encoding_(encoding), limits_(limits_of(encoding)) {}

  void add(int units) {
    units_ += units;
    filled_ += units;
    if (filled_ > limits_.split) {
      ++parts_;
      filled_ = units;
    }
  }

  TextSize size() const { return {encoding_, units_, units_ <= limits_.alone ? 1 : parts_}; }

 private:
  Encoding encoding_;
  Limits limits_;
  int units_ = 0;
  int filled_ = 0;  // of the last part
  int parts_ = 1;
};

}  // namespace

TextSize measure(std::string_view text) {
  Packer gsm7{Encoding::gsm7};
  bool fits = true;
  for (std::size_t at = 0; fits && at < text.size();) {
    const int units = septets(checked_code_point(text, at));
    gsm7.add(units);
    fits = units > 0;
  }
  if (fits) return gsm7.size();

  Packer ucs2{Encoding::ucs2};
  for (std::size_t at = 0; at < text.size();) ucs2.add(utf16_units(checked_code_point(text, at)));
  return ucs2.size();
}

std::string_view to_string(Encoding encoding) { return encoding == Encoding::gsm7 ? "gsm7" : "ucs2"; }

Encoding encoding_of(std::string_view text) { return measure(text).encoding; }

int count_parts(std::string_view text) { return measure(text).parts; }

std::optional<Offending> first_non_gsm7(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    if (septets(checked_code_point(text, at)) == 0) return Offending{begin, text.substr(begin, at - begin)};
  }
  return std::nullopt;
}

}  // namespace smscrm
