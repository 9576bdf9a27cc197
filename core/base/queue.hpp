// A bounded queue of values between threads. Closing it lets what is in it out and nothing more in.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <vector>

namespace smscrm {

template <class T>
class Queue {
 public:
  explicit Queue(std::size_t capacity) : capacity_(capacity) {}

  // Gives the value back when the queue is full or closed: the caller decides what that means.
  [[nodiscard]] std::optional<T> push(T value) {
    const std::lock_guard lock{mutex_};
    if (closed_ || values_.size() >= capacity_) return std::optional<T>{std::move(value)};
    values_.push_back(std::move(value));
    // No sooner: a wake-up costs more than a value.
    if (!awaited_.empty() && values_.size() >= *awaited_.begin()) filled_.notify_all();
    return std::nullopt;
  }

  // Takes up to `most` values in order; waits until there are `enough`, the queue is closed, `stop` is
  // requested or `timeout` is over, and may then return fewer, or none.
  template <class Rep, class Period>
  std::vector<T> pop(std::size_t most, std::chrono::duration<Rep, Period> timeout, std::stop_token stop = {},
                     std::size_t enough = 1) {
    std::unique_lock lock{mutex_};
    const auto awaited = awaited_.insert(enough);
    filled_.wait_for(lock, std::move(stop), timeout, [&] { return closed_ || values_.size() >= enough; });
    awaited_.erase(awaited);
    std::vector<T> taken;
    while (!values_.empty() && taken.size() < most) {
      taken.push_back(std::move(values_.front()));
      values_.pop_front();
    }
    return taken;
  }

  void close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    filled_.notify_all();
  }

  std::size_t size() const {
    const std::lock_guard lock{mutex_};
    return values_.size();
  }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable_any filled_;
  std::deque<T> values_;
  std::multiset<std::size_t> awaited_;  // by those that wait
  bool closed_ = false;
};

}  // namespace smscrm
