#include "daemon/api/workers.hpp"

#include "core/base/pulse.hpp"
#include "daemon/outage.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_waiting = 1'000, most_of_one = 500;
constexpr auto look_every = 1s;
constexpr auto rest_without_database = 500ms;  // between attempts to connect

}  // namespace

ApiWorkers::ApiWorkers(std::string database_url, std::chrono::milliseconds statement_timeout)
    : database_url_(std::move(database_url)), statement_timeout_(statement_timeout) {}

bool ApiWorkers::submit(const std::string& whose, Job job) {
  {
    const std::lock_guard lock{mutex_};
    if (count_ >= most_waiting) return false;
    auto& mine = waiting_[whose];
    if (mine.size() >= most_of_one) return false;
    mine.push_back(std::move(job));
    ++count_;
  }
  filled_.notify_one();
  return true;
}

std::optional<ApiWorkers::Job> ApiWorkers::take(const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  if (!filled_.wait_for(lock, stop, look_every, [&] { return count_ > 0; })) return std::nullopt;
  auto next = waiting_.upper_bound(last_);
  if (next == waiting_.end()) next = waiting_.begin();
  last_ = next->first;
  auto job = std::move(next->second.front());
  next->second.pop_front();
  if (next->second.empty()) waiting_.erase(next);
  --count_;
  return job;
}

void ApiWorkers::run(std::stop_token stop) {
  std::unique_ptr<Connection> connection;
  auto connect_at = Clock::now();
  Outage outage{"the API answers 503"};
  for (;;) {
    note_turn();
    const auto job = take(stop);
    if (!job) {
      if (stop.stop_requested()) return;
      continue;
    }
    if (!connection && Clock::now() >= connect_at) try {
        connection = std::make_unique<Connection>(database_url_, "smscrmd api");
        in_transaction(*connection, [&](Tx& tx) {
          exec(tx, fmt::format("SET statement_timeout = {}", statement_timeout_.count()));
          exec(tx, "SET idle_in_transaction_session_timeout = '30s'");
        });
        outage.end();
      } catch (const std::exception& error) {
        outage.begin(error);
        connection.reset();
        connect_at = Clock::now() + rest_without_database;
      }
    (*job)(connection.get());
    if (connection && !connection->is_open()) connection.reset();
  }
}

}  // namespace smscrm
