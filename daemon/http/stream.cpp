#include "daemon/http/stream.hpp"

#include <utility>

namespace smscrm {

HttpStream::Put HttpStream::put(std::string_view bytes) {
  std::function<void()> wake;
  {
    const std::lock_guard lock{mutex_};
    if (gone_ || ended_) return Put::gone;
    if (waiting_.size() + bytes.size() > most_waiting_) return Put::full;
    waiting_ += bytes;
    wake = std::exchange(wake_, nullptr);
  }
  if (wake) wake();
  return Put::taken;
}

void HttpStream::end() {
  std::function<void()> wake;
  {
    const std::lock_guard lock{mutex_};
    ended_ = true;
    wake = std::exchange(wake_, nullptr);
  }
  if (wake) wake();
}

bool HttpStream::is_gone() const {
  const std::lock_guard lock{mutex_};
  return gone_;
}

std::optional<std::string> HttpStream::take() {
  const std::lock_guard lock{mutex_};
  if (ended_ && waiting_.empty()) return std::nullopt;
  return std::exchange(waiting_, {});
}

void HttpStream::when_filled(std::function<void()> wake) {
  {
    const std::lock_guard lock{mutex_};
    if (!ended_ && waiting_.empty()) {
      wake_ = std::move(wake);
      return;
    }
  }
  wake();
}

void HttpStream::abandon() {
  const std::lock_guard lock{mutex_};
  gone_ = true;
  waiting_.clear();
  wake_ = nullptr;
}

}  // namespace smscrm
