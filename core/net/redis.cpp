#include "core/net/redis.hpp"

#include <charconv>
#include <vector>

#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/base/pulse.hpp"
#include "core/base/text.hpp"
#include "core/base/wait.hpp"
#include "core/net/curl_stream.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};
using RedisReader = std::unique_ptr<redisReader, Deleter<redisReaderFree>>;
using RedisReply = std::unique_ptr<redisReply, Deleter<freeReplyObject>>;

constexpr int idle_turn = 2'000;  // ms that a listener sleeps at a stretch
constexpr std::chrono::milliseconds patience{
    1'000};  // to connect and for each answer: Redis is speed, or it is nothing

struct Address {
  CurlStream::Peer peer;
  std::string user, password;
  std::string database;
};

// "%40" is "@"; a percent sign that begins no such code is itself.
std::string percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const auto* digits = text.data() + i + 1;
    const bool is_code = text[i] == '%' && i + 2 < text.size() &&
                         std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    decoded += is_code ? static_cast<char>(byte) : text[i];
    if (is_code) i += 2;
  }
  return decoded;
}

Address parse_address(const std::string& url) {
  const auto bad = [&] {
    return Error(Errc::usage, "redis.url is not an address of Redis")
        .with_hint(
            "write it as redis://host:6379, rediss://user:password@host:6379 or unix:/path/of/the.sock");
  };
  Address address;
  std::string_view rest = url;
  if (rest.rfind("unix:", 0) == 0) {
    rest.remove_prefix(rest.rfind("unix://", 0) == 0 ? 7 : 5);
    const auto query = rest.find("?db=");
    address.peer.socket = rest.substr(0, query);
    if (query != std::string_view::npos) address.database = rest.substr(query + 4);
    if (address.peer.socket.empty()) throw bad();
    return address;
  }
  address.peer.tls = rest.rfind("rediss://", 0) == 0;
  if (!address.peer.tls && rest.rfind("redis://", 0) != 0) throw bad();
  rest.remove_prefix(address.peer.tls ? 9 : 8);
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    const auto user = rest.substr(0, at);
    const auto colon = user.find(':');
    if (colon != std::string_view::npos) address.user = percent_decode(user.substr(0, colon));
    address.password = percent_decode(colon == std::string_view::npos ? user : user.substr(colon + 1));
    rest.remove_prefix(at + 1);
  }
  if (const auto query = rest.find("?ca="); query != std::string_view::npos && address.peer.tls) {
    address.peer.ca_file = rest.substr(query + 4);
    rest = rest.substr(0, query);
  }
  if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
    address.database = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
  }
  address.peer.port = 6379;
  if (const auto colon = rest.rfind(':'); colon != std::string_view::npos && !rest.ends_with(']')) {
    const auto port = parse_integer(rest.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) throw bad();
    address.peer.port = static_cast<int>(*port);
    rest = rest.substr(0, colon);
  }
  address.peer.host = rest;
  if (address.peer.host.empty()) throw bad();
  return address;
}

// A connection that speaks Redis' protocol. Everything throws Error{unavailable} with its words.
class Link {
 public:
  explicit Link(const Address& address) try : stream_(address.peer, patience), reader_(redisReaderCreate()) {
    if (!address.password.empty() && address.user.empty()) command({"AUTH", address.password});
    if (!address.password.empty() && !address.user.empty()) command({"AUTH", address.user, address.password});
    if (!address.database.empty()) command({"SELECT", address.database});
  } catch (const Error& error) {
    throw named(error);
  }

