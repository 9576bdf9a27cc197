// A thread for the database work of a worker that must not wait for it: requests go on leaving while a batch
// is claimed or written.
//
// Jobs run one after another in the order given, over one connection that is opened when it is first needed.
// One thread owns this; only the jobs run on another.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/base/pulse.hpp"
#include "core/db/db.hpp"

namespace smscrm {

class DbThread {
 public:
  using Work = std::function<void(Connection&)>;
  // How it ended: null when well. Called by collect().
  using Done = std::function<void(std::exception_ptr)>;

  // `on_end` is called from the thread after each job, to say that collect() has something to do.
  DbThread(std::string url, std::string application, std::function<void()> on_end);
  ~DbThread();  // after the job at hand; those that wait are dropped
  DbThread(const DbThread&) = delete;

  // After a failure that says Errc::unavailable the connection is given up, and what was submitted before
  // the owner collected that failure fails with it: nothing runs behind a job whose effect nobody knows.
  void submit(Work work, Done done);

  // Calls `done` for what has ended, in order. When one throws, those after it are left for the next call.
  void collect();

  const Pulse& pulse() const { return pulse_; }  // of the thread: the job at hand

  // Jobs not collected.
  std::size_t pending() const { return pending_; }

 private:
  struct Job {
    Work work;
    Done done;
    std::uint64_t epoch;  // of the connection
    std::exception_ptr failure;
  };

  void run();
  std::exception_ptr perform(std::optional<Connection>& db, const Job& job);

  const std::string url_, application_;
  const std::function<void()> on_end_;
  std::size_t pending_ = 0;   // the owner's
  std::uint64_t epoch_ = 0;   // the owner's: raised when it collects the loss of a connection
  std::uint64_t broken_ = 0;  // the thread's: jobs of an epoch below fail ...
  std::exception_ptr loss_;   // ... with this

  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  bool stop_ = false;
  std::deque<Job> waiting_, ended_;
  Pulse pulse_;
  std::thread thread_;
};

}  // namespace smscrm
