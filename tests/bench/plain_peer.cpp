#include "tests/bench/plain_peer.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <queue>
#include <random>
#include <unordered_map>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nlohmann/json.hpp>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/error.hpp"
#include "core/base/form.hpp"

namespace smscrm {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

struct Faults {
  std::int64_t latency_ms = 0;
  int max_concurrent = 0;
  double too_many = 0, server_error = 0, hang = 0, reset = 0, reset_after = 0;
};

struct Taken {
  std::string to, from, body;
  std::time_t at;
};

class PlainPeer {
 public:
  std::string listen_somewhere(int orders) {
    orders_ = orders;
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 4096) != 0)
      throw Error(Errc::internal, "cannot listen");
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    watch(listener_, EPOLLIN);
    watch(orders_, EPOLLIN);
    return fmt::format("127.0.0.1:{}", ntohs(address.sin_port));
  }

  [[noreturn]] void run() {
    std::vector<epoll_event> events(1024);
    while (true) {
      int timeout = -1;
      if (!due_.empty()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(due_.top().at - Clock::now()).count();
        timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000));
      }
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == listener_)
          accept_all();
        else if (fd == orders_)
          take_order();
        else
          read(fd);
      }
      while (!due_.empty() && due_.top().at <= Clock::now()) {
        const auto due = due_.top();
        due_.pop();
        if (due.has_place) --in_process_;
        const auto found = connections_.find(due.fd);
        if (found == connections_.end() || found->second.number != due.number) continue;
        if (due.reply.empty())
          reset(due.fd);
        else
          write(due.fd, due.reply);
      }
    }
  }

 private:
  struct Connection {
    std::uint64_t number;  // descriptors are used again
    std::string in;
  };
  struct Due {
    Clock::time_point at;
    int fd;
    std::uint64_t number;
    std::string reply;  // empty: a reset
    bool has_place;
    bool operator<(const Due& other) const { return at > other.at; }
  };

  void watch(int fd, std::uint32_t events) const {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void take_order() {
    char line[4096];
    const auto n = ::read(orders_, line, sizeof line);
    if (n <= 0) ::_exit(0);  // the parent is gone
    const auto in = json::parse(line, line + n);
    faults_.latency_ms = in.value("latency_ms", std::int64_t{0});
    faults_.max_concurrent = in.value("max_concurrent", 0);
    faults_.too_many = in.value("too_many", 0.0);
    faults_.server_error = in.value("server_error", 0.0);
    faults_.hang = in.value("hang", 0.0);
    faults_.reset = in.value("reset", 0.0);
    faults_.reset_after = in.value("reset_after", 0.0);
  }

  void accept_all() {
    for (int fd; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connections_[fd] = {++last_connection_, {}};
      watch(fd, EPOLLIN);
    }
  }

  void drop(int fd) {
    ::close(fd);
    connections_.erase(fd);
  }
  void reset(int fd) {
    const linger at_once{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    drop(fd);
  }
  void write(int fd, const std::string& bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
      const auto n = ::send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (n < 0 && errno == EAGAIN) continue;  // a page, to a reader on this machine
      if (n <= 0) return drop(fd);
      done += static_cast<std::size_t>(n);
    }
  }

  void read(int fd) {
    char buffer[64 * 1024];
    auto& in = connections_.at(fd).in;
    ssize_t n;
    while ((n = ::recv(fd, buffer, sizeof buffer, 0)) > 0) in.append(buffer, static_cast<std::size_t>(n));
    if (n == 0 || errno != EAGAIN) return drop(fd);
    const auto head = in.find("\r\n\r\n");
    if (head == std::string::npos) return;
    std::size_t length = 0;
    if (const auto at = in.find("Content-Length: "); at < head) length = std::stoul(in.substr(at + 16));
    if (in.size() < head + 4 + length) return;
    const auto line = in.substr(0, in.find('\r'));
    const auto body = in.substr(head + 4, length);
    in.clear();  // nobody pipelines here
    answer(fd, line, body);
  }

  static std::string reply(int status, const std::string& body) {
    return fmt::format(
        "HTTP/1.1 {} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nDate: {}\r\n\r\n{}", status,
        body.size(), date(std::time(nullptr), "GMT"), body);
  }
  static std::string date(std::time_t at, const char* zone) {
    char text[64];
    std::tm utc{};
    ::gmtime_r(&at, &utc);
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S ", &utc);
    return std::string{text} + zone;
  }

  void answer(int fd, const std::string& line, const std::string& body) {
    if (line.find("/sandbox/counts") != std::string::npos)
      return write(fd, reply(200, json{{"requests", requests_},
                                       {"accepted", taken_.size()},
                                       {"recipients", by_number_.size()},
                                       {"faults", {{"too_many", refused_}}}}
                                      .dump()));
    if (line.starts_with("GET")) return later(fd, reply(200, list(line)), false);
    create(fd, body);
  }

  void later(int fd, std::string bytes, bool has_place, std::int64_t ms = -1) {
    const std::chrono::milliseconds after{ms >= 0 ? ms : faults_.latency_ms};
    due_.push({Clock::now() + after, fd, connections_.at(fd).number, std::move(bytes), has_place});
  }

  void create(int fd, const std::string& body) {
    ++requests_;
    const double draw = std::uniform_real_distribution<double>{0, 1}(random_);
    const bool full = faults_.max_concurrent > 0 && in_process_ >= faults_.max_concurrent;
    if (full || draw < faults_.too_many) {
      ++refused_;
      return write(fd, reply(429, R"({"code":20429,"message":"Too Many Requests","status":429})"));
    }
    ++in_process_;
    double left = draw - faults_.too_many;
    if (left < faults_.server_error)
      return later(fd, reply(503, R"({"code":20503,"message":"Service unavailable","status":503})"), true);
    left -= faults_.server_error;
    // It has stopped to work on what hangs.
    if (left < faults_.hang) return --in_process_, later(fd, "", false, 30'000);
    left -= faults_.hang;
    if (left < faults_.reset) return later(fd, "", true);
    left -= faults_.reset;
    const auto form = parse_form(body);
    const auto field = [&](const char* name) { return std::string{find_field(form, name).value_or("")}; };
    by_number_[field("To")].push_back(taken_.size());
    taken_.push_back({field("To"), field("From"), field("Body"), std::time(nullptr)});
    if (left < faults_.reset_after) return later(fd, "", true);
    later(
        fd,
        reply(201, fmt::format(R"({{"sid":"{}","status":"queued","num_segments":"1"}})", sid(taken_.size()))),
        true);
  }

  static std::string sid(std::size_t number) { return fmt::format("SM{:032x}", number); }

  // Newest first: of a number, or a page of all. A page's token is the place in the ledger where it goes on.
  std::string list(const std::string& line) const {
    const auto value = [&](const std::string& key) -> std::string {
      const auto at = line.find(key + "=");
      if (at == std::string::npos) return {};
      const auto begin = at + key.size() + 1;
      return line.substr(begin, line.find_first_of("& ", begin) - begin);
    };
    json messages = json::array(), next;
    const auto add = [&](std::size_t i) {
      const auto& message = taken_[i];
      messages.push_back({{"sid", sid(i + 1)},
                          {"to", message.to},
                          {"from", message.from},
                          {"body", message.body},
                          {"status", "sent"},
                          {"direction", "outbound-api"},
                          {"date_created", date(message.at, "+0000")}});
    };
    if (const auto to = value("To"); !to.empty()) {
      if (const auto found = by_number_.find("+" + to.substr(3)); found != by_number_.end())
        for (auto i = found->second.rbegin(); i != found->second.rend(); ++i) add(*i);
    } else {
      const auto size = std::stoul("0" + value("PageSize"));
      const auto token = value("PageToken");
      auto at = token.empty() ? taken_.size() : std::stoul(token);
      for (; at > 0 && messages.size() < std::max<std::size_t>(1, size); --at) add(at - 1);
      if (at > 0)
        next = fmt::format("{}?PageSize={}&PageToken={}", line.substr(4, line.find('?') - 4), size, at);
    }
    return json{{"messages", messages}, {"next_page_uri", next}}.dump();
  }

  int listener_ = -1, epoll_ = -1, orders_ = -1;
  std::unordered_map<int, Connection> connections_;
  std::uint64_t last_connection_ = 0;
  std::priority_queue<Due> due_;
  Faults faults_;
  std::mt19937 random_{1};
  int in_process_ = 0;
  std::int64_t requests_ = 0, refused_ = 0;
  std::vector<Taken> taken_;
  std::map<std::string, std::vector<std::size_t>> by_number_;
};

}  // namespace

void run_plain_peer(const std::function<void(const std::string&)>& tell, int orders) {
  PlainPeer peer;
  tell(peer.listen_somewhere(orders));
  peer.run();
}

}  // namespace smscrm
