#include "cli/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/error.hpp"

namespace smscrm {

ProcessResult run_process(std::vector<std::string> argv, const std::string& input) {
  std::vector<char*> arguments;
  for (auto& argument : argv) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  int ends[2];
  int input_ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0 || ::pipe2(input_ends, O_CLOEXEC) != 0)
    throw Error(Errc::unavailable, "cannot make a pipe");
  // It fits into the pipe: nobody has to read it yet.
  const bool held = ::write(input_ends[1], input.data(), input.size()) == static_cast<ssize_t>(input.size());
  ::close(input_ends[1]);
  if (!held) throw Error(Errc::internal, "too much input for {}", argv.front());
  const pid_t child = ::fork();
  if (child < 0) throw Error(Errc::unavailable, "cannot start {}", argv.front());
  if (child == 0) {
    ::dup2(input_ends[0], 0);
    ::dup2(ends[1], 1);
    ::dup2(ends[1], 2);
    ::signal(SIGPIPE, SIG_DFL);
    if (::chdir("/") == 0) ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(input_ends[0]);
  ::close(ends[1]);
  ProcessResult result{0, ""};
  std::array<char, 4096> buffer;
  for (;;) {
    const auto count = ::read(ends[0], buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    result.output.append(buffer.data(), static_cast<std::size_t>(count));
  }
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace smscrm
