#include "cli/implied_verb.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

namespace smscrm {
namespace {

bool is_file(const std::string& word) {
  std::error_code unknown;
  return word == "-" || word.find('/') != std::string::npos || word.find('.') != std::string::npos ||
         std::filesystem::is_regular_file(word, unknown);
}

}  // namespace

std::string add_implied_verb(std::vector<std::string>& words) {
  const auto noun = std::find(words.begin(), words.end(), "import");
  if (noun == words.end() || noun + 1 == words.end()) return {};
  // Only flags of ours may stand before it, "--tenant import" for one does not count.
  if (noun != words.begin() && (noun - 1)->starts_with("--") && (noun - 1)->find('=') == std::string::npos &&
      *(noun - 1) != "--quiet" && *(noun - 1) != "--yes" && *(noun - 1) != "--no-color" &&
      *(noun - 1) != "--csv-raw")
    return {};
  const auto at = noun - words.begin();
  const auto file = words[static_cast<std::size_t>(at) + 1];
  const bool only_flags_before = std::none_of(words.begin(), noun, [](const auto& word) {
    // A noun of another command, or a name: whatever letters there are but those of a flag's value.
    return word == "--" || word == "dnc" || word == "list" || word == "contact" || word == "keyword" ||
           word == "tag" || word == "template" || word == "campaign" || word == "tenant";
  });
  if (!only_flags_before || !is_file(file)) return {};
  words.insert(noun + 1, "run");
  return fmt::format("import {0}: taken as \"smscrm import run {0}\"", file);
}

}  // namespace smscrm
