// What the loops count and HttpServer::counts shows.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace smscrm {

struct HttpCounters {
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> open_connections{0};
  std::atomic<std::uint64_t> in_flight{0};
  std::array<std::atomic<std::uint64_t>, 6> responses{};
};

}  // namespace smscrm
