// daemon/http: a connection to the real server gives the same answers however its input is cut, and ends.
// Input: the bytes of a connection, after which the client shuts its side.
#include <cstring>
#include <regex>
#include <string>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/http/server.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace smscrm::fuzz {
namespace {

HttpOptions options() {
  HttpOptions options;
  options.listen = {"unix:/tmp/smscrm-fuzz-" + std::to_string(::getpid()) + ".sock"};
  options.max_header_bytes = 1024;
  options.max_body_bytes = 2048;
  return options;
}

void echo(HttpRequest request, HttpReply reply) {
  std::string words =
      "<" + request.method + "|" + request.path + "|" + request.query + "|" + request.body + ">";
  reply.send({200, "text/plain", std::move(words), {}});
}

int connect_to(const std::string& address) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::strncpy(to.sun_path, address.c_str() + std::strlen("unix:"), sizeof to.sun_path - 1);
  promise(fd >= 0 && ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0, "the server listens");
  return fd;
}

// All that the server says, without what may differ: the date, and whether it asked for a body to be sent.
std::string converse(const std::string& address, const std::vector<std::string_view>& pieces) {
  const int fd = connect_to(address);
  std::string heard;
  const auto receive = [&](int flags) {
    char bytes[4096];
    const auto got = ::recv(fd, bytes, sizeof bytes, flags);
    if (got > 0) heard.append(bytes, static_cast<std::size_t>(got));
    return got;
  };
  for (const auto piece : pieces) {
    if (::send(fd, piece.data(), piece.size(), MSG_NOSIGNAL) < 0) break;  // it has closed: no more is wanted
    receive(MSG_DONTWAIT);
  }
  ::shutdown(fd, SHUT_WR);
  for (;;) {
    pollfd wait{fd, POLLIN, 0};
    promise(::poll(&wait, 1, 60'000) == 1, "a conversation ends");
    if (receive(0) <= 0) break;
  }
  ::close(fd);
  static const std::regex varying{"HTTP/1.1 100 Continue\r\n\r\n|Date: [^\r]*\r\n"};
  return std::regex_replace(heard, varying, "");
}

}  // namespace

void fuzz_one(std::string_view input) {
  static HttpServer& server = *[] {
    static HttpServer started{options(), echo};
    started.start();
    return &started;
  }();
  const auto address = server.addresses().front();
  Dice dice{input};
  const auto whole = converse(address, {input});
  promise(whole.empty() || whole.starts_with("HTTP/1.1 "), "an answer is HTTP");
  const auto pieces = converse(address, cut(input, dice));
  // A head that the client never finished may have been refused already, or just been dropped.
  const auto& longer = whole.size() > pieces.size() ? whole : pieces;
  const auto& shorter = whole.size() > pieces.size() ? pieces : whole;
  const auto refusal = longer.substr(std::min(shorter.size(), longer.size()));
  promise(longer.starts_with(shorter) &&
              (refusal.empty() || refusal.starts_with("HTTP/1.1 4") || refusal.starts_with("HTTP/1.1 5")),
          "answers do not depend on the pieces");
}

}  // namespace smscrm::fuzz
