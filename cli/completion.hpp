// What may come next on a command line. The scripts of `smscrm completion` ask `smscrm __complete -- WORDS…`,
// so that a new command or flag is completed without a change to them.
#pragma once

#include <string>
#include <vector>

#include "cli/context.hpp"

namespace CLI {
class App;
}

namespace smscrm {

struct Candidate {
  std::string word;
  std::string description;
};

// The line of candidates that means: names of files, which the shell knows better.
inline constexpr const char* file_candidates = ":files";

// `words` follow the program's name; the last one, maybe empty, is being typed. Live names (see
// core/tenant/live_name.hpp) are read from the database; `context` gets the global flags among the words.
std::vector<Candidate> complete(CLI::App& root, Context& context, const std::vector<std::string>& words);

// Prints the candidates, one a line, a tab before the description. Ends the process without a word after 300
// ms or on any failure: whoever presses Tab wants no error message.
void run_complete(const std::vector<std::string>& words);

}  // namespace smscrm
