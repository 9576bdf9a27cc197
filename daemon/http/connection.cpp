#include "daemon/http/connection.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <sys/socket.h>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "daemon/http/loop.hpp"
#include "daemon/http/stream.hpp"

namespace smscrm {

HttpConnection::HttpConnection(HttpLoop& loop, StreamSocket socket, std::string peer)
    : loop_(loop), socket_(std::move(socket)), peer_(std::move(peer)) {
  enter(Phase::idle, loop_.options().idle_timeout);
  loop_.add(*this);
}

HttpConnection::~HttpConnection() {
  hold(0);
  loop_.remove(*this);
}

void HttpConnection::hold(std::size_t bytes) {
  if (aborted_) bytes = 0;
  const auto before = std::exchange(held_, bytes);
  if (before != bytes) loop_.count_body(before, bytes);
}

void HttpConnection::enter(Phase phase, std::chrono::milliseconds limit) {
  phase_ = phase;
  phase_began_ = std::chrono::steady_clock::now();
  deadline_ = phase_began_ + limit;
  expired_ = false;
}

bool HttpConnection::has_input() {
  char byte;
  return begin_ < in_.size() || ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void HttpConnection::expire() {
  expired_ = true;
  if (phase_ == Phase::answer) {
    answer({HttpAnswer::Kind::send, ticket_, {503, "text/plain", "no answer in time, try again\n", {}}, 0});
    return;
  }
  NetError ignored;
  socket_.cancel(ignored);
}

void HttpConnection::abort() {
  aborted_ = true;
  hold(0);
  if (phase_ == Phase::answer || phase_ == Phase::stream) {
    answer({HttpAnswer::Kind::reset, ticket_, {}, 0});
    return;
  }
  NetError ignored;
  socket_.cancel(ignored);
}

void HttpConnection::begin_drain() {
  if (phase_ == Phase::stream) answer({HttpAnswer::Kind::more, ticket_, {}, 0});
}

void HttpConnection::answer(HttpAnswer given) {
  // The ticket goes first: what serve() does next may end this connection.
  loop_.forget_answer(ticket_);
  answer_ = std::move(given);
  if (!waiter_) return;
  auto waiter = std::move(*waiter_);
  waiter_.reset();
  waiter();
}

Task<> HttpConnection::serve(std::unique_ptr<HttpConnection> connection) {
  HttpConnection& self = *connection;
  for (;;) {
    const Outcome outcome = co_await self.read_request();
    if (outcome == Outcome::gone) co_return;
    if (outcome == Outcome::refused) {
      const bool written = co_await self.respond(self.answer_.response, self.answer_.response.body.size());
      if (!written) co_return;
      break;
    }
    const bool again = co_await self.exchange();
    if (!again) break;
  }
  if (self.socket_.is_open()) co_await self.linger();
}

Task<HttpConnection::Outcome> HttpConnection::read_request() {
  const HttpOptions& options = loop_.options();
  parser_.emplace(options.max_header_bytes, options.max_body_bytes);
  match_.reset();
  enter(Phase::idle, options.idle_timeout);
  bool may_continue = false;  // the client may be waiting for 100 Continue
  for (;;) {
    const bool in_blank_line = !parser_->started() && !skip_blank_lines();
    while (!in_blank_line && !unread().empty()) {
      if (phase_ == Phase::idle) enter(Phase::request, options.request_timeout);
      const auto step = parser_->feed(unread());
      take(step.taken);
      hold(parser_->request().body.size());
      if (step.status == HttpParser::Status::failed) {
        refuse(parser_->failure());
        co_return Outcome::refused;
      }
      if (step.status == HttpParser::Status::done) co_return Outcome::request;
      if (step.status == HttpParser::Status::need_more) break;
      if (!accept_body()) co_return Outcome::refused;
      may_continue = parser_->wants_continue();
    }
    if (may_continue && unread().empty()) {
      may_continue = false;
      const bool written = co_await write("HTTP/1.1 100 Continue\r\n\r\n", {});
      if (!written) co_return Outcome::gone;
    }
    const bool more = co_await fill();
    if (more) continue;
    if (!expired_ || aborted_ || phase_ == Phase::idle) co_return Outcome::gone;
    refuse(408);
    co_return Outcome::refused;
  }
}

// RFC 9112 2.2: an empty line before a request line is to be ignored. False: half of one is all there is.
bool HttpConnection::skip_blank_lines() {
  while (unread().starts_with("\r\n")) take(2);
  return unread() != "\r";
}

void HttpConnection::take(std::size_t bytes) {
  begin_ += bytes;
  if (begin_ < in_.size()) return;
  in_.clear();
  begin_ = 0;
}

Task<bool> HttpConnection::fill() {
  for (;;) {
    auto& scratch = loop_.scratch();
    NetError ec;
    const std::size_t got = socket_.read_some(net::buffer(scratch), ec);
    if (!ec) {
      in_.erase(0, begin_);
      begin_ = 0;
      in_.append(scratch.data(), got);
      co_return true;
    }
    if (ec != net::error::would_block) co_return false;
    if (phase_ == Phase::idle && in_.empty()) in_.shrink_to_fit();
    const bool readable = co_await ready(StreamSocket::wait_read);
    if (!readable) co_return false;
  }
}

Task<bool> HttpConnection::ready(StreamSocket::wait_type what) {
  if (expired_ || aborted_) co_return false;
  NetError ec;
  co_await socket_.async_wait(what, net::redirect_error(resume, ec));
  co_return !ec && !expired_ && !aborted_;
}

void HttpConnection::refuse(int status) {
  refuse({status, "text/plain", fmt::format("{}\n", reason_phrase(status)), {}});
}

void HttpConnection::refuse(HttpResponse response) {
  keep_alive_ = false;
  is_head_ = parser_->request().method == "HEAD";
  answer_.response = std::move(response);
}

// A body that nobody wants is not read.
bool HttpConnection::accept_body() {
  match_ = loop_.routes().find(parser_->request().method, parser_->request().path);
  if (match_->entry == nullptr) return refuse(std::move(match_->refusal)), false;
  if (!parser_->limit_body(match_->entry->route.max_body_bytes)) return refuse(413), false;
  return true;
}

Task<> HttpConnection::answered() {
  return net::async_initiate<const Resume, void()>(
      [this](auto waiter) {
        waiter_.emplace(std::move(waiter));
        dispatch();
      },
      resume);
}

void HttpConnection::dispatch() {
  HttpRequest request = std::move(parser_->request());
  request.sequence = sequence_++;
  request.remote = peer_;
  if (loop_.proxies().trusts(peer_)) {
    std::string hops;
    for (const auto& [name, value] : request.headers)
      if (to_lower(name) == "x-forwarded-for") hops += hops.empty() ? value : "," + value;
    request.remote = loop_.proxies().client(peer_, hops);
  }
  is_head_ = request.method == "HEAD";
  if (!match_) match_ = loop_.routes().find(request.method, request.path);  // it has no body
  request.parts = std::move(match_->parts);
  hold(0);
  parser_.reset();
  auto reply = loop_.await_answer(*this, ticket_);
  if (match_->entry == nullptr) return reply.send(std::move(match_->refusal));
  try {
    match_->entry->route.handler(std::move(request), std::move(reply));
  } catch (const std::exception& e) {
    log_error("an HTTP handler threw", {{"error", e.what()}});
  }
}

Task<bool> HttpConnection::exchange() {
  keep_alive_ = parser_->keep_alive();
  enter(Phase::answer, loop_.options().answer_timeout);
  ++loop_.counters().in_flight;
  co_await answered();
  --loop_.counters().in_flight;
  if (match_->entry != nullptr)
    match_->entry->answer_seconds.observe(std::chrono::steady_clock::now() - phase_began_);
  const bool late = expired_;
  // Moved out, so that its body is freed when this frame ends, not with the next answer.
  const HttpAnswer given = std::move(answer_);
  if (match_->entry != nullptr && given.response.status >= 500) ++match_->entry->failures;
  switch (given.kind) {
    case HttpAnswer::Kind::reset:
      hard_close();
      co_return false;
    case HttpAnswer::Kind::close:
      co_return false;
    case HttpAnswer::Kind::truncate: {
      keep_alive_ = keep_alive_ && !loop_.draining();
      co_await respond(given.response, given.body_bytes);
      co_return false;
    }
    case HttpAnswer::Kind::send:
    case HttpAnswer::Kind::more:
      break;
  }
  keep_alive_ = keep_alive_ && !late && !loop_.draining() && !given.response.stream;
  const bool written = co_await respond(given.response, given.response.body.size());
  if (const auto& stream = given.response.stream) {
    if (written && !is_head_) co_await pass_on(*stream);
    stream->abandon();
  }
  co_return written&& keep_alive_;
}

// Its client is heard of when it does not take what is written to it.
Task<> HttpConnection::pass_on(HttpStream& stream) {
  for (;;) {
    const auto bytes = stream.take();
    if (!bytes) co_return;
    if (!bytes->empty()) {
      enter(Phase::write, loop_.options().write_timeout);
      const bool written = co_await write(*bytes, {});
      if (!written) {
        hard_close();
        co_return;
      }
      continue;
    }
    if (loop_.draining()) co_return;
    enter(Phase::stream, std::chrono::hours{24 * 365});
    co_await filled(stream);
    if (aborted_) {
      hard_close();
      co_return;
    }
  }
}

Task<> HttpConnection::filled(HttpStream& stream) {
  return net::async_initiate<const Resume, void()>(
      [this, &stream](auto waiter) {
        waiter_.emplace(std::move(waiter));
        auto mailbox = loop_.await_more(*this, ticket_);
        stream.when_filled([mailbox = std::move(mailbox), ticket = ticket_] {
          mailbox->put({HttpAnswer::Kind::more, ticket, {}, 0});
        });
      },
      resume);
}

Task<bool> HttpConnection::respond(const HttpResponse& response, std::size_t body_bytes) {
  enter(Phase::write, loop_.options().write_timeout);
  int status = response.status;
  std::string head;
  std::string_view body = response.body;
  try {
    head = format_head(response, loop_.date(), keep_alive_);
  } catch (const Error& e) {
    log_error("an HTTP response cannot be sent", {{"error", e.what()}});
    status = 500;
    body = {};
    head = format_head({500, "", "", {}}, loop_.date(), keep_alive_);
  }
  if (is_head_ || status == 204 || status == 304) body = {};
  if (status >= 200 && status < 600) ++loop_.counters().responses_of(status);
  const bool written = co_await write(head, body.substr(0, body_bytes));
  if (!written) hard_close();
  co_return written;
}

Task<bool> HttpConnection::write(std::string_view head, std::string_view body) {
  std::array<net::const_buffer, 2> rest = {net::buffer(head), net::buffer(body)};
  while (net::buffer_size(rest) > 0) {
    NetError ec;
    std::size_t sent = socket_.write_some(rest, ec);
    if (ec == net::error::would_block) {
      const bool writable = co_await ready(StreamSocket::wait_write);
      if (!writable) co_return false;
      continue;
    }
    if (ec) co_return false;
    for (auto& buffer : rest) {
      const auto part = std::min(sent, buffer.size());
      buffer += part;
      sent -= part;
    }
  }
  co_return true;
}

// Closing with input unread makes the kernel send RST, which may overtake the response.
Task<> HttpConnection::linger() {
  enter(Phase::linger, loop_.options().linger_timeout);
  NetError ec;
  socket_.shutdown(StreamSocket::shutdown_send, ec);
  while (!ec) {
    socket_.read_some(net::buffer(loop_.scratch()), ec);
    if (ec != net::error::would_block) continue;
    const bool readable = co_await ready(StreamSocket::wait_read);
    if (!readable) co_return;
    ec = {};
  }
}

void HttpConnection::hard_close() {
  NetError ignored;
  socket_.set_option(net::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

}  // namespace smscrm
