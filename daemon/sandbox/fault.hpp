// Which fault strikes a request.
#pragma once

#include <chrono>
#include <string_view>

#include "daemon/sandbox/settings.hpp"

namespace smscrm {

enum class Fault {
  none,
  too_many,
  server_error,
  hang,
  reset,
  close_reused,
  server_error_after,
  hang_after,
  reset_after,
  close_reused_after,
  truncate_after,
};
std::string_view to_string(Fault fault);  // the key of SandboxFaults

// Whether the request is accepted, if it is valid, before the fault strikes.
bool strikes_after(Fault fault);

// `draw` is of [0, 1). A fault of reused connections spares a new one.
Fault choose_fault(const SandboxFaults& faults, double draw, bool reused);

std::chrono::milliseconds choose_latency(const SandboxFaults& faults, double draw);

}  // namespace smscrm
