// Mistakes on the command line, in our words.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/base/error.hpp"

namespace smscrm {

// What the parser found wrong with `words`, as an operator would say it, with what may have been meant.
Error usage_error(CLI::App& root, const std::vector<std::string>& words, const CLI::ParseError& error);

// The noun or verb that "smscrm help WORDS…" asks about. Throws Error{usage} when there is none.
const CLI::App& asked_about(CLI::App& root, const std::vector<std::string>& words);

// An option of that name, of `app` or above it; nullptr when there is none.
const CLI::Option* find_flag(const CLI::App& app, const std::string& word);

}  // namespace smscrm
