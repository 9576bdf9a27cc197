#include "core/consent/sent_words.hpp"

#include <algorithm>

#include "core/consent/text_pattern.hpp"

namespace smscrm {
namespace {

constexpr std::size_t most_words = 300;  // of a text, ours or theirs
constexpr int unknown = -1;

struct Spoken {
  std::vector<std::string> words;
  std::vector<std::pair<std::size_t, std::size_t>> bytes;
};

Spoken read(std::string_view text) {
  Spoken spoken;
  for (auto& word : read_words(text, 2 * most_words).words) {
    if (word.letters.empty() || spoken.words.size() == most_words) continue;
    spoken.words.push_back(std::move(word.letters));
    spoken.bytes.emplace_back(word.begin, word.end);
  }
  return spoken;
}

bool is_cut(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text.ends_with("…") || text.ends_with("...");
}

}  // namespace

SentWords::SentWords(std::span<const std::string> sent) {
  for (const auto& text : sent) {
    std::vector<int> numbered;
    for (auto& word : read(text).words)
      numbered.push_back(
          numbers_.try_emplace(std::move(word), static_cast<int>(numbers_.size())).first->second);
    if (!numbered.empty()) texts_.push_back(std::move(numbered));
  }
}

std::vector<int> SentWords::number(const std::vector<std::string>& words) const {
  std::vector<int> numbered;
  for (const auto& word : words) {
    const auto known = numbers_.find(word);
    numbered.push_back(known == numbers_.end() ? unknown : known->second);
  }
  return numbered;
}

std::vector<SentWords::Run> SentWords::find_runs(const std::vector<int>& words, std::size_t least) const {
  std::vector<Run> runs;
  for (const auto& ours : texts_) {
    // lengths[j]: how many words from i and from j on are the same.
    std::vector<std::size_t> lengths(ours.size() + 1, 0), before;
    for (std::size_t i = words.size(); i-- > 0;) {
      before = lengths;
      for (std::size_t j = 0; j < ours.size(); ++j) {
        lengths[j] = words[i] == ours[j] ? before[j + 1] + 1 : 0;
        const bool begins = i == 0 || j == 0 || words[i - 1] != ours[j - 1];
        if (begins && lengths[j] >= least) runs.push_back({i, lengths[j], j, ours.size()});
      }
    }
  }
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.size > b.size;
  });
  return runs;
}

bool SentWords::has(std::string_view quotation) const {
  auto words = read(quotation).words;
  if (words.size() > 1 && is_cut(quotation)) words.pop_back();
  if (words.empty()) return false;
  const auto numbered = number(words);
  std::vector<bool> covered(words.size());
  for (const auto& run : find_runs(numbered, std::min<std::size_t>(2, words.size())))
    std::fill_n(covered.begin() + static_cast<std::ptrdiff_t>(run.begin), run.size, true);
  const auto count = static_cast<std::size_t>(std::count(covered.begin(), covered.end(), true));
  return count * 10 >= words.size() * 8;
}

std::vector<std::pair<std::size_t, std::size_t>> SentWords::find_repeated(std::string_view text) const {
  std::vector<std::pair<std::size_t, std::size_t>> repeated;
  const auto spoken = read(text);
  std::size_t done = 0;  // words
  for (const auto& run : find_runs(number(spoken.words), 3)) {
    const bool whole = run.size == run.of;
    const bool beginning = run.from == 0 && run.size >= 4 && run.size * 10 >= run.of * 6;
    const bool much = run.size >= 6 && run.size * 2 >= run.of;
    if (run.begin < done || !(whole || beginning || much || run.size >= 12)) continue;
    done = run.begin + run.size;
    repeated.emplace_back(spoken.bytes[run.begin].first, spoken.bytes[done - 1].second);
  }
  return repeated;
}

}  // namespace smscrm
