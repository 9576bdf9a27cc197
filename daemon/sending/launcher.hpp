// Worker "launcher": launches campaigns whose time has come (core/campaign/schedule.hpp), one after the
// other. Owns one connection, for a launch of a million takes seconds; woken by the clock.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <stop_token>

#include "core/campaign/schedule_run.hpp"
#include "core/config.hpp"
#include "core/db/db.hpp"
#include "daemon/metrics.hpp"

namespace smscrm {

class Launcher {
 public:
  // `wake` is called after each launch: there is something to send.
  Launcher(const Config& config, std::function<void()> wake) : config_(config), wake_(std::move(wake)) {}
  void run(std::stop_token stop);

  const MetricSet& metrics() const { return metrics_; }

 private:
  void launch_due(Connection& db, const std::stop_token& stop);
  void plan_next(Connection& db);

  using Clock = std::chrono::steady_clock;
  // What failed with something that may pass is tried again after a while, which doubles; the others go
  // first.
  struct Wait {
    Clock::time_point until;
    std::chrono::seconds length;
  };
  void put_off(ScheduleId id);

  const Config& config_;
  const std::function<void()> wake_;
  std::map<ScheduleId, Wait> put_off_;
  MetricSet metrics_;
  static constexpr const char* what = "Scheduled campaigns, by what became of them.";
  Counter launched_{metrics_, "smscrm_schedules_total", what, "outcome=\"launched\""};
  Counter missed_{metrics_, "smscrm_schedules_total", what, "outcome=\"missed\""};
  Counter overlapped_{metrics_, "smscrm_schedules_total", what, "outcome=\"overlapped\""};
  Counter failed_{metrics_, "smscrm_schedules_total", what, "outcome=\"failed\""};
};

}  // namespace smscrm
