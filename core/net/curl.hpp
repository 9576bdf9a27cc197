// HTTP as a client: the only place that includes libcurl. HTTP/1.1, TLS checked, no redirect followed, no
// request ever sent twice.
//
// libcurl 7.88 sends a POST again by itself when a reused connection dies before a reply, though the peer may
// have acted on the first copy. Here it has to ask before each copy leaves and is refused the second, so the
// caller learns that nobody knows; unless the call says that it may be repeated. Once a call has ended,
// nothing of it that has not left leaves any more.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.hpp"
#include "core/net/network.hpp"

namespace smscrm {

enum class HttpMethod { get, post, delete_ };

struct HttpCall {
  HttpMethod method = HttpMethod::get;
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string user, password;        // basic authentication; none when `user` is empty
  std::string body;                  // of a POST; form-encoded unless a header says otherwise
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{15'000};  // of the whole call
  // A POST of which nothing has left by then is not sent: what makes a daemon that slept through its lease
  // harmless.
  std::optional<std::chrono::steady_clock::time_point> send_before;
  // For URLs that strangers choose: nothing is connected to but what it permits, judged by the address of the
  // socket, whatever a name resolved to before; and no proxy is asked. Null: anything, as the environment
  // says. Kept connections are not judged again: the calls of one HttpMulti must have one guard.
  std::shared_ptr<const AddressGuard> guard = nullptr;
  bool no_proxy = false;         // whatever the environment says
  std::string unix_socket = {};  // its path, connected to instead of the URL's host; empty: none
  // Only so much of the reply's body is read; what comes after is dropped with the connection.
  std::optional<std::size_t> reply_start = {};
  bool may_repeat = false;  // the peer is known to stand the same request twice
};

enum class HttpFailure {
  none,       // there is a whole reply, whatever its status
  not_sent,   // no connection, or it came too late: nothing of the request has left
  ambiguous,  // the request left and there is no whole reply
};

struct HttpResult {
  HttpFailure failure = HttpFailure::none;
  std::string error;                                // curl's words; empty when there is a reply
  int status = 0;                                   // 0 without a reply
  std::string body;                                 // at most 4 MiB; a longer one counts as ambiguous
  std::string content_type;                         // as sent, parameters included; empty when not given
  std::optional<std::chrono::seconds> retry_after;  // Retry-After, when given in seconds
  std::optional<int> concurrent_requests;           // Twilio-Concurrent-Requests
  std::optional<Timestamp> date;                    // Date: the peer's clock, to the second
  std::chrono::microseconds took{0};
};

// Makes one call and waits for it. Safe from any thread.
HttpResult http_request(const HttpCall& call);

// Many calls at once over kept connections. One thread owns it; only wake() may come from others.
class HttpMulti {
 public:
  struct Finished {
    std::uint64_t id;
    HttpResult result;
  };

  explicit HttpMulti(std::size_t max_connections);
  ~HttpMulti();  // drops what is in flight
  HttpMulti(const HttpMulti&) = delete;

  // `id` comes back with the result and means nothing here.
  void start(std::uint64_t id, HttpCall call);

  // Moves every call on, waits up to `timeout` for something to happen and returns the calls that have ended,
  // maybe none.
  std::vector<Finished> wait(std::chrono::milliseconds timeout);

  std::size_t in_flight() const;

  // Ends a wait early.
  void wake();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace smscrm
