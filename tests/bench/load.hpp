// A load generator for HTTP servers on this machine: one thread, many kept connections, requests made
// beforehand.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace smscrm {

// Kept connections to "127.0.0.1:PORT", one request at a time each. One thread owns it. Throws
// Error{unavailable} when a connection is lost.
class LoadClient {
 public:
  using Answered = std::function<void(int status, std::chrono::microseconds took)>;

  LoadClient(const std::string& address, int connections, Answered answered);
  ~LoadClient();
  LoadClient(const LoadClient&) = delete;

  // Takes requests (whole, with their headers) from the front as long as connections are free, waits up to
  // `timeout` for answers and takes more. False when nothing came.
  bool move_on(std::deque<std::string>& requests, std::chrono::milliseconds timeout);
  std::size_t open() const;  // requests not answered

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// `count` clients of an attacker's kind, for as long as it lives: each sends the head of a request a byte a
// second, never the end of it, and connects anew when it is cut off. Allows this process the descriptors, for
// the server's side, too. Throws Error{unavailable} when the machine does not.
class SlowClients {
 public:
  SlowClients(const std::string& address, std::size_t count);
  SlowClients(const SlowClients&) = delete;

 private:
  std::jthread thread_;
};

struct LoadResult {
  std::chrono::duration<double> took{};
  std::map<int, std::uint64_t> statuses;  // answers by HTTP status
  std::chrono::microseconds p50{}, p99{}, worst{};

  double rate() const;  // answers a second
};

// Sends each request once and waits for every answer.
LoadResult run_load(const std::string& address, int connections, const std::vector<std::string>& requests);

}  // namespace smscrm
