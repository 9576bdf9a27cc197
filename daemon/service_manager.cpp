#include "daemon/service_manager.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/log.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

std::optional<std::int64_t> number(const char* variable) {
  const char* value = std::getenv(variable);
  return value ? parse_integer(value) : std::nullopt;
}

}  // namespace

ServiceManager::ServiceManager() {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  if (socket && (*socket == '/' || *socket == '@')) socket_ = socket;
  const auto watched = number("WATCHDOG_PID");
  const auto patience = number("WATCHDOG_USEC");
  if (patience && *patience > 0 && (!watched || *watched == ::getpid()))
    patience_ = std::chrono::microseconds{*patience};
}

void ServiceManager::tell(std::string_view lines) const {
  sockaddr_un to{};
  if (socket_.empty() || socket_.size() >= sizeof to.sun_path) return;
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, socket_.data(), socket_.size());
  if (socket_[0] == '@') to.sun_path[0] = '\0';  // of the abstract namespace
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto sent =
      ::sendto(fd, lines.data(), lines.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&to), size);
  if (sent < 0) log_warn("the service manager cannot be told", {{"error", std::strerror(errno)}});
  if (fd >= 0) ::close(fd);
}

}  // namespace smscrm
