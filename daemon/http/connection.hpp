// One connection: reads requests one after the other, hands each to the handler, writes its answer.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/http/asio.hpp"
#include "daemon/http/parser.hpp"
#include "daemon/http/reply.hpp"
#include "daemon/http/routes.hpp"

namespace smscrm {

class HttpLoop;

class HttpConnection {
 public:
  HttpConnection(HttpLoop& loop, StreamSocket socket, std::string peer);
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  ~HttpConnection();

  // Serves until the connection ends; owns it.
  static Task<> serve(std::unique_ptr<HttpConnection> connection);

  // For the loop, while serve() is suspended.
  bool is_idle() const { return phase_ == Phase::idle; }
  bool has_input();  // bytes that serve() has not seen yet
  SteadyTime idle_since() const { return phase_began_; }
  SteadyTime deadline() const { return deadline_; }
  void expire();       // the deadline has passed
  void abort();        // ends at once, whatever it does
  void begin_drain();  // a stream ends with what it has
  const std::string& peer() const { return peer_; }
  bool is_aborted() const { return aborted_; }
  std::size_t held_bytes() const { return held_; }  // of a body that is being read
  SteadyTime phase_began() const { return phase_began_; }
  void answer(HttpAnswer answer);

 private:
  enum class Phase { idle, request, answer, stream, write, linger };
  enum class Outcome { request, refused, gone };

  Task<Outcome> read_request();
  Task<bool> fill();  // more input; false at its end or when the time is over
  Task<bool> ready(StreamSocket::wait_type what);
  Task<bool> exchange();  // false when the connection is not to be used again
  Task<bool> respond(const HttpResponse& response, std::size_t body_bytes);
  Task<bool> write(std::string_view head, std::string_view body);
  Task<> pass_on(HttpStream& stream);  // until it ends, or its client does
  Task<> filled(HttpStream& stream);
  Task<> linger();
  Task<> answered();
  void dispatch();
  void refuse(int status);
  void refuse(HttpResponse response);
  bool accept_body();  // false: refused
  void enter(Phase phase, std::chrono::milliseconds limit);
  bool skip_blank_lines();
  std::string_view unread() const { return std::string_view{in_}.substr(begin_); }
  void take(std::size_t bytes);
  void hold(std::size_t bytes);  // so much of a body there is now
  void hard_close();

  HttpLoop& loop_;
  StreamSocket socket_;
  std::string peer_;
  std::string in_;  // input from begin_ on is still to be parsed; freed while idle
  std::size_t begin_ = 0;
  std::optional<HttpParser> parser_;        // of the current request
  std::optional<HttpRoutes::Match> match_;  // of the current request, once its head is whole
  bool is_head_ = false;
  bool keep_alive_ = false;
  unsigned sequence_ = 0;
  std::uint64_t ticket_ = 0;
  std::optional<net::async_result<Resume, void()>::handler_type>
      waiter_;  // serve(), while it waits for answer_
  HttpAnswer answer_;
  Phase phase_ = Phase::idle;
  SteadyTime phase_began_;
  SteadyTime deadline_;
  std::size_t held_ = 0;
  bool expired_ = false;
  bool aborted_ = false;
};

}  // namespace smscrm
