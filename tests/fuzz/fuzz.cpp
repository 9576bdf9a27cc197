#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/base/log.hpp"

namespace smscrm::fuzz {

void promise(bool kept, const char* what) {
  if (kept) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

Dice::Dice(std::string_view input) : state_(0xcbf29ce484222325) {
  for (const char c : input) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;  // FNV-1a
}

std::size_t Dice::below(std::size_t limit) {
  state_ = state_ * 6364136223846793005 + 1442695040888963407;
  return static_cast<std::size_t>(state_ >> 33) % limit;
}

std::vector<std::string_view> cut(std::string_view text, Dice& dice) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    constexpr std::size_t longest[] = {1, 1, 4, 4, 16, 200};
    const auto size = std::min(text.size(), 1 + dice.below(longest[dice.below(std::size(longest))]));
    pieces.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return pieces;
}

ByteSource read_pieces(std::vector<std::string_view> pieces) {
  return [pieces = std::move(pieces), next = std::size_t{0}](char* buffer, std::size_t size) mutable {
    if (next == pieces.size()) return std::size_t{0};
    auto& piece = pieces[next];
    const auto part = std::min(size, piece.size());
    std::memcpy(buffer, piece.data(), part);
    piece.remove_prefix(part);
    if (piece.empty()) ++next;
    return part;
  };
}

std::string_view take_until(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const auto taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

}  // namespace smscrm::fuzz

// For libFuzzer, and for replay.cpp where there is none.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  smscrm::set_log(smscrm::LogLevel::off, smscrm::LogFormat::logfmt);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  smscrm::fuzz::fuzz_one({reinterpret_cast<const char*>(data), size});
  return 0;
}
