#include "tests/support/daemon.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace smscrm {
namespace {

constexpr auto longest_start = std::chrono::seconds{60};
constexpr auto poll_every = 10'000;  // microseconds

}  // namespace

Daemon::Daemon(std::vector<std::string> argv, const std::map<std::string, std::string>& environment,
               int passed) {
  if (argv.at(0).find('/') == std::string::npos) argv[0] = built_program(argv[0]);
  auto variables = child_environment(environment);
  std::string listen_pid = "LISTEN_PID=0000000000";  // filled in by the child, where nothing may allocate
  if (passed >= 0) variables.emplace_back("LISTEN_FDS=1");
  std::vector<char*> arguments, entries;
  for (auto& word : argv) arguments.push_back(word.data());
  for (auto& entry : variables) entries.push_back(entry.data());
  arguments.push_back(nullptr);
  if (passed >= 0) entries.push_back(listen_pid.data());
  entries.push_back(nullptr);
  const std::string log_file = dir_.path() + "/log";
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    const int log = ::open(log_file.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    ::dup2(log, 1);
    ::dup2(log, 2);
    if (passed >= 0) {
      constexpr int first = 3;  // SD_LISTEN_FDS_START
      passed == first ? ::fcntl(first, F_SETFD, 0) : ::dup2(passed, first);
      std::snprintf(listen_pid.data(), listen_pid.size() + 1, "LISTEN_PID=%d", ::getpid());
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // it does not outlive a test that is killed
    ::execve(arguments[0], arguments.data(), entries.data());
    ::_exit(127);
  }
  const auto deadline = std::chrono::steady_clock::now() + longest_start;
  while (log().find("listening") == std::string::npos) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error(argv[0] + " ended at its start:\n" + log());
    }
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error(argv[0] + " does not start:\n" + log());
    ::usleep(poll_every);
  }
}

Daemon::~Daemon() { kill(); }

void Daemon::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

int Daemon::stop() {
  signal(SIGTERM);
  return wait();
}

void Daemon::kill() {
  if (pid_ <= 0) return;
  signal(SIGKILL);
  wait();
}

int Daemon::wait() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  // What a sanitizer found goes into the test's own output, where ctest looks for it.
  const auto said = log();
  if (said.find("Sanitizer:") != std::string::npos || said.find("runtime error:") != std::string::npos)
    std::fputs(said.c_str(), stderr);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string Daemon::log() const {
  std::ifstream file{dir_.path() + "/log"};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The socket stays bound, without listening: the kernel gives its port to nobody who asks for any, and to a
// server that asks for this one with SO_REUSEADDR.
int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                     ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

}  // namespace smscrm
