// What the fuzz targets share. A target is one file with fuzz_one(): it takes any bytes as its input and
// breaks a promise() when the code under it does not do what its header says. Built with clang it is a
// libFuzzer program (scripts/fuzz), built with another compiler an ordinary test over its corpus
// (replay.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/import/csv.hpp"

namespace smscrm::fuzz {

// Defined by the target. Called on one thread, with inputs in any order; keeps no state that changes an
// answer.
void fuzz_one(std::string_view input);

// Ends the program, which is how a fuzzer hears of it, after saying what was promised.
void promise(bool kept, const char* what);

// Small numbers that follow from the input alone, so that corpora stay plain text and a crash is repeatable.
class Dice {
 public:
  explicit Dice(std::string_view input);
  std::size_t below(std::size_t limit);  // 0 to limit - 1

 private:
  std::uint64_t state_;
};

// `text` cut somewhere: mostly small pieces, now and then a large one. None is empty.
std::vector<std::string_view> cut(std::string_view text, Dice& dice);

// Hands out `pieces` one a call, or less when the buffer is smaller. They must outlive it.
ByteSource read_pieces(std::vector<std::string_view> pieces);

// The text before the first `separator`, which is taken off with it; all of it when there is none.
std::string_view take_until(std::string_view& text, char separator);

}  // namespace smscrm::fuzz
