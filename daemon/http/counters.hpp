// What the loops count.
#pragma once

#include <array>

#include "daemon/metrics.hpp"

namespace smscrm {

struct HttpCounters {
  Counter& responses_of(int status) { return responses[static_cast<std::size_t>(status / 100 - 2)]; }

  MetricSet metrics;
  std::array<Counter, 4> responses{of_class("2xx"), of_class("3xx"), of_class("4xx"), of_class("5xx")};
  Gauge open_connections{metrics, "smscrm_http_connections", "Open HTTP connections."};
  Gauge in_flight{metrics, "smscrm_http_requests_in_flight", "Requests that wait for an answer."};
  std::atomic<std::uint64_t> connections{0};

 private:
  Counter of_class(const char* name) {
    return {metrics, "smscrm_http_responses_total", "HTTP responses by class.",
            std::string{"class=\""} + name + '"'};
  }
};

}  // namespace smscrm
