#include "tests/support/command.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace smscrm {
namespace {

struct Pipe {
  int read_end, write_end;
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    read_end = ends[0], write_end = ends[1];
  }
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

std::vector<std::string> child_environment(const std::map<std::string, std::string>& extra) {
  // Below a file nothing can be made, not even by root.
  std::vector<std::string> entries{"HOME=/dev/null/none", "XDG_CONFIG_HOME=/dev/null/none",
                                   "SMSCRM_LOCAL_DIR=/dev/null/none"};
  const auto replaced = [&](const std::string& name) {
    return name.starts_with("SMSCRM_") || name == "HOME" || name == "XDG_CONFIG_HOME" || extra.contains(name);
  };
  std::erase_if(entries, [&](const std::string& e) { return extra.contains(e.substr(0, e.find('='))); });
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text{*entry};
    if (!replaced(text.substr(0, text.find('=')))) entries.push_back(text);
  }
  for (const auto& [name, value] : extra) entries.push_back(name + "=" + value);
  return entries;
}

nlohmann::ordered_json CommandResult::json() const { return nlohmann::ordered_json::parse(out); }

std::string built_program(const std::string& name) {
  const char* directory = std::getenv("SMSCRM_TEST_BIN");  // set by ctest
  if (directory == nullptr)
    throw std::runtime_error("SMSCRM_TEST_BIN is not set; run the tests through ctest");
  return std::string{directory} + "/" + name;
}

CommandResult run_command(const std::vector<std::string>& argv, const std::string& stdin_text,
                          const std::map<std::string, std::string>& environment) {
  auto arguments = argv;
  if (arguments.at(0) == "smscrm" || arguments[0] == "smscrmd") arguments[0] = built_program(arguments[0]);
  auto variables = child_environment(environment);
  const auto child_argv = pointers(arguments);
  const auto child_env = pointers(variables);
  Pipe in, out, err;
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    ::dup2(in.read_end, 0);
    ::dup2(out.write_end, 1);
    ::dup2(err.write_end, 2);
    ::execvpe(child_argv[0], child_argv.data(), child_env.data());
    ::_exit(127);
  }
  ::close(in.read_end), ::close(out.write_end), ::close(err.write_end);
  std::signal(SIGPIPE, SIG_IGN);
  ::fcntl(in.write_end, F_SETFL, O_NONBLOCK);

  CommandResult result{0, "", ""};
  std::size_t written = 0;
  std::array<pollfd, 3> polled{pollfd{out.read_end, POLLIN, 0}, pollfd{err.read_end, POLLIN, 0},
                               pollfd{in.write_end, POLLOUT, 0}};
  const auto stop = [&](std::size_t i) { ::close(polled[i].fd), polled[i].fd = -1; };
  if (stdin_text.empty()) stop(2);
  while (polled[0].fd >= 0 || polled[1].fd >= 0) {
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR)
      throw std::runtime_error("poll failed");
    for (std::size_t i = 0; i < 2; ++i) {
      if (polled[i].fd < 0 || polled[i].revents == 0) continue;
      std::array<char, 65536> buffer;
      const auto count = ::read(polled[i].fd, buffer.data(), buffer.size());
      if (count <= 0)
        stop(i);
      else
        (i == 0 ? result.out : result.err).append(buffer.data(), static_cast<std::size_t>(count));
    }
    if (polled[2].fd >= 0 && polled[2].revents != 0) {
      const auto count = ::write(polled[2].fd, stdin_text.data() + written, stdin_text.size() - written);
      if (count > 0) written += static_cast<std::size_t>(count);
      if (count <= 0 || written == stdin_text.size()) stop(2);
    }
  }
  if (polled[2].fd >= 0) stop(2);
  int status = 0;
  ::waitpid(child, &status, 0);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

TempDir::TempDir() {
  std::string name = "/tmp/smscrm-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::write(const std::string& name, const std::string& content) const {
  const auto path = path_ + "/" + name;
  std::ofstream file{path, std::ios::binary};
  file << content;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return path;
}

}  // namespace smscrm
