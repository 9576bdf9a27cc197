#include "cli/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/error.hpp"

namespace smscrm {

ProcessResult run_process(std::vector<std::string> argv) {
  std::vector<char*> arguments;
  for (auto& argument : argv) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw Error(Errc::unavailable, "cannot make a pipe");
  const pid_t child = ::fork();
  if (child < 0) throw Error(Errc::unavailable, "cannot start {}", argv.front());
  if (child == 0) {
    ::dup2(::open("/dev/null", O_RDONLY), 0);
    ::dup2(ends[1], 1);
    ::dup2(ends[1], 2);
    ::signal(SIGPIPE, SIG_DFL);
    if (::chdir("/") == 0) ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
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
