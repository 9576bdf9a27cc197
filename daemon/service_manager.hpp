// The service manager, systemd, as far as it wants to hear of us. Rule: sd_notify(3), sd_watchdog_enabled(3).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace smscrm {

class ServiceManager {
 public:
  // From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID in the environment.
  ServiceManager();

  // Lines such as "READY=1"; nothing happens when nobody listens. From any thread.
  void tell(std::string_view lines) const;

  // How long it waits for "WATCHDOG=1" before it kills us; nullopt: for ever.
  std::optional<std::chrono::microseconds> patience() const { return patience_; }

 private:
  std::string socket_;
  std::optional<std::chrono::microseconds> patience_;
};

}  // namespace smscrm
