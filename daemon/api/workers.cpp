#include "daemon/api/workers.hpp"

#include <algorithm>

#include "core/base/pulse.hpp"
#include "core/fence/watch.hpp"
#include "daemon/outage.hpp"
#include "daemon/worker.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 1s;
constexpr auto rest_without_database = 500ms;  // between attempts to connect

}  // namespace

ApiWorkers::ApiWorkers(std::string database_url, Room room, std::chrono::milliseconds statement_timeout)
    : database_url_(std::move(database_url)),
      statement_timeout_(statement_timeout),
      room_(room),
      most_running_(std::max(1, room.threads * 3 / 4)) {}

bool ApiWorkers::submit(const std::string& whose, Job job) {
  {
    const std::lock_guard lock{mutex_};
    if (count_ >= room_.most_waiting) return false;
    auto& mine = waiting_[whose];
    if (mine.size() >= room_.most_of_one) return false;
    mine.push_back(std::move(job));
    ++count_;
  }
  filled_.notify_one();
  return true;
}

std::optional<ApiWorkers::Taken> ApiWorkers::take(const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  auto found = waiting_.end();
  const auto look = [&] {
    found = waiting_.upper_bound(last_);
    for (std::size_t i = 0; i < waiting_.size(); ++i, ++found) {
      if (found == waiting_.end()) found = waiting_.begin();
      if (running_[found->first] < most_running_) return true;
    }
    return false;
  };
  if (!filled_.wait_for(lock, stop, look_every, look)) return std::nullopt;
  last_ = found->first;
  Taken taken{last_, std::move(found->second.front())};
  found->second.pop_front();
  if (found->second.empty()) waiting_.erase(found);
  --count_;
  ++running_[last_];
  return taken;
}

void ApiWorkers::end(const std::string& whose) {
  {
    const std::lock_guard lock{mutex_};
    if (--running_[whose] == 0) running_.erase(whose);
  }
  // Somebody of the same may wait for this.
  filled_.notify_one();
}

void ApiWorkers::run(std::stop_token stop) {
  std::unique_ptr<Connection> connection;
  auto connect_at = Clock::now();
  bool is_away = false;
  Outage outage{"the API answers 503"};
  for (;;) {
    note_turn();
    const auto taken = take(stop);
    if (!taken && stop.stop_requested()) return;
    // Also without a job, so that what was told as lost is told as back.
    if (!connection && (taken || is_away) && Clock::now() >= connect_at) try {
        connection = std::make_unique<Connection>(connect_watched(database_url_, "smscrmd api"));
        transact(*connection, [&](Tx& tx) {
          exec(tx, fmt::format("SET statement_timeout = {}", statement_timeout_.count()));
          exec(tx, "SET idle_in_transaction_session_timeout = '30s'");
        });
        connection->keep_statements();
        // Few rows are asked for, by many statements of many tables: planning them costs more than they do.
        transact(*connection, [](Tx& tx) { exec(tx, "SET plan_cache_mode = auto"); });
        is_away = false;
        outage.end();
      } catch (const std::exception& error) {
        is_away = true;
        outage.begin(error);
        connection.reset();
        connect_at = Clock::now() + rest_without_database;
      }
    if (!taken) continue;
    taken->job(connection.get());
    end(taken->whose);
    if (connection && !connection->is_open()) connection.reset();
  }
}

}  // namespace smscrm
