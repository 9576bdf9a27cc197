#include "daemon/sending/launcher.hpp"

#include <algorithm>

#include "core/base/log.hpp"
#include "daemon/sending/watched_loop.hpp"
#include "daemon/worker.hpp"

namespace smscrm {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::seconds first_wait{2}, longest_wait{60}, forget_after{600};

}  // namespace

void Launcher::run(std::stop_token stop) {
  run_watched_loop(stop, {.database_url = config_.database.url,
                          .application = "smscrmd launcher",
                          .consequence = "scheduled campaigns are not launched",
                          .look = [&](Connection& db) { launch_due(db, stop); },
                          .pause = [] { return 1s; }});
}

void Launcher::put_off(ScheduleId id) {
  auto& wait = put_off_[id];
  wait.length = std::clamp(2 * wait.length, first_wait, longest_wait);
  wait.until = Clock::now() + wait.length;
}

void Launcher::plan_next(Connection& db) {
  for (const auto& passed : transact(db, [](Tx& tx) { return plan_next_runs(tx, now()); })) {
    const LogField tenant{"tenant", passed.tenant_slug}, campaign{"campaign", passed.campaign_slug};
    if (passed.missed > 0)
      log_error("runs of a scheduled campaign were missed", {tenant, campaign, {"runs", passed.missed}});
    missed_ += static_cast<std::size_t>(passed.missed);
    if (passed.error.empty()) continue;
    ++failed_;
    log_error("a scheduled campaign repeats no more", {tenant, campaign, {"error", passed.error}});
  }
}

void Launcher::launch_due(Connection& db, const std::stop_token& stop) {
  const bool has_public_url = !config_.http.public_url.empty();
  std::erase_if(put_off_, [](const auto& one) { return Clock::now() > one.second.until + forget_after; });
  while (!stop.stop_requested()) {
    plan_next(db);
    ScheduleTurn turn;
    for (const auto& [id, wait] : put_off_)
      if (Clock::now() < wait.until) turn.not_now.push_back(id);
    std::optional<ScheduleRun> run;
    try {
      run = transact(db, [&](Tx& tx) { return run_due_schedule(tx, turn, has_public_url, now()); });
    } catch (...) {
      if (turn.at_hand) put_off(*turn.at_hand);
      throw;
    }
    if (!run) return;
    note_turn();
    const auto& schedule = run->schedule;
    const LogField tenant{"tenant", run->tenant_slug},
        campaign{"campaign", schedule.run.empty() ? schedule.campaign_slug : schedule.run};
    switch (schedule.status) {
      case ScheduleStatus::launched:
        ++launched_;
        log_info("a scheduled campaign was launched", {tenant, campaign, {"audience", run->audience}});
        wake_();
        break;
      case ScheduleStatus::missed:
        ++missed_;
        log_error("a scheduled campaign was missed; launch it by hand if it is still wanted",
                  {tenant, campaign, {"due", format_rfc3339(schedule.due_at)}});
        break;
      case ScheduleStatus::overlapped:
        ++overlapped_;
        log_error("a scheduled campaign was not launched", {tenant, campaign, {"error", schedule.reason}});
        break;
      case ScheduleStatus::failed:
        ++failed_;
        log_error("a scheduled campaign could not be launched",
                  {tenant, campaign, {"error", schedule.reason}});
        break;
      default:
        put_off(schedule.id);
        log_warn("a scheduled campaign is not launched yet; it will be tried again",
                 {tenant, campaign, {"error", schedule.reason}});
    }
  }
}

}  // namespace smscrm
