// The help of the tree: what --help, "smscrm help NOUN VERB" and mistakes show of a command.
#pragma once

#include <memory>
#include <string>

#include <CLI/CLI.hpp>

namespace smscrm {

// "smscrm campaign launch".
std::string path_of(const CLI::App& app);

// "CAMPAIGN", "N", "a|b|c": the type of a value without CLI11's words about it; empty for a switch.
std::string type_of(const CLI::Option& option);

// "smscrm campaign launch CAMPAIGN [FLAGS]".
std::string usage_of(const CLI::App& app);

// All of it, in lines of `width`.
std::string help_of(const CLI::App& app, std::size_t width);

// The other words by which nouns and verbs are understood ("contacts", "rm"); the help names one of each.
// Call once the tree is whole.
void add_synonyms(CLI::App& root);

}  // namespace smscrm
