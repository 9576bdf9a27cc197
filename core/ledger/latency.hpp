// How long it took from the claim of a message until it was delivered, counted by classes of duration whose
// bounds grow by the fourth root of two: a percentile read off them is within a tenth of the true one.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

namespace smscrm {

// The number of bounds that are not above it: 0 below 100 ms, 85 from 58 hours on. SQL's latency_class says
// the same (migrations/0090_rollup.sql).
int latency_class(std::chrono::microseconds latency);

struct Latency {
  std::int64_t messages = 0;
  std::chrono::milliseconds p50{0}, p95{0};
};

// `counts`: messages by class. nullopt: there are none. Between the bounds of a class all durations count as
// alike frequent.
std::optional<Latency> measure_latency(const std::map<int, std::int64_t>& counts);

}  // namespace smscrm
