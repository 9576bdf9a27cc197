#include "tests/support/raw_peer.hpp"

#include <cstdlib>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace smscrm::test {

std::string http_reply(int status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + headers + "\r\n" + body;
}

RawPeer::RawPeer(Answer answer) : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::listen(listener_, 512) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    throw std::runtime_error("cannot listen on 127.0.0.1");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread{[this] { accept_all(); }};
}

RawPeer::~RawPeer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock{mutex_};
    for (const int fd : connections_) ::shutdown(fd, SHUT_RDWR);
    threads.swap(threads_);
  }
  for (auto& thread : threads) thread.join();
  for (const int fd : connections_) ::close(fd);
  ::close(listener_);
}

std::string RawPeer::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

void RawPeer::accept_all() {
  while (!stopping_) {
    const int fd = ::accept(listener_, nullptr, nullptr);
    if (fd < 0) continue;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::lock_guard lock{mutex_};
    connections_.push_back(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void RawPeer::serve(int fd) {
  std::string buffer;
  for (int number = 1;; ++number) {
    std::size_t head = 0, length = 0;
    for (;;) {
      head = buffer.find("\r\n\r\n");
      if (head != std::string::npos) {
        const auto at = buffer.find("Content-Length: ");
        length = at < head ? std::strtoul(buffer.c_str() + at + 16, nullptr, 10) : 0;
        if (buffer.size() >= head + 4 + length) break;
      }
      char bytes[16384];
      const auto got = ::recv(fd, bytes, sizeof bytes, 0);
      if (got <= 0) return;
      buffer.append(bytes, static_cast<std::size_t>(got));
    }
    const RawRequest request{buffer.substr(0, head), buffer.substr(head + 4, length), number};
    buffer.erase(0, head + 4 + length);
    const auto reply = answer_(request);
    if (!reply.bytes.empty()) ::send(fd, reply.bytes.data(), reply.bytes.size(), MSG_NOSIGNAL);
    if (reply.close) {
      ::shutdown(fd, SHUT_RDWR);
      return;
    }
  }
}

}  // namespace smscrm::test
