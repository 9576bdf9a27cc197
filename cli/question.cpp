#include "cli/question.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

namespace smscrm {

bool can_ask(bool yes) { return !yes && ::isatty(STDIN_FILENO) != 0; }

void ask_at_terminal(Output& out, std::string_view question) {
  if (::isatty(STDIN_FILENO) != 0) out.confirm(question);
}

std::string operator_name() {
  char host[256] = "localhost";
  ::gethostname(host, sizeof host - 1);
  const auto* user = ::getpwuid(::geteuid());
  return fmt::format("{}@{}", user ? user->pw_name : std::to_string(::geteuid()), host);
}

}  // namespace smscrm
