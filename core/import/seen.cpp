#include "core/import/seen.hpp"

#include <algorithm>
#include <numeric>

namespace smscrm {

void SeenNumbers::unpack(const Block& block, std::vector<std::uint64_t>& numbers) {
  numbers.clear();
  std::uint64_t number = block.first;
  numbers.push_back(number);
  std::uint64_t gap = 0;
  int shift = 0;
  for (const char c : block.gaps) {
    const auto byte = static_cast<unsigned char>(c);
    gap |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    shift += 7;
    if (byte & 0x80) continue;
    numbers.push_back(number += gap);
    gap = 0;
    shift = 0;
  }
}

void SeenNumbers::pack(std::span<const std::uint64_t> numbers, std::vector<Block>& blocks) {
  constexpr std::size_t most = 4096;
  if (numbers.empty()) return;
  const std::size_t parts = (numbers.size() + most - 1) / most;
  const std::size_t block_size = (numbers.size() + parts - 1) / parts;  // even, so that all can grow
  std::string gaps;
  for (std::size_t begin = 0; begin < numbers.size(); begin += block_size) {
    const auto part = numbers.subspan(begin, std::min(block_size, numbers.size() - begin));
    gaps.clear();
    for (std::size_t i = 1; i < part.size(); ++i) {
      auto gap = part[i] - part[i - 1];
      for (; gap >= 0x80; gap >>= 7) gaps += static_cast<char>(gap | 0x80);
      gaps += static_cast<char>(gap);
    }
    // A copy has no spare room, which over thousands of blocks would be half of the memory.
    blocks.push_back({part.front(), std::string{gaps}});
  }
}

std::vector<std::uint32_t> SeenNumbers::add(std::span<const std::uint64_t> numbers) {
  std::vector<std::uint32_t> order(numbers.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return numbers[a] != numbers[b] ? numbers[a] < numbers[b] : a < b;
  });
  order.erase(std::unique(order.begin(), order.end(),
                          [&](std::uint32_t a, std::uint32_t b) { return numbers[a] == numbers[b]; }),
              order.end());

  std::vector<std::uint32_t> first;
  std::vector<Block> blocks;
  blocks.reserve(blocks_.size() + numbers.size() / 4096 + 1);
  std::vector<std::uint64_t> known, merged;
  auto at = order.begin();
  const auto merge = [&](auto end) {  // what of the batch lies in the range of `known`
    merged.clear();
    auto old = known.begin();
    for (; at != end; ++at) {
      const auto number = numbers[*at];
      while (old != known.end() && *old < number) merged.push_back(*old++);
      if (old != known.end() && *old == number) continue;
      merged.push_back(number);
      first.push_back(*at);
    }
    merged.insert(merged.end(), old, known.end());
    pack(merged, blocks);
  };
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    auto end = order.end();
    if (i + 1 < blocks_.size())
      end = std::partition_point(
          at, order.end(), [&](std::uint32_t position) { return numbers[position] < blocks_[i + 1].first; });
    if (at == end) {
      blocks.push_back(std::move(blocks_[i]));
      continue;
    }
    unpack(blocks_[i], known);
    blocks_[i].gaps = {};
    merge(end);
  }
  if (at != order.end()) {
    known.clear();
    merge(order.end());
  }
  blocks_ = std::move(blocks);
  return first;
}

std::vector<bool> SeenNumbers::find(std::span<const std::uint64_t> numbers) const {
  std::vector<bool> found(numbers.size());
  std::vector<std::uint64_t> known;
  std::size_t at = 0;
  for (std::size_t i = 0; i < blocks_.size() && at < numbers.size(); ++i) {
    const auto is_here = [&](std::uint64_t number) {
      return i + 1 == blocks_.size() || number < blocks_[i + 1].first;
    };
    if (!is_here(numbers[at])) continue;
    unpack(blocks_[i], known);
    for (auto from = known.begin(); at < numbers.size() && is_here(numbers[at]); ++at) {
      from = std::lower_bound(from, known.end(), numbers[at]);
      found[at] = from != known.end() && *from == numbers[at];
    }
  }
  return found;
}

}  // namespace smscrm
