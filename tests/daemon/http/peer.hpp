// A server that echoes and a client that types raw bytes, for the tests of the HTTP edge.
#pragma once

#include <chrono>
#include <cstring>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "daemon/http/server.hpp"

namespace smscrm {

// -1 when refused.
inline int connect_tcp(const std::string& address) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<std::uint16_t>(*parse_integer(address.substr(address.rfind(':') + 1))));
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return fd;
  ::close(fd);
  return -1;
}

// A raw client: what is typed is what is sent.
class Client {
 public:
  explicit Client(const std::string& address) {
    if (address.starts_with("unix:")) {
      fd_ = socket(AF_UNIX, SOCK_STREAM, 0);
      sockaddr_un to{};
      to.sun_family = AF_UNIX;
      std::strncpy(to.sun_path, address.c_str() + 5, sizeof to.sun_path - 1);
      REQUIRE(connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
      return;
    }
    fd_ = connect_tcp(address);
    REQUIRE(fd_ >= 0);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { ::close(fd_); }

  Client& send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return *this;
  }
  // Whether something can be read now, or within `wait`.
  bool is_readable(std::chrono::milliseconds wait) {
    pollfd readable{fd_, POLLIN, 0};
    return poll(&readable, 1, static_cast<int>(wait.count())) == 1;
  }
  void half_close() { shutdown(fd_, SHUT_WR); }

  // Everything until the peer closes; ends with "<reset>" or "<silence>" when it did otherwise.
  std::string rest() {
    std::string all;
    while (receive(all)) {
    }
    return all;
  }
  // Until `end` has come.
  std::string until(std::string_view end) {
    std::string all;
    while (all.find(end) == std::string::npos && receive(all)) {
    }
    return all;
  }

 private:
  bool receive(std::string& all) {
    pollfd wait{fd_, POLLIN, 0};
    if (poll(&wait, 1, 30'000) != 1) return all += "<silence>", false;
    char bytes[65536];
    const auto got = recv(fd_, bytes, sizeof bytes, 0);
    if (got < 0) return all += "<reset>", false;
    all.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  }
  int fd_;
};

inline HttpOptions quick(std::string listen = "127.0.0.1:0") {
  HttpOptions options;
  options.listen = {std::move(listen)};
  options.max_header_bytes = 1024;
  options.max_body_bytes = 2048;
  options.linger_timeout = std::chrono::milliseconds{100};
  return options;
}

inline void echo(HttpRequest request, HttpReply reply) {
  reply.send({200,
              "text/plain",
              fmt::format("<{} {} {} {} {}>", request.method, request.path, request.query, request.body,
                          request.sequence),
              {}});
}

struct Echo {
  explicit Echo(HttpOptions options = quick(), HttpHandler handler = echo)
      : server(std::move(options), std::move(handler)), address(server.addresses().front()) {
    server.start();
  }
  HttpServer server;
  std::string address;
};

inline const std::string head = " HTTP/1.1\r\nHost: a\r\n";
inline const std::string get_close = "GET /last" + head + "Connection: close\r\n\r\n";

inline std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

}  // namespace smscrm
