#include "daemon/sandbox/fault.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace smscrm {

std::string_view to_string(Fault fault) {
  switch (fault) {
    case Fault::none:
      return "none";
    case Fault::too_many:
      return "too_many";
    case Fault::server_error:
      return "server_error";
    case Fault::hang:
      return "hang";
    case Fault::reset:
      return "reset";
    case Fault::close_reused:
      return "close_reused";
    case Fault::server_error_after:
      return "server_error_after";
    case Fault::hang_after:
      return "hang_after";
    case Fault::reset_after:
      return "reset_after";
    case Fault::close_reused_after:
      return "close_reused_after";
    case Fault::truncate_after:
      return "truncate_after";
  }
  return "";
}

bool strikes_after(Fault fault) { return fault >= Fault::server_error_after; }

Fault choose_fault(const SandboxFaults& f, double draw, bool reused) {
  const std::pair<Fault, double> chances[] = {
      {Fault::too_many, f.too_many},
      {Fault::server_error, f.server_error},
      {Fault::hang, f.hang},
      {Fault::reset, f.reset},
      {Fault::close_reused, f.close_reused},
      {Fault::server_error_after, f.server_error_after},
      {Fault::hang_after, f.hang_after},
      {Fault::reset_after, f.reset_after},
      {Fault::close_reused_after, f.close_reused_after},
      {Fault::truncate_after, f.truncate_after},
  };
  for (const auto& [fault, probability] : chances) {
    if (draw >= probability) {
      draw -= probability;
      continue;
    }
    const bool needs_reuse = fault == Fault::close_reused || fault == Fault::close_reused_after;
    return needs_reuse && !reused ? Fault::none : fault;
  }
  return Fault::none;
}

std::chrono::milliseconds choose_latency(const SandboxFaults& f, double draw) {
  const double tail = -std::log1p(-draw) * static_cast<double>(f.latency_mean_ms);
  const double all = static_cast<double>(f.latency_ms) + tail;
  return std::chrono::milliseconds{
      static_cast<std::int64_t>(std::min(all, static_cast<double>(f.latency_max_ms)))};
}

}  // namespace smscrm
