// Texts of ours as words, to find what a text repeats of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace smscrm {

class SentWords {
 public:
  explicit SentWords(std::span<const std::string> sent);

  bool empty() const { return texts_.empty(); }

  // Whether a quotation is of a text of ours: nearly all of it is there, in the same order. The last word may
  // be cut off.
  bool has(std::string_view quotation) const;

  // The stretches of bytes of `text` that repeat most of a text of ours, in order.
  std::vector<std::pair<std::size_t, std::size_t>> find_repeated(std::string_view text) const;

 private:
  struct Run {
    std::size_t begin, size;  // in words of the text
    std::size_t from;         // in words of ours
    std::size_t of;           // words that ours has
  };
  std::vector<int> number(const std::vector<std::string>& words) const;
  // The longest run of each text of ours from each word on that no run before goes on over.
  std::vector<Run> find_runs(const std::vector<int>& words, std::size_t least) const;

  std::unordered_map<std::string, int> numbers_;
  std::vector<std::vector<int>> texts_;
};

}  // namespace smscrm
