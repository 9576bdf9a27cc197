// Worker "sender": the pipeline from due messages to the provider and back. Owns the lanes leased to this
// daemon, one database connection and all requests under way; woken by replies, by wake() and by the clock.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <stop_token>
#include <string>

#include "core/config.hpp"
#include "core/net/crypto.hpp"
#include "core/outbound_resolve.hpp"
#include "daemon/lane_runner.hpp"

namespace smscrm {

struct SenderOptions {
  std::string daemon_id;  // of this process, unique: host, process and start
  std::string host;
  std::chrono::milliseconds resolve_after{
      2'000};  // an unknown outcome is looked up then, unless a receipt comes
  std::chrono::milliseconds resolve_grace{60'000};  // absent from the provider for so long: never accepted
  std::chrono::milliseconds drain{10'000};          // how long a stop waits for requests under way
};

// Counts since the start.
struct SenderStats {
  std::atomic<std::uint64_t> accepted{0}, failed{0}, unknown{0}, returned{0}, resolved{0};
  std::atomic<int> in_flight{0}, lanes{0};
};

class SendPipeline {
 public:
  SendPipeline(const Config& config, const SecretKey& key, SenderOptions options);

  // Until stopped: then claims no more, gives back what has not left, waits for what has, writes it back and
  // releases its lanes.
  void run(std::stop_token stop);
  void wake() { woken_ = true, multi_.wake(); }  // from any thread
  const SenderStats& stats() const { return stats_; }

 private:
  using Clock = LaneRunner::Clock;
  using RunnerKey = std::pair<TenantId, std::int64_t>;  // and epoch

  // A request under way: a message, or a question about one.
  struct Flight {
    RunnerKey runner;
    std::optional<LaneRunner::Pending> sent;
    Unresolved question;
    Resolution answer;
  };

  void step(Connection& db);
  // Does a part of the work for one lane. What fails for a reason of that lane's own (a row, a setting) is
  // logged once and the lane left alone for a while; the others go on.
  void attempt(TenantId tenant, const std::function<void()>& work);
  void lease(Connection& db);
  void read_plan(Connection& db, const Lane& lane);
  void write_back(Connection& db, LaneRunner& runner);
  RecordSummary record(Connection& db, LaneRunner& runner);
  void claim(Connection& db, LaneRunner& runner);
  void give_back(LaneRunner& runner, std::vector<LaneRunner::Pending> messages);
  int slots_of_a_lane() const;
  void dispatch();
  bool dispatch_one(LaneRunner& runner);
  int ask(Connection& db, LaneRunner& runner);  // how many questions
  void resolve(Connection& db);
  void resolve(Connection& db, LaneRunner& runner, const std::vector<Resolution>& answers);
  void recover(Connection& db, LaneRunner& runner);
  void collect(std::chrono::milliseconds timeout);
  void finish(Flight flight, const HttpResult& result);
  void settle(LaneRunner& runner, LaneRunner::Pending pending, SendOutcome result,
              std::chrono::milliseconds retry_in);
  std::chrono::milliseconds pause_length(Clock::time_point at);
  void drain(Connection& db);

  const Config& config_;
  const SecretKey key_;
  const SenderOptions options_;
  const Timestamp started_at_ = now();
  HttpMulti multi_;
  std::mt19937 random_{std::random_device{}()};
  std::map<RunnerKey, std::unique_ptr<LaneRunner>> runners_;
  std::map<std::uint64_t, Flight> flights_;
  std::map<RunnerKey, std::vector<Resolution>> answers_;
  std::uint64_t next_flight_ = 0;
  std::map<TenantId, Clock::time_point> trouble_;  // lanes that failed, and until when they are left alone
  RunnerKey served_{};                             // whose message left last
  Clock::time_point leased_at_{}, renew_at_{}, lease_at_{}, ask_at_{};
  std::atomic<bool> woken_{false};
  SenderStats stats_;
};

}  // namespace smscrm
