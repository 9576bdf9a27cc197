#include "tests/support/pooler.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/db/conninfo.hpp"

namespace smscrm {
namespace {

constexpr const char* port = "6432";  // of the name of a socket alone

// The file is there a moment before anybody listens on it.
bool answers(const std::string& socket) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  socket.copy(to.sun_path, sizeof to.sun_path - 1);
  const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  ::close(fd);
  return connected;
}

}  // namespace

Pooler::Pooler(const std::string& mode) {
  // As root it runs as the user of the tests' PostgreSQL, for it refuses to be root.
  std::filesystem::permissions(dir_.path(), static_cast<std::filesystem::perms>(0777));
  const auto file =
      dir_.write("pool.ini", fmt::format("[databases]\n"
                                         "* = host={} user=smscrm\n"
                                         "[pgbouncer]\n"
                                         "listen_port = {}\n"
                                         "unix_socket_dir = {}\n"
                                         "auth_type = any\n"
                                         "pool_mode = {}\n"
                                         "ignore_startup_parameters = extra_float_digits\n",
                                         std::getenv("SMSCRM_TEST_DIR"), port, dir_.path(), mode));
  std::filesystem::permissions(file, static_cast<std::filesystem::perms>(0644));
  const auto log = dir_.path() + "/log";
  const auto program = fmt::format(
      "exec {}/usr/sbin/pgbouncer -q {} >{} 2>&1",
      ::geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups " : "", file, log);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::execl("/bin/sh", "sh", "-c", program.c_str(), nullptr);
    ::_exit(127);
  }
  const auto socket = fmt::format("{}/.s.PGSQL.{}", dir_.path(), port);
  for (int tries = 0; !answers(socket); ++tries) {
    if (tries == 1000) throw std::runtime_error("pgbouncer does not start; see " + log);
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
}

Pooler::~Pooler() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::string Pooler::url_of(const std::string& database_url) const {
  return fmt::format("host={} port={} user=smscrm dbname={}", dir_.path(), port,
                     *parse_conninfo(database_url).value().find("dbname"));
}

}  // namespace smscrm
