#include "daemon/sending/launcher.hpp"

#include "core/base/log.hpp"
#include "core/base/wait.hpp"
#include "core/campaign/schedule.hpp"
#include "core/db/roles.hpp"
#include "daemon/outage.hpp"
#include "daemon/worker.hpp"

namespace smscrm {

using namespace std::chrono_literals;

void Launcher::run(std::stop_token stop) {
  Outage outage{"scheduled campaigns are not launched"};
  while (!stop.stop_requested()) {
    try {
      auto db = connect_as_worker(config_.database.url, "smscrmd launcher");
      do {
        note_turn();
        launch_due(db, stop);
        outage.end();
      } while (wait_unless_stopped(stop, 1s));
    } catch (const std::exception& error) {
      outage.begin(error);
      note_turn();
      wait_unless_stopped(stop, 2s);
    }
  }
}

void Launcher::launch_due(Connection& db, const std::stop_token& stop) {
  const bool has_public_url = !config_.http.public_url.empty();
  while (!stop.stop_requested()) {
    const auto run = transact(db, [&](Tx& tx) { return run_due_schedule(tx, has_public_url, now()); });
    if (!run) return;
    note_turn();
    const auto& schedule = run->schedule;
    const LogField tenant{"tenant", run->tenant_slug}, campaign{"campaign", schedule.campaign_slug};
    if (schedule.status == ScheduleStatus::launched) {
      ++launched_;
      log_info("a scheduled campaign was launched", {tenant, campaign, {"audience", run->audience}});
      wake_();
    } else if (schedule.status == ScheduleStatus::missed) {
      ++missed_;
      log_error("a scheduled campaign was missed; launch it by hand if it is still wanted",
                {tenant, campaign, {"due_at", format_rfc3339(schedule.due_at)}});
    } else {
      ++failed_;
      log_error("a scheduled campaign could not be launched", {tenant, campaign, {"error", schedule.reason}});
    }
  }
}

}  // namespace smscrm
