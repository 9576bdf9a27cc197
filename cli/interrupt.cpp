#include "cli/interrupt.hpp"

#include <utility>

#include <unistd.h>

#include "cli/exit_status.hpp"

namespace smscrm {
namespace {

bool is_ignored(int signal) {
  struct sigaction action {};
  ::sigaction(signal, nullptr, &action);
  return action.sa_handler == SIG_IGN;
}

}  // namespace

InterruptWatch::InterruptWatch(std::function<void()> tell) : tell_(std::move(tell)) {
  ::sigemptyset(&watched_);
  for (const int signal : {SIGINT, SIGTERM})
    if (!is_ignored(signal)) ::sigaddset(&watched_, signal);
  ::pthread_sigmask(SIG_BLOCK, &watched_, &before_);
  thread_ = std::jthread{[this](const std::stop_token& stop) {
    constexpr timespec moment{.tv_sec = 0, .tv_nsec = 50'000'000};
    while (!stop.stop_requested()) {
      if (::sigtimedwait(&watched_, nullptr, &moment) < 0) continue;
      const auto alone = lock();
      tell_();
      ::_exit(static_cast<int>(ExitStatus::interrupted));
    }
  }};
}

InterruptWatch::~InterruptWatch() {
  thread_.request_stop();
  thread_.join();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace smscrm
