// A load generator for HTTP servers on this machine: one thread, many kept connections, requests made
// beforehand.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace smscrm {

struct LoadResult {
  std::chrono::duration<double> took{};
  std::map<int, std::uint64_t> statuses;  // answers by HTTP status
  std::chrono::microseconds p50{}, p99{}, worst{};

  double rate() const;  // answers a second
};

// Sends each request (whole, with its headers) once, over `connections` kept connections to "127.0.0.1:PORT",
// one at a time each, and waits for every answer. Throws Error{unavailable} when a connection is lost.
LoadResult run_load(const std::string& address, int connections, const std::vector<std::string>& requests);

}  // namespace smscrm
