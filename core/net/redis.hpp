// Redis, which holds nothing that may not be lost: wake-ups between processes and short-lived values. The
// only place that includes hiredis. Data never becomes part of a command's text.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace smscrm {

// Published after a commit that gives the senders something to do.
inline constexpr const char* wake_channel = "smscrm:wake";

// A client that never fails: without a server, calls do nothing and say so. It logs once when the server goes
// and once when it is back, and tries to connect at most every three seconds. One thread owns it.
class Redis {
 public:
  // "redis://[[user]:password@]host[:port][/database]", the same over TLS as "rediss://…", which may end in
  // "?ca=FILE" for an authority that the system does not know, "unix:PATH" or "unix:PATH?db=N"; empty: no
  // Redis at all. In user and password %40 and the like are decoded. Does not connect yet. Throws
  // Error{usage} for any other address.
  explicit Redis(const std::string& url);
  ~Redis();
  Redis(Redis&&) noexcept;

  bool ping();
  bool publish(std::string_view channel, std::string_view text);
  bool set(std::string_view key, std::string_view value, std::chrono::seconds ttl);
  std::optional<std::string> get(std::string_view key);  // nullopt: absent, expired or no server

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Whether whoever reaches it over the network is served without a password. Not for Unix sockets, whose files
// have a mode; false when it does not answer. Throws as Redis.
bool is_open_to_all(const std::string& redis_url);

// Tells the senders at once that there is work; without Redis they look by themselves a little later.
void publish_wake(Redis& redis);

// Worker "wake": calls `woken` on its own thread for each message on wake_channel.
class WakeListener {
 public:
  WakeListener(std::string url, std::function<void()> woken);
  void run(std::stop_token stop);

 private:
  std::string url_;
  std::function<void()> woken_;
};

}  // namespace smscrm
