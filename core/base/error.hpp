// The one exception type. A code stands for a reaction: an edge turns it into an exit status or an
// HTTP status (cli/exit_status.cpp, daemon/http/status.cpp).
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace smscrm {

enum class Errc {
  usage,        // the command line or the configuration is wrong
  invalid,      // a value is malformed
  not_found,    // the thing named does not exist
  conflict,     // it exists already, or is in a state that forbids this
  denied,       // the caller may not do this
  refused,      // a policy says no: consent, quiet hours, budget
  unavailable,  // a server is away; the same call may succeed later
  internal,     // our fault
};

// The word users see in JSON errors, for example "not_found".
std::string_view to_string(Errc code);

// `what()` is a lower-case sentence naming the thing; `hint()` the way out, empty when the message says it.
class Error : public std::runtime_error {
 public:
  template <class... Args>
  Error(Errc code, fmt::format_string<Args...> text, Args&&... args)
      : std::runtime_error(fmt::format(text, std::forward<Args>(args)...)), code_(code) {}

  Errc code() const noexcept { return code_; }
  const std::string& hint() const noexcept { return hint_; }
  Error&& with_hint(std::string hint) && {
    hint_ = std::move(hint);
    return std::move(*this);
  }

 private:
  Errc code_;
  std::string hint_;
};

}  // namespace smscrm
