#include "daemon/outage.hpp"

#include <atomic>
#include <chrono>
#include <utility>

#include "core/base/error.hpp"
#include "core/base/log.hpp"

namespace smscrm {
namespace {

using Clock = std::chrono::steady_clock;

std::atomic<int> without_database{0};  // workers
std::atomic<Clock::time_point> back_at{Clock::time_point{}};

// Whoever rested meanwhile finds its connection gone only now.
bool may_be_the_last_one() {
  const auto back = back_at.load();
  return back != Clock::time_point{} && Clock::now() < back + std::chrono::minutes{1};
}

}  // namespace

bool is_loss(const std::exception& failure) {
  const auto* error = dynamic_cast<const Error*>(&failure);
  return error && error->code() == Errc::unavailable;
}

bool is_loss(const std::exception_ptr& failure) try {
  std::rethrow_exception(failure);
} catch (const std::exception& error) {
  return is_loss(error);
} catch (...) {
  return false;
}

void Outage::begin(const std::exception& failure) {
  const bool is_news = !std::exchange(is_told_, true);
  if (is_loss(failure)) {
    if (std::exchange(is_lost_, true)) return;
    const bool is_first = without_database++ == 0 && is_news;
    log(!is_first               ? LogLevel::debug
        : may_be_the_last_one() ? LogLevel::warn
                                : LogLevel::error,
        "the database is lost", {{"so", consequence_}, {"error", failure.what()}});
  } else if (is_news) {
    log_error(consequence_, {{"error", failure.what()}});
  }
}

void Outage::reconnect() {
  if (!std::exchange(is_lost_, false) || --without_database > 0) return;
  back_at = Clock::now();
  if (!std::exchange(is_told_back_, true)) log_info("the database is back");
}

bool Outage::end() {
  reconnect();
  is_told_back_ = false;
  return std::exchange(is_told_, false);
}

}  // namespace smscrm
