// A thread of the daemon, by name, and whether it still makes progress.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "core/base/pulse.hpp"
#include "core/db/db.hpp"

namespace smscrm {

// One named thread that runs until it is asked to stop.
class Worker {
 public:
  Worker(std::string name, std::function<void(std::stop_token)> work);
  Worker(const Worker&) = delete;
  void ask_to_stop();
  void stop();  // asks, and waits until it has ended

  const std::string& name() const { return name_; }
  const Pulse& pulse() const { return pulse_; }  // of its loop, which says note_turn()

 private:
  const std::string name_;
  Pulse pulse_;
  std::jthread thread_;
};

// in_transaction, as a worker runs it: for whoever watches the thread it waits, and each statement is a turn.
template <class Work>
auto transact(Connection& db, Work&& work) {
  const Waiting for_database;
  return in_transaction(db, std::forward<Work>(work));
}

}  // namespace smscrm
