// An HTTP server that misbehaves exactly as a test says: each request is handed over whole, and what is done
// with the connection is up to the test.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace smscrm::test {

// One request as it came.
struct RawRequest {
  std::string head;  // request line and headers
  std::string body;
  int of_connection = 0;  // 1 for the first request on its connection
};

// What to write; the connection is closed after it when `close`.
struct RawReply {
  std::string bytes;
  bool close = false;
};

std::string http_reply(int status, const std::string& body, const std::string& headers = "");

class RawPeer {
 public:
  // `answer` is called on the thread of a connection, several at a time.
  using Answer = std::function<RawReply(const RawRequest&)>;
  explicit RawPeer(Answer answer);
  ~RawPeer();
  RawPeer(const RawPeer&) = delete;

  std::string url() const;  // "http://127.0.0.1:PORT"

 private:
  void accept_all();
  void serve(int fd);

  Answer answer_;
  int listener_;
  int port_;
  std::mutex mutex_;  // guards the two below
  std::vector<int> connections_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stopping_{false};
  std::thread acceptor_;
};

}  // namespace smscrm::test
