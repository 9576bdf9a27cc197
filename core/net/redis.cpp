#include "core/net/redis.hpp"

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
using RedisContext = std::unique_ptr<redisContext, Deleter<redisFree>>;
using RedisReply = std::unique_ptr<redisReply, Deleter<freeReplyObject>>;

constexpr int idle_turn = 2'000;   // ms that a listener sleeps at a stretch
constexpr timeval patience{1, 0};  // to connect and for each answer: Redis is speed, or it is nothing

struct Address {
  std::string path;  // of a socket; empty: host and port
  std::string host;
  int port = 6379;
  std::string password;
  std::string database;
};

Address parse_address(const std::string& url) {
  const auto bad = [&] {
    return Error(Errc::usage, "redis.url is not an address of Redis")
        .with_hint("write it as redis://host:6379 or unix:/path/of/the.sock");
  };
  Address address;
  std::string_view rest = url;
  if (rest.rfind("unix:", 0) == 0) {
    rest.remove_prefix(rest.rfind("unix://", 0) == 0 ? 7 : 5);
    const auto query = rest.find("?db=");
    address.path = rest.substr(0, query);
    if (query != std::string_view::npos) address.database = rest.substr(query + 4);
    if (address.path.empty()) throw bad();
    return address;
  }
  if (rest.rfind("redis://", 0) != 0) throw bad();
  rest.remove_prefix(8);
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    const auto user = rest.substr(0, at);
    const auto colon = user.find(':');
    address.password = colon == std::string_view::npos ? user : user.substr(colon + 1);
    rest.remove_prefix(at + 1);
  }
  if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
    address.database = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
  }
  if (const auto colon = rest.rfind(':'); colon != std::string_view::npos) {
    const auto port = parse_integer(rest.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) throw bad();
    address.port = static_cast<int>(*port);
    rest = rest.substr(0, colon);
  }
  address.host = rest;
  if (address.host.empty()) throw bad();
  return address;
}

RedisReply command(redisContext* context, const std::vector<std::string_view>& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const auto& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  RedisReply reply{static_cast<redisReply*>(
      redisCommandArgv(context, static_cast<int>(words.size()), texts.data(), sizes.data()))};
  if (!reply) throw Error(Errc::unavailable, "redis: {}", context->errstr);
  if (reply->type == REDIS_REPLY_ERROR)
    throw Error(Errc::unavailable, "redis: {}",
                std::string_view{reply->str, static_cast<std::size_t>(reply->len)});
  return reply;
}

RedisContext connect(const Address& address) {
  RedisContext context{address.path.empty()
                           ? redisConnectWithTimeout(address.host.c_str(), address.port, patience)
                           : redisConnectUnixWithTimeout(address.path.c_str(), patience)};
  if (!context) throw Error(Errc::unavailable, "redis: out of memory");
  if (context->err != 0) throw Error(Errc::unavailable, "redis: {}", context->errstr);
  redisSetTimeout(context.get(), patience);
  if (!address.password.empty()) command(context.get(), {"AUTH", address.password});
  if (!address.database.empty()) command(context.get(), {"SELECT", address.database});
  return context;
}

}  // namespace

struct Redis::State {
  std::optional<Address> address;  // nullopt: none configured
  RedisContext context;
  std::chrono::steady_clock::time_point try_again{};
  bool reported = false;

  // nullptr: no server.
  RedisReply run(const std::vector<std::string_view>& words) {
    if (!address) return nullptr;
    try {
      if (!context) {
        const auto time = std::chrono::steady_clock::now();
        if (time < try_again) return nullptr;
        try_again = time + 3s;
        context = connect(*address);
        if (reported) log_info("redis is back");
        reported = false;
      }
      return command(context.get(), words);
    } catch (const Error& error) {
      context.reset();
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
      const auto context = connect(address);
      command(context.get(), {"SUBSCRIBE", wake_channel});
      if (reported) log_info("redis is back");
      reported = false;
      woken_();  // what was published while nobody listened
      for (;;) {
        pollfd files[] = {{context->fd, POLLIN, 0}, {stopped.fd, POLLIN, 0}};
        note_turn();
        if (::poll(files, 2, idle_turn) == 0) continue;
        if (stop.stop_requested()) break;
        if (redisBufferRead(context.get()) != REDIS_OK)
          throw Error(Errc::unavailable, "redis: {}", context->errstr);
        bool any = false;
        for (void* message = nullptr;
             redisReaderGetReply(context->reader, &message) == REDIS_OK && message;) {
          const RedisReply reply{static_cast<redisReply*>(message)};
          message = nullptr;
          any = true;
        }
        if (any) woken_();
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