  RedisReply command(const std::vector<std::string_view>& words) try {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const auto& word : words) {
      texts.push_back(word.data());
      sizes.push_back(word.size());
    }
    char* formatted = nullptr;
    const auto size =
        redisFormatCommandArgv(&formatted, static_cast<int>(words.size()), texts.data(), sizes.data());
    const std::unique_ptr<char, Deleter<redisFreeCommand>> bytes{formatted};
    if (size < 0) throw Error(Errc::unavailable, "out of memory");
    stream_.send({formatted, static_cast<std::size_t>(size)});
    auto reply = take();
    while (!reply) {
      const auto more = stream_.receive(patience);
      if (more.empty()) throw Error(Errc::unavailable, "no answer in time");
      feed(more);
      reply = take();
    }
    if (reply->type == REDIS_REPLY_ERROR)
      throw Error(Errc::unavailable, "{}",
                  std::string_view{reply->str, static_cast<std::size_t>(reply->len)});
    return reply;
  } catch (const Error& error) {
    throw named(error);
  }

  int socket() const { return stream_.socket(); }
  // Whether anything has come since.
  bool take_all() try {
    bool any = false;
    for (auto more = stream_.receive({}); !more.empty(); more = stream_.receive({})) feed(more);
    while (take()) any = true;
    return any;
  } catch (const Error& error) {
    throw named(error);
  }

 private:
  static Error named(const Error& error) {
    const std::string_view words = error.what();
    return Error(Errc::unavailable, "{}{}", words.starts_with("redis: ") ? "" : "redis: ", words);
  }
  void feed(const std::string& bytes) { redisReaderFeed(reader_.get(), bytes.data(), bytes.size()); }
  RedisReply take() {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK)
      throw Error(Errc::unavailable, "{}", reader_->errstr);
    return RedisReply{static_cast<redisReply*>(reply)};
  }

  CurlStream stream_;
  RedisReader reader_;
};

}  // namespace

bool is_open_to_all(const std::string& redis_url) {
  auto address = parse_address(redis_url);
  if (!address.peer.socket.empty()) return false;
  address.user.clear();
  address.password.clear();
  address.database.clear();
  try {
    Link{address}.command({"PING"});
    return true;
  } catch (const Error&) {
    return false;
  }
}

struct Redis::State {
  std::optional<Address> address;  // nullopt: none configured
  std::optional<Link> link;
  std::chrono::steady_clock::time_point try_again{};
  bool reported = false;

  // nullptr: no server.
  RedisReply run(const std::vector<std::string_view>& words) {
    if (!address) return nullptr;
    try {
      if (!link) {
        const auto time = std::chrono::steady_clock::now();
        if (time < try_again) return nullptr;
        try_again = time + 3s;
        link.emplace(*address);
        if (reported) log_info("redis is back");
        reported = false;
      }
      return link->command(words);
    } catch (const Error& error) {
      link.reset();
      if (!reported) log_warn("redis is away; going on without", {{"error", error.what()}});
      reported = true;
      return nullptr;
    }
  }
};

Redis::Redis(const std::string& url) : state_(std::make_unique<State>()) {
  if (!url.empty()) state_->address = parse_address(url);
}
Redis::~Redis() = default;
Redis::Redis(Redis&&) noexcept = default;

bool Redis::ping() { return state_->run({"PING"}) != nullptr; }

bool Redis::publish(std::string_view channel, std::string_view text) {
  return state_->run({"PUBLISH", channel, text}) != nullptr;
}

bool Redis::set(std::string_view key, std::string_view value, std::chrono::seconds ttl) {
  return state_->run({"SET", key, value, "EX", std::to_string(ttl.count())}) != nullptr;
}

std::optional<std::string> Redis::get(std::string_view key) {
  const auto reply = state_->run({"GET", key});
  if (!reply || reply->type != REDIS_REPLY_STRING) return std::nullopt;
  return std::string{reply->str, static_cast<std::size_t>(reply->len)};
}

void publish_wake(Redis& redis) { redis.publish(wake_channel, "work"); }

WakeListener::WakeListener(std::string url, std::function<void()> woken)
    : url_(std::move(url)), woken_(std::move(woken)) {}

void WakeListener::run(std::stop_token stop) {
  if (url_.empty()) return;
  const auto address = parse_address(url_);
  // Closed after on_stop has gone, which waits for a call under way.
  const struct Event {
    int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ~Event() { ::close(fd); }
  } stopped;
  const std::stop_callback on_stop{stop, [&stopped] { ::eventfd_write(stopped.fd, 1); }};
  bool reported = false;
  while (!stop.stop_requested()) {
    try {
      Link link{address};
      link.command({"SUBSCRIBE", wake_channel});
      if (reported) log_info("redis is back");
      reported = false;
      woken_();  // what was published while nobody listened
      for (;;) {
        pollfd files[] = {{link.socket(), POLLIN, 0}, {stopped.fd, POLLIN, 0}};
        note_turn();
        if (::poll(files, 2, idle_turn) == 0) continue;
        if (stop.stop_requested()) break;
        if (link.take_all()) woken_();
      }
    } catch (const Error& error) {
      if (!reported)
        log_warn("no wake-ups from redis; looking for work by the clock", {{"error", error.what()}});
      reported = true;
      wait_unless_stopped(stop, 3s);
    }
  }
}

}  // namespace smscrm
