// Ctrl-C and SIGTERM while a command works that has something to say when it is ended.
#pragma once

#include <csignal>
#include <functional>
#include <mutex>
#include <thread>

namespace smscrm {

// While it lives, SIGINT and SIGTERM are taken by a thread of its own, which calls `tell` and ends the
// process with status 130, whatever the others wait for. `tell` and what holds the lock never run at once, so
// that whatever both touch is whole. Make it before any other thread. A signal that the parent had ignored
// stays so.
class InterruptWatch {
 public:
  explicit InterruptWatch(std::function<void()> tell);
  ~InterruptWatch();  // from here on signals do what they did before
  InterruptWatch(const InterruptWatch&) = delete;

  std::unique_lock<std::mutex> lock() { return std::unique_lock{mutex_}; }

 private:
  std::function<void()> tell_;
  std::mutex mutex_;
  sigset_t watched_{}, before_{};
  std::jthread thread_;
};

}  // namespace smscrm
