// core/import_input: whatever the bytes and however they come, the same text or the same refusal, and that
// text is UTF-8 wherever it was converted, save for what its encoding does not have.
#include <string>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/import/input.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {
namespace {

constexpr std::size_t enough = 1 << 20;  // a few bytes of gzip may stand for gigabytes

struct Reading {
  std::string encoding, compression, text;
  bool refused = false;
  bool operator==(const Reading&) const = default;
};

Reading read(ByteSource source, std::string_view encoding, std::size_t buffer_size) {
  Reading reading;
  try {
    ImportInput input{std::move(source), encoding};
    reading.encoding = input.encoding();
    reading.compression = input.compression();
    std::string buffer(buffer_size, '\0');
    while (reading.text.size() < enough) {
      const auto got = input.read(buffer.data(), buffer.size());
      promise(got <= buffer.size(), "no more is read than there is room for");
      if (got == 0) break;
      reading.text.append(buffer, 0, got);
    }
  } catch (const Error& error) {
    promise(error.code() == Errc::invalid, "what cannot be decoded is invalid");
    reading.refused = true;
  }
  reading.text.resize(std::min(reading.text.size(), enough));
  return reading;
}

void check(std::string_view input, std::string_view encoding, Dice& dice) {
  const auto whole = read(read_pieces({input}), encoding, 64 * 1024);
  auto pieces = read(read_pieces(cut(input, dice)), encoding, 1 + dice.below(500));
  // Where broken data ends is seen by block: as much of the text as both gave must agree.
  if (whole.refused && pieces.refused)
    pieces.text =
        whole.text.starts_with(pieces.text) || pieces.text.starts_with(whole.text) ? whole.text : "";
  promise(pieces == whole, "the text does not depend on the pieces");
  if (whole.refused || whole.text.size() >= enough || whole.encoding == "utf-8") return;
  // What the encoding does not have is a byte that UTF-8 does not have either.
  auto known = whole.text;
  std::erase(known, '\xFF');
  promise(is_valid_utf8(known), "what was converted is UTF-8");
}

}  // namespace

void fuzz_one(std::string_view input) {
  Dice dice{input};
  check(input, "", dice);
  check(input, import_encodings[dice.below(std::size(import_encodings))], dice);
  constexpr std::string_view others[] = {"shift_jis",    "gb18030",   "big5",  "euc-kr",
                                         "windows-1251", "macintosh", "utf-32"};
  check(input, others[dice.below(std::size(others))], dice);
}

}  // namespace smscrm::fuzz
