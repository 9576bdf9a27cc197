// smscrmd run: owns every part of the daemon, starts them in order and stops them in reverse.
// Its threads are listed in ARCHITECTURE.md, each with what it owns and what wakes it.
//
// A thread whose step fails logs it once, waits and goes on with a new connection: no failure of PostgreSQL,
// Redis or the provider ends the daemon.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "core/config.hpp"
#include "daemon/reload.hpp"

namespace smscrm {

class Service {
 public:
  // Opens everything that can fail for a reason that an operator must mend: throws Error{usage} while a
  // migration is pending or the key file does not fit, Error{unavailable} when the database or an address to
  // listen on cannot be had.
  explicit Service(const Config& config);
  ~Service();

  void start();

  // Goes on with what plan_reload makes of `next`, and says what that is. Throws as plan_reload, and then
  // nothing has changed. On the thread that starts and stops.
  Reload reload(const Config& next);

  // A thread that has made no progress for so long, by name. The first turns count from the start.
  std::optional<std::string> find_stuck(std::chrono::steady_clock::duration limit) const;

  // Answers what is in flight, writes what is queued, gives the lanes back.
  void stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace smscrm
