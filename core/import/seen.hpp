// The numbers that one import has met, to know a repeated one in any later part of the file.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace smscrm {

// An exact set of some ten millions of numbers in two or three bytes each: ascending, as differences. It
// grows by batches, each of which walks through the whole set once.
class SeenNumbers {
 public:
  // Adds `numbers`; positions of those met for the first time (a number's first place in the batch), in
  // ascending order of the number.
  std::vector<std::uint32_t> add(std::span<const std::uint64_t> numbers);

  // Which of `numbers`, which ascend, it has.
  std::vector<bool> find(std::span<const std::uint64_t> numbers) const;

  bool empty() const noexcept { return blocks_.empty(); }

 private:
  struct Block {
    std::uint64_t first;
    std::string gaps;  // to each next number, seven bits a byte, the lowest first
  };

  static void unpack(const Block& block, std::vector<std::uint64_t>& numbers);
  void pack(std::span<const std::uint64_t> numbers, std::vector<Block>& blocks);

  std::vector<Block> blocks_;
};

}  // namespace smscrm
