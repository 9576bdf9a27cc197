// The threads that do the API's work, with a connection to the database each, so that the HTTP loop never
// waits. What waits is bounded, and taken from the tenants in turn: one that asks for a lot keeps no other
// waiting.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/db/db.hpp"

namespace smscrm {

class ApiWorkers {
 public:
  using Clock = std::chrono::steady_clock;
  // Called on a thread of ours. `connection` is null when there is no database.
  using Job = std::function<void(Connection* connection)>;

  struct Room {
    int threads;  // how many call run(); at least one in four is always left to others than any one tenant
    std::size_t most_waiting = 1'000, most_of_one = 500;
  };
  ApiWorkers(std::string database_url, Room room, std::chrono::milliseconds statement_timeout);
  ApiWorkers(const ApiWorkers&) = delete;

  // `whose`: a tenant's name, or what stands for one. False when no more may wait: the job is not run.
  bool submit(const std::string& whose, Job job);

  // Body of each of the threads; ends at a stop, when what waits is done.
  void run(std::stop_token stop);

 private:
  struct Taken {
    std::string whose;
    Job job;
  };
  std::optional<Taken> take(const std::stop_token& stop);
  void end(const std::string& whose);

  const std::string database_url_;
  const std::chrono::milliseconds statement_timeout_;
  const Room room_;
  const int most_running_;  // jobs of one tenant at once
  std::mutex mutex_;        // guards all below
  std::condition_variable_any filled_;
  std::map<std::string, std::deque<Job>> waiting_;  // none of them empty
  std::map<std::string, int> running_;              // jobs, by whose they are
  std::string last_;                                // whose turn was the last
  std::size_t count_ = 0;
};

}  // namespace smscrm
