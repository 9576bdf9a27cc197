// The way to answer one request later, from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "daemon/http/message.hpp"

namespace smscrm {

struct HttpAnswer {
  enum class Kind { send, truncate, close, reset, more } kind = Kind::send;
  // `more`: there is something in the stream that the response has for a body.
  std::uint64_t ticket = 0;    // which request of its loop
  HttpResponse response;       // for send and truncate
  std::size_t body_bytes = 0;  // for truncate: how much of the body to send
};

// Takes answers from any thread to the thread of one loop; part of the server, not for handlers.
// It outlives the loop: what is put after the loop has ended is dropped.
class HttpMailbox {
 public:
  // `wake` makes the loop call take() soon; it is called under the lock, and never after close().
  explicit HttpMailbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  bool put(HttpAnswer answer);                // false when the loop has ended
  void put(std::vector<HttpAnswer> answers);  // wakes the loop once
  std::vector<HttpAnswer> take();
  void close();

 private:
  std::mutex mutex_;  // guards all below
  std::vector<HttpAnswer> answers_;
  std::function<void()> wake_;  // empty once closed
};

// Answers one request, once. A reply whose connection or server is gone is dropped in silence, so a handler
// may hold it for as long as it likes. Destroying one that was not answered answers 500 and logs our bug.
// Not to be used by two threads at once.
class HttpReply {
 public:
  HttpReply(std::shared_ptr<HttpMailbox> mailbox, std::uint64_t ticket)
      : mailbox_(std::move(mailbox)), ticket_(ticket) {}
  HttpReply(HttpReply&&) noexcept = default;
  HttpReply& operator=(HttpReply&& other) noexcept;
  ~HttpReply();

  void send(HttpResponse response);

  // Answers many, and wakes each loop once: what a group commit wants.
  static void send_all(std::vector<std::pair<HttpReply, HttpResponse>> answers);

  // Faults, for imitations of a bad server; no client of ours should ever see them from smscrmd itself.
  void reset();  // drops the connection with RST (on a Unix socket: just closes it)
  void close();  // closes in order, without an answer to the request that was read
  void truncate(HttpResponse response, std::size_t body_bytes);  // announces it all, sends a part, closes

  explicit operator bool() const noexcept { return mailbox_ != nullptr; }  // not answered yet

 private:
  void put(HttpAnswer answer);

  std::shared_ptr<HttpMailbox> mailbox_;  // null once answered
  std::uint64_t ticket_;
};

}  // namespace smscrm
