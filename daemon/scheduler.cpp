#include "daemon/scheduler.hpp"

#include "core/base/log.hpp"
#include "core/base/wait.hpp"
#include "core/campaign.hpp"

namespace smscrm {

using namespace std::chrono_literals;

void Scheduler::run(std::stop_token stop) {
  bool reported = false;
  while (!stop.stop_requested()) {
    try {
      Connection db{config_.database.url, "smscrmd scheduler"};
      do {
        in_transaction(db, [](Tx& tx) { finish_campaigns(tx, now()); });
        reported = false;
      } while (wait_unless_stopped(stop, 1s));
    } catch (const std::exception& error) {
      if (!reported) log_error("the scheduler is interrupted", {{"error", error.what()}});
      reported = true;
      wait_unless_stopped(stop, 2s);
    }
  }
}

}  // namespace smscrm
