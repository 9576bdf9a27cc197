// A verb that nobody typed and that can only be meant.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace smscrm {

// "import contacts.csv" is "import run contacts.csv": puts the verb into `words`, where the noun is followed
// by what can only be a file. Returns what to tell the user; empty: nothing was put in.
std::string add_implied_verb(CLI::App& root, std::vector<std::string>& words);

}  // namespace smscrm
