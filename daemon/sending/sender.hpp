// Worker "sender": the pipeline from due messages to the provider and back. Owns the lanes leased to this
// daemon and all requests under way; woken by replies, by wake() and by the clock.
//
// One thread decides everything and never waits for the database: what it asks of it runs on a DbThread, in
// order, and is heard of later. So a claim sees what was written back before it, and a lane has at most one
// claim and one write under way.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <random>
#include <stop_token>
#include <string>

#include "core/base/guarded.hpp"
#include "core/config.hpp"
#include "core/net/crypto.hpp"
#include "core/sending/resolve.hpp"
#include "core/sending/unknown_pages.hpp"
#include "daemon/metrics.hpp"
#include "daemon/outage.hpp"
#include "daemon/sending/db_thread.hpp"
#include "daemon/sending/lane_runner.hpp"

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
  MetricSet metrics;
  Counter accepted = sends("accepted"), failed = sends("failed"), unknown = sends("unknown"),
          returned = sends("returned");
  Counter resolved{metrics, "smscrm_sends_resolved_total", "Unknown outcomes that were found out."};
  Counter refused{metrics, "smscrm_sends_refused_total",
                  "Requests that the provider refused for too many at once (429)."};
  Gauge in_flight{metrics, "smscrm_sends_in_flight", "Requests to the provider under way."};
  Gauge lanes{metrics, "smscrm_lanes", "Lanes leased to this daemon."};
  Guarded<std::map<int, int>> paused;  // lanes, by the provider's code that paused them; 0: none
  Reading paused_by_code{metrics, "smscrm_lanes_paused",
                         "Those of them that an error of the account paused, by its code.",
                         [this](const auto& say) {
                           paused.with([&](const auto& by_code) {
                             for (const auto& [code, count] : by_code)
                               say(fmt::format("code=\"{}\"", code), count);
                           });
                         }};
  // Those whose circuit breaker is open.
  Gauge open{metrics, "smscrm_lanes_failing",
             "Those for which the provider fails: now and then one request tries."};
  Guarded<std::map<std::string, int>> troubled;  // lanes, by what troubles them (core/lane/trouble.hpp)
  Reading troubled_by_code{metrics, "smscrm_lanes_troubled",
                           "Those for which nothing leaves though nobody paused them, by why.",
                           [this](const auto& say) {
                             troubled.with([&](const auto& by_code) {
                               for (const auto& [code, count] : by_code)
                                 say(fmt::format("code=\"{}\"", code), count);
                             });
                           }};
  Histogram request_seconds{metrics, "smscrm_provider_request_seconds",
                            "Time of requests to send, from their start to the provider's reply."};
  Histogram claim_seconds{metrics, "smscrm_claim_seconds",
                          "Time of the transactions that claim messages to send."};
  Histogram write_back_seconds{metrics, "smscrm_write_back_seconds",
                               "Time of the transactions that write outcomes back."};

 private:
  Counter sends(const char* outcome) {
    return {metrics, "smscrm_sends_total", "Requests to send, by what became of them.",
            fmt::format("outcome=\"{}\"", outcome)};
  }
};

class SendPipeline {
 public:
  SendPipeline(const Config& config, const SecretKey& key, SenderOptions options);

  // Until stopped: then claims no more, gives back what has not left, waits for what has, writes it back and
  // releases its lanes.
  void run(std::stop_token stop);
  void wake() { woken_ = true, multi_.wake(); }  // from any thread
  // From any thread: what its next turn goes by. The database's address is that of the start.
  void reconfigure(const Config& config);
  const SenderStats& stats() const { return stats_; }
  const Pulse& database_pulse() const { return db_.pulse(); }  // from any thread

 private:
  using Clock = LaneRunner::Clock;
  using RunnerKey = std::pair<TenantId, std::int64_t>;  // and epoch

  // A request under way: a message, a question about one, or a page of all that was sent.
  struct Flight {
    RunnerKey runner;
    std::optional<LaneRunner::Pending> sent;
    Unresolved question;
    Resolution answer;
    std::shared_ptr<UnknownPages> pages;
    int page_failures = 0;  // in a row
  };

