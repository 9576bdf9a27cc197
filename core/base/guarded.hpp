// Data that several threads share, reachable only through its lock.
#pragma once

#include <mutex>
#include <utility>

namespace smscrm {

template <class T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  // Calls `use(value)` under the lock and returns what it returned, which must not refer into the value.
  template <class Use>
  auto with(Use&& use) {
    const std::lock_guard lock{mutex_};
    return use(value_);
  }
  template <class Use>
  auto with(Use&& use) const {
    const std::lock_guard lock{mutex_};
    return use(value_);
  }

 private:
  mutable std::mutex mutex_;
  T value_{};
};

}  // namespace smscrm
