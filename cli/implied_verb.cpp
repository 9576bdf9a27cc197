#include "cli/implied_verb.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "cli/app.hpp"

namespace smscrm {
namespace {

bool is_file(const std::string& word) {
  std::error_code unknown;
  return word == "-" || word.find('/') != std::string::npos || word.find('.') != std::string::npos ||
         std::filesystem::is_regular_file(word, unknown);
}

}  // namespace

std::string add_implied_verb(CLI::App& root, std::vector<std::string>& words) {
  const auto position = find_position(root, words);
  if (position.app->get_name() != "import" || position.app->get_parent() != &root) return {};
  if (position.arguments.empty() || !is_file(position.arguments.front())) return {};
  words.insert(words.begin() + static_cast<std::ptrdiff_t>(position.first_argument), "run");
  return fmt::format("import {0}: taken as \"smscrm import run {0}\"", position.arguments.front());
}

}  // namespace smscrm