  // What a lane has to write back.
  struct Batch {
    std::vector<Outcome> outcomes;
    std::vector<std::int64_t> finished;
    RecordSummary summary;
  };
  struct LanePlan;

  void attempt(const std::function<void()>& work);
  void step();
  void use_database();
  // Runs `work` on the database thread for one lane, then `done` here unless it failed. What fails for a
  // reason of that lane's own (a row, a setting) is logged once and the lane left alone for a while; the
  // others go on.
  void submit(LaneRunner& runner, DbThread::Work work, std::function<void(LaneRunner&)> done,
              std::function<void(LaneRunner&)> failed = {});
  void succeed();
  std::string slug_of(TenantId tenant) const;
  // Of one lane, or (nullopt) of all.
  void fail(std::optional<TenantId> tenant, const std::exception_ptr& failure);
  bool is_left_alone(TenantId tenant) const;
  void lease();
  static void read_plan(Connection& db, const SecretKey& key, LanePlan& of);
  static void give_up_surplus(Tx& tx, const std::string& daemon, std::chrono::seconds length,
                              const std::vector<Lane>& busy, std::vector<Lane>& held);
  void drop_lost(const std::vector<Lane>& held);
  void take_in(LanePlan read);
  void write_back(LaneRunner& runner);
  std::shared_ptr<Batch> take_batch(LaneRunner& runner);
  void written(LaneRunner& runner, const Batch& batch);
  void paused(LaneRunner& runner, std::optional<int> code, const std::string& reason);
  void put_back(LaneRunner& runner, Batch& batch);
  void look();
  void claim(LaneRunner& runner);
  void claimed(LaneRunner& runner, Claim claim);
  void give_back(LaneRunner& runner, std::vector<LaneRunner::Pending> messages);
  int slots_of_a_lane() const;
  void dispatch();
  bool dispatch_one(LaneRunner& runner);
  void ask(LaneRunner& runner);
  void question();
  void start_question(LaneRunner& runner, Unresolved message);
  void answered(LaneRunner& runner, Flight flight, const HttpResult& result);
  void turn_page(LaneRunner& runner, Flight flight);
  void read_page(const LaneRunner& runner, Flight flight, const HttpResult& result);
  void collect_pages();
  void page_read(LaneRunner& runner, Flight flight, bool ok);
  void resolve();
  void recover(LaneRunner& runner);
  void collect(std::chrono::milliseconds timeout);
  void finish(Flight flight, const HttpResult& result);
  void note(LaneRunner& runner);
  static void report(const LaneRunner& runner, const SendOutcome& outcome, bool was_open,
                     Clock::time_point rested_until);
  void settle(LaneRunner& runner, LaneRunner::Pending pending, SendOutcome result,
              std::chrono::milliseconds retry_in);
  std::chrono::milliseconds pause_length(Clock::time_point at);
  void drain();

  Config config_;
  Guarded<Config> next_config_;  // to be taken over when reconfigured_
  std::atomic<bool> reconfigured_{false};
  const SecretKey key_;
  SenderOptions options_;
  const Timestamp started_at_ = now();
  HttpMulti multi_;
  std::mt19937 random_{std::random_device{}()};
  std::map<RunnerKey, std::unique_ptr<LaneRunner>> runners_;
  std::map<std::uint64_t, Flight> flights_;
  std::map<RunnerKey, std::vector<Resolution>> answers_;
  // A page has hundreds of messages and takes some 20 ms to be read: on a thread of its own, while others leave.
  struct PageReading {
    Flight flight;
    std::future<bool> ok;
  };
  std::vector<PageReading> page_readings_;
  std::uint64_t next_flight_ = 0;
  std::map<TenantId, Clock::time_point> trouble_;  // lanes that failed, and until when they are left alone
  RunnerKey served_{};                             // whose message left last
  Clock::time_point leased_at_{}, renew_at_{}, lease_at_{}, look_at_{}, ask_at_{};
  bool leasing_ = false, looking_ = false;  // under way
  Clock::time_point database_at_{};         // the database is left alone until then: it was lost
  Outage outage_{"nothing is sent"};        // of all lanes, until something succeeds
  std::atomic<bool> woken_{false};
  SenderStats stats_;
  DbThread db_;  // last: it ends before what its jobs come back to
};

}  // namespace smscrm
