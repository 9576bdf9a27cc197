// The command `smscrmd sandbox`.
#pragma once

namespace CLI {
class App;
}

namespace smscrm {

// Adds the subcommand `sandbox`; parsing it runs until SIGINT or SIGTERM. Throws Error{usage} and
// Error{unavailable}.
void add_sandbox(CLI::App& app);

}  // namespace smscrm
