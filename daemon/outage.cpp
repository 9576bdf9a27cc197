#include "daemon/outage.hpp"

#include <atomic>
#include <utility>

#include "core/base/error.hpp"
#include "core/base/log.hpp"

namespace smscrm {
namespace {

std::atomic<int> without_database{0};  // workers

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
    const auto level = without_database++ == 0 ? LogLevel::error : LogLevel::debug;
    log(level, "the database is lost", {{"so", consequence_}, {"error", failure.what()}});
  } else if (is_news) {
    log_error(consequence_, {{"error", failure.what()}});
  }
}

bool Outage::end() {
  if (std::exchange(is_lost_, false) && --without_database == 0) log_info("the database is back");
  return std::exchange(is_told_, false);
}

}  // namespace smscrm
