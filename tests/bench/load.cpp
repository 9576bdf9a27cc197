#include "tests/bench/load.hpp"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/base/wait.hpp"

namespace smscrm {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void lost(const char* what) {
  throw Error(Errc::unavailable, "load generator: {}: {}", what, std::strerror(errno));
}

class Wire {
 public:
  explicit Wire(const std::string& address) {
    const auto colon = address.rfind(':');
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(parse_integer(address.substr(colon + 1)).value_or(0)));
    ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0 || ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) lost("connect");
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  Wire(Wire&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Wire& operator=(Wire&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Wire() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }

  void send(const std::string& request) {
    sent_at_ = Clock::now();
    received_.clear();
    for (std::size_t at = 0; at < request.size();) {
      const auto n = ::send(fd_, request.data() + at, request.size() - at, MSG_NOSIGNAL);
      if (n <= 0) lost("send");
      at += static_cast<std::size_t>(n);
    }
  }

  // The status once the whole answer is here, else 0.
  int receive() {
    char buffer[4096];
    const auto n = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
    if (n <= 0) lost("receive");
    received_.append(buffer, static_cast<std::size_t>(n));
    const auto head = received_.find("\r\n\r\n");
    if (head == std::string::npos) return 0;
    std::size_t body = 0;
    if (const auto length = received_.find("Content-Length: "); length < head)
      body = static_cast<std::size_t>(std::strtoul(received_.c_str() + length + 16, nullptr, 10));
    if (received_.size() < head + 4 + body) return 0;
    return std::atoi(received_.c_str() + 9);
  }

  // Sends one more byte; false when the server has closed or answered.
  bool drip() {
    char byte = 'x';
    return ::recv(fd_, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && ::send(fd_, &byte, 1, MSG_NOSIGNAL) == 1;
  }

  Clock::duration age() const { return Clock::now() - sent_at_; }

 private:
  int fd_;
  std::string received_;
  Clock::time_point sent_at_;
};

}  // namespace

double LoadResult::rate() const {
  std::uint64_t all = 0;
  for (const auto& [status, count] : statuses) all += count;
  return static_cast<double>(all) / took.count();
}

struct LoadClient::State {
  std::vector<Wire> wires;
  std::vector<std::size_t> free;
  int poller = ::epoll_create1(EPOLL_CLOEXEC);
  Answered answered;
  std::vector<epoll_event> events{256};
};

LoadClient::LoadClient(const std::string& address, int connections, Answered answered)
    : state_(std::make_unique<State>()) {
  state_->answered = std::move(answered);
  for (int i = 0; i < connections; ++i) {
    state_->wires.emplace_back(address);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = static_cast<std::uint64_t>(i);
    ::epoll_ctl(state_->poller, EPOLL_CTL_ADD, state_->wires.back().fd(), &event);
    state_->free.push_back(static_cast<std::size_t>(i));
  }
}

LoadClient::~LoadClient() { ::close(state_->poller); }

std::size_t LoadClient::open() const { return state_->wires.size() - state_->free.size(); }

bool LoadClient::move_on(std::deque<std::string>& requests, std::chrono::milliseconds timeout) {
  auto& [wires, free, poller, answered, events] = *state_;
  const auto send_more = [&] {
    for (; !requests.empty() && !free.empty(); free.pop_back(), requests.pop_front())
      wires[free.back()].send(requests.front());
  };
  send_more();
  const int ready =
      ::epoll_wait(poller, events.data(), static_cast<int>(events.size()), static_cast<int>(timeout.count()));
  for (int i = 0; i < ready; ++i) {
    const auto at = static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64);
    const int status = wires[at].receive();
    if (status == 0) continue;
    answered(status, std::chrono::duration_cast<std::chrono::microseconds>(wires[at].age()));
    free.push_back(at);
    send_more();
  }
  return ready > 0;
}

SlowClients::SlowClients(const std::string& address, std::size_t count) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < 2 * count + 1000) lost("descriptors");
  std::vector<Wire> wires;
  const auto connect = [address] {
    Wire wire{address};
    wire.send("POST /webhooks/twilio/acme/status/1 HTTP/1.1\r\nHost: sms.example.com\r\nX-Slow: ");
    return wire;
  };
  while (wires.size() < count) wires.push_back(connect());
  thread_ = std::jthread{[connect, wires = std::move(wires)](std::stop_token stop) mutable {
    constexpr std::size_t shares = 20;  // spread over the second
    for (std::size_t turn = 0; wait_unless_stopped(stop, std::chrono::milliseconds{1000 / shares}); ++turn)
      for (std::size_t i = turn % shares; i < wires.size(); i += shares)
        if (!wires[i].drip()) wires[i] = connect();
  }};
}

LoadResult run_load(const std::string& address, int connections, const std::vector<std::string>& requests) {
  LoadResult result;
  std::vector<std::int64_t> micros;
  micros.reserve(requests.size());
  LoadClient client{address, connections, [&](int status, std::chrono::microseconds took) {
                      ++result.statuses[status];
                      micros.push_back(took.count());
                    }};
  std::deque<std::string> waiting{requests.begin(), requests.end()};
  const auto begin = Clock::now();
  while (micros.size() < requests.size())
    if (!client.move_on(waiting, std::chrono::seconds{30})) lost("no answer for 30 s");
  result.took = Clock::now() - begin;
  std::sort(micros.begin(), micros.end());
  const auto at = [&](double share) {
    return std::chrono::microseconds{
        micros[static_cast<std::size_t>(share * static_cast<double>(micros.size() - 1))]};
  };
  result.p50 = at(0.5);
  result.p99 = at(0.99);
  result.worst = at(1.0);
  return result;
}

}  // namespace smscrm
