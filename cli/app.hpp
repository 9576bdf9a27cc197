// The command line as a whole: the tree of nouns and verbs, and one run of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/context.hpp"

namespace CLI {
class App;
}

namespace smscrm {

// The tree with every noun and the global flags. `context` must outlive it.
std::shared_ptr<CLI::App> make_app(Context& context);

// Where a command line has got to: what completion and the messages about mistakes start from.
struct Position {
  CLI::App* app;                       // the noun or verb reached, or the root
  std::vector<std::string> arguments;  // words after it that are neither flags nor values of flags
  std::size_t first_argument;          // where the first of them stands among the words, or would
  std::string open_flag;               // the last word is this flag and its value is still to come
};
Position find_position(CLI::App& root, const std::vector<std::string>& words);

// Runs one command line and returns the exit status. Writes to standard output and standard error.
int run(int argc, char** argv);

}  // namespace smscrm
