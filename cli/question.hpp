// Questions to whoever sits at the terminal, and who that is.
#pragma once

#include <string>
#include <string_view>

#include "cli/output.hpp"

namespace smscrm {

// Whether there is somebody to ask who has not said --yes.
bool can_ask(bool yes);

// Asks as Output::confirm does, but only at a terminal: scripts need no --yes for what never asked before.
void ask_at_terminal(Output& out, std::string_view question);

// "anna@host", for ledgers and pauses.
std::string operator_name();

}  // namespace smscrm
