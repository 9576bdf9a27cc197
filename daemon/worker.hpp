// A thread of the daemon, by name, and whether it still makes progress.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

namespace smscrm {

// One named thread that runs until it is asked to stop.
class Worker {
 public:
  Worker(std::string name, std::function<void(std::stop_token)> work);
  Worker(const Worker&) = delete;
  void stop();  // asks, and waits until it has ended

  const std::string& name() const { return name_; }
  // When its loop last said note_turn(); the epoch if it never did. From any thread.
  std::chrono::steady_clock::time_point turned_at() const;

 private:
  const std::string name_;
  std::atomic<std::chrono::steady_clock::rep> turned_at_{0};
  std::jthread thread_;
};

// Once a turn of a worker's loop, at least every few seconds also when there is nothing to do: the watchdog
// takes silence for a thread that hangs. Does nothing on other threads.
void note_turn();

}  // namespace smscrm
