// smscrmd run: owns every part of the daemon, starts them in order and stops them in reverse.
// Its threads are listed in ARCHITECTURE.md, each with what it owns and what wakes it.
//
// The watchdog is fed while every thread makes progress. That is, for
//   http              its event loop looks at its deadlines, which it does every second; it waits for nobody
//   directory, scheduler, launcher, reconciler, deliverer, wake
//                     a turn of the loop, of which there is one every few seconds without work, too; of the
//                     reconciler and the deliverer each look at the answers to their requests
//   writer, receipts, receipts-2, clicks, sender
//                     the same; requests have a time-out and are never waited for alone
//   sender database   a job's next statement, or a turn without jobs
// Who waits for PostgreSQL is no hang: a restart would lose what is in memory and wait again. So a
// connection, a statement or a commit may take `longest_wait`. What has no answer by then comes from a server
// that will give none, and a restart makes a new connection.
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
  // `console_folder`: files of the console that stand in for those that were built in; empty: none do.
  explicit Service(const Config& config, const std::string& console_folder = "");
  ~Service();

  void start();

  // Goes on with what plan_reload makes of `next`, and says what that is. Throws as plan_reload, and then
  // nothing has changed. On the thread that starts and stops.
  Reload reload(const Config& next);

  static constexpr std::chrono::minutes longest_wait{10};

  // A thread that has worked for longer than `work` without a turn, or waited longer than `wait` for one
  // thing, by name. The first turns count from the start.
  std::optional<std::string> find_stuck(std::chrono::steady_clock::duration work,
                                        std::chrono::steady_clock::duration wait = longest_wait) const;

  // Answers what is in flight, writes what is queued, gives the lanes back.
  void stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace smscrm
