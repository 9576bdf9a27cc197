#include "daemon/http/listener.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

Error cannot_listen(const std::string& address, int error) {
  return Error(Errc::unavailable, "cannot listen on {}: {}", address, std::generic_category().message(error))
      .with_hint(error == EADDRINUSE ? "stop the other server, or change http.listen in the configuration"
                                     : "change http.listen in the configuration");
}

Error not_an_address(const std::string& address) {
  return Error(Errc::usage, "\"{}\" is not an address to listen on", address)
      .with_hint("use 127.0.0.1:8080, [::1]:8080, unix:/path or fd:// in http.listen");
}

Address parse_ip(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) throw not_an_address(text);
  const auto port = parse_integer(text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65535) throw not_an_address(text);
  std::string host = text.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  Address address;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(static_cast<std::uint16_t>(*port));
    address.size = sizeof v6;
    if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6.sin6_addr) == 1) return address;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<std::uint16_t>(*port));
    address.size = sizeof v4;
    if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) return address;
  }
  throw not_an_address(text);
}

Address parse_unix(const std::string& text, const std::string& path) {
  Address address;
  auto& un = reinterpret_cast<sockaddr_un&>(address.storage);
  if (path.empty() || path.size() >= sizeof un.sun_path)
    throw Error(Errc::usage, "the path of \"{}\" must have 1 to {} bytes", text, sizeof un.sun_path - 1);
  un.sun_family = AF_UNIX;
  std::memcpy(un.sun_path, path.c_str(), path.size() + 1);
  address.size = sizeof un;
  return address;
}

Address parse_address(const std::string& text) {
  return text.starts_with("unix:") ? parse_unix(text, text.substr(5)) : parse_ip(text);
}

std::string format_address(const Address& address) {
  char host[INET6_ADDRSTRLEN] = "";
  switch (address.family()) {
    case AF_INET: {
      const auto& v4 = reinterpret_cast<const sockaddr_in&>(address.storage);
      inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
      return fmt::format("{}:{}", host, ntohs(v4.sin_port));
    }
    case AF_INET6: {
      const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
      inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
      return fmt::format("[{}]:{}", host, ntohs(v6.sin6_port));
    }
    default:
      return fmt::format("unix:{}", reinterpret_cast<const sockaddr_un&>(address.storage).sun_path);
  }
}

Address bound_address(int fd) {
  Address address;
  address.size = sizeof address.storage;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.size);
  return address;
}

// A socket file that refuses connections was left by a server that died.
bool is_stale(const Address& address) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const bool refused = connect(fd, address.get(), address.size) != 0 && errno == ECONNREFUSED;
  ::close(fd);
  return refused;
}

Listener open_listener(const std::string& text, const Address& address) {
  Listener listener(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0), address.family(), text);
  const int fd = listener.get();
  if (fd < 0) throw cannot_listen(text, errno);
  const int on = 1;
  if (address.family() != AF_UNIX) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.family() == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  int result = bind(fd, address.get(), address.size);
  if (result != 0 && errno == EADDRINUSE && address.family() == AF_UNIX && is_stale(address)) {
    unlink(reinterpret_cast<const sockaddr_un&>(address.storage).sun_path);
    result = bind(fd, address.get(), address.size);
  }
  if (result != 0) throw cannot_listen(text, errno);
  if (address.family() == AF_UNIX)
    listener.own_file(reinterpret_cast<const sockaddr_un&>(address.storage).sun_path);
  if (::listen(fd, SOMAXCONN) != 0) throw cannot_listen(text, errno);
  return Listener(std::move(listener), format_address(bound_address(fd)));
}

// sd_listen_fds(3): descriptors 3, 4, … when LISTEN_PID is us.
std::vector<Listener> passed_listeners() {
  constexpr int first = 3;
  const auto number = [](const char* name) {
    const char* value = std::getenv(name);
    return value ? parse_integer(value) : std::nullopt;
  };
  const auto count = number("LISTEN_FDS");
  if (number("LISTEN_PID") != getpid() || !count || *count < 1)
    throw Error(Errc::unavailable, "cannot listen on fd://: no socket was passed to this process")
        .with_hint("start it from a systemd socket unit, or change http.listen in the configuration");
  std::vector<Listener> listeners;
  for (int fd = first; fd < first + *count; ++fd) {
    int listening = 0;
    socklen_t size = sizeof listening;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || !listening)
      throw Error(Errc::unavailable, "cannot listen on fd://: descriptor {} is not a listening socket", fd)
          .with_hint("the socket unit needs ListenStream= and Accept=no");
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    const auto address = bound_address(fd);
    listeners.emplace_back(fd, address.family(), format_address(address));
  }
  return listeners;
}

}  // namespace

Listener::Listener(Listener&& other) noexcept : Listener(std::move(other), other.address_) {}

Listener::Listener(Listener&& other, std::string address) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      family_(other.family_),
      address_(std::move(address)),
      path_(std::exchange(other.path_, {})),
      device_(other.device_),
      inode_(other.inode_) {}

Listener::~Listener() {
  close();
  struct stat now {};
  // Another server may have taken the path over since.
  if (!path_.empty() && lstat(path_.c_str(), &now) == 0 && now.st_dev == device_ && now.st_ino == inode_)
    unlink(path_.c_str());
}

void Listener::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

int Listener::duplicate() const {
  const int copy = fcntl(fd_, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw cannot_listen(address_, errno);
  return copy;
}

void Listener::own_file(std::string path) {
  struct stat now {};
  if (lstat(path.c_str(), &now) != 0) return;
  device_ = now.st_dev;
  inode_ = now.st_ino;
  path_ = std::move(path);
}

std::vector<Listener> listen_on(const std::string& address) {
  if (address == "fd://") return passed_listeners();
  std::vector<Listener> one;
  one.push_back(open_listener(address, parse_address(address)));
  return one;
}

void check_listen_address(const std::string& address) {
  if (address != "fd://") parse_address(address);
}

}  // namespace smscrm
