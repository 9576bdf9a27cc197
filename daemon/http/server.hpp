// The HTTP/1.1 server: of smscrmd, of `smscrmd sandbox`, and of the tests that need a peer.
// It is strict where a lenient server behind a proxy is a hole (RFC 9112: one Host, one length, nothing
// ambiguous), and refuses what takes too long, so it may also face the network alone. No TLS.
//
// Threads "http-0" …: each runs one loop of asynchronous sockets and calls the handlers of its routes.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "daemon/http/listener.hpp"
#include "daemon/http/message.hpp"
#include "daemon/http/routes.hpp"
#include "daemon/metrics.hpp"

namespace smscrm {

struct HttpOptions {
  // "127.0.0.1:8080", "[::1]:8080", "localhost:8080", "unix:/run/smscrm/http.sock", or "fd://" for the
  // sockets that systemd passes (sd_listen_fds(3)). Port 0 takes any free port.
  std::vector<std::string> listen;
  int threads = 1;
  std::size_t max_header_bytes = 16 * 1024;  // more is 431, or 414 when the request line alone is longer
  std::size_t max_body_bytes = 1024 * 1024;  // more is 413
  std::size_t max_bodies_bytes =
      64 * 1024 * 1024;  // of all that are being read: what came slowest is dropped for more
  std::size_t max_connections =
      10'000;  // for more the longest idle one is closed; without one they wait in the backlog
  std::size_t max_connections_of_peer = 0;         // of an address that is no trusted proxy; 0: any
  std::chrono::milliseconds idle_timeout{75'000};  // between requests; then the connection is closed
  std::chrono::milliseconds request_timeout{
      20'000};                                       // from the first byte of a request to its last; then 408
  std::chrono::milliseconds answer_timeout{60'000};  // for the handler's answer; then 503
  std::chrono::milliseconds write_timeout{30'000};   // for the client to take the response; then RST
  std::chrono::milliseconds linger_timeout{1'000};   // for the client to close after a last response
  // Addresses or networks ("10.0.0.0/8") whose X-Forwarded-For is believed for HttpRequest::remote, and
  // "unix" for peers on Unix sockets. Whoever else could say so would choose what limits count them by.
  std::vector<std::string> trusted_proxies;
};

struct HttpCounts {
  std::uint64_t connections = 0;  // accepted since start
  std::uint64_t open_connections = 0;
  std::uint64_t in_flight = 0;                  // requests handed to the handler and not answered yet
  std::array<std::uint64_t, 6> responses = {};  // by class: [2] counts 2xx; [0] and [1] stay 0
};

class HttpLoop;
struct HttpCounters;

class HttpServer {
 public:
  // Binds. Throws Error{usage} for an address that is none, Error{unavailable} for one that cannot be had: a
  // Unix socket that nobody serves is replaced, a served one is not.
  HttpServer(HttpOptions options, HttpRoutes routes);
  HttpServer(HttpOptions options, HttpHandler handler)
      : HttpServer(std::move(options), HttpRoutes{std::move(handler)}) {}
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();  // drains without patience

  std::vector<std::string> addresses() const;  // as in `listen`, with the real port

  void start();  // once

  // Accepts what waits in the backlog, stops listening, lets requests in flight and those that already
  // arrived end, closes idle connections, and after `deadline` whatever is left. Returns when the threads
  // have ended. Not to be called by a handler.
  void drain(std::chrono::milliseconds deadline);

  HttpCounts counts() const;  // from any thread
  std::vector<const MetricSet*> metrics() const;

  // When the slowest of its threads last turned its loop, which each does every second. From any thread.
  std::chrono::steady_clock::time_point turned_at() const;

 private:
  std::unique_ptr<const HttpOptions> options_;
  std::unique_ptr<const HttpRoutes> routes_;
  std::unique_ptr<HttpCounters> counters_;
  std::vector<Listener> listeners_;  // each loop accepts from duplicates of them
  std::vector<std::string> addresses_;
  std::vector<std::unique_ptr<HttpLoop>> loops_;
  std::vector<std::jthread> threads_;
};

}  // namespace smscrm
