// Group commit: what webhooks and redirects bring is written many events a transaction, and answered only
// once it is committed. 5xx when it is not: the provider then tries again.
//
// Texts have one writer, for a STOP and a START of one number must not change places, and share it with
// nothing: a flood of hits does not keep a STOP waiting. Receipts come in any order: two writers share their
// queue, and one writes while the other waits for its commit.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/log_limit.hpp"
#include "core/base/queue.hpp"
#include "daemon/edge/click_gate.hpp"
#include "daemon/edge/event.hpp"
#include "daemon/outage.hpp"

namespace smscrm {

struct WriterCounts {
  // `kind` of what its writer writes: "inbound", "receipt" or "click".
  explicit WriterCounts(const char* kind)
      : commit_seconds{metrics, "smscrm_webhook_commit_seconds", "Time of the writers' transactions.",
                       fmt::format("kind=\"{}\"", kind)} {}

  MetricSet metrics;
  Counter receipts = receipts_that("raised"), receipts_repeated = receipts_that("repeated"),
          receipts_stray = receipts_that("stray"), receipts_foreign = receipts_that("foreign");
  Counter inbound{metrics, "smscrm_inbound_total", "Inbound texts stored."};
  Counter opt_outs{metrics, "smscrm_opt_outs_total", "Opt-outs by text."};
  Counter clicks{metrics, "smscrm_clicks_total", "Hits on short links stored."};
  Counter clicks_counted{metrics, "smscrm_clicks_counted_total",
                         "Hits on short links that are counted and not stored."};
  Counter clicks_lost{metrics, "smscrm_clicks_lost_total", "Hits on short links that could not be stored."};
  Counter commits{metrics, "smscrm_webhook_commits_total", "Transactions of the writers."};
  Counter failures{metrics, "smscrm_webhook_failures_total", "Transactions of the writers that failed."};
  Histogram commit_seconds;
  Histogram stop_acknowledged_seconds{
      metrics, "smscrm_stop_acknowledged_seconds",
      "Time from an opt-out's arrival until it is acknowledged: stored, and nothing on its way any more."};

 private:
  Counter receipts_that(const char* effect) {
    return {metrics, "smscrm_receipts_total", "Status webhooks stored, by what they did.",
            fmt::format("effect=\"{}\"", effect)};
  }
};

// Threads "writer", "receipts", "receipts-2" and "clicks", each with one of these: owns one connection.
// submit, counts and healthy may be called from any thread.
class EventWriter {
 public:
  // Commits begin at least `interval` apart unless two dozen events wait, so that a trickle costs few
  // transactions and a flood waits for nothing but the commit before.
  EventWriter(std::string database_url, std::chrono::milliseconds interval, CounterSlot slot,
              const char* kind = "inbound");
  // Of hits: those that do not pass `gate` are taken from it every second.
  EventWriter(std::string database_url, std::chrono::milliseconds interval, CounterSlot slot,
              ClickGate& gate);
  // Helps `first` out, with its queue and a slot of its own: begins when as many wait as `first` is writing,
  // so that commits overlap and are no smaller.
  EventWriter(std::string database_url, std::chrono::milliseconds interval, CounterSlot slot,
              const EventWriter& first);

  // From any thread.
  void set_interval(std::chrono::milliseconds interval) { interval_ = interval; }

  // Answers 503 at once when too many wait, 100,000. A hit is lost when 90,000 do.
  void submit(Event event);

  // Until `stop`; then writes what is still queued, and waits a while for a database that is away.
  void run(std::stop_token stop);

  const WriterCounts& counts() const { return counts_; }
  // Whether the last transaction was committed, or the database could be reached since.
  bool healthy() const { return healthy_; }

 private:
  // An opt-out that is stored but not acknowledged: a request to that number may still be on its way.
  struct Parked {
    TenantId tenant;
    std::string msisdn, provider_sid;
    HttpReply reply;
    HttpResponse response;
    std::chrono::steady_clock::time_point arrived, deadline;
  };

  // A transaction of which nobody knows yet whether it was committed, and the hits in it: whoever sends a
  // webhook asks again, but they do not.
  struct Doubt {
    std::string transaction;  // its id
    std::vector<Event> clicks;
  };

  void write(std::vector<Event> events, bool again = false);  // `again`: one of a batch that failed
  void commit(EventBatch& batch, bool again);
  void settle_doubt();
  void write_apart(std::vector<Event> events);  // of a batch that failed
  void keep(Event hit);
  void take_counted(std::vector<Event>& events);
  void settle_parked();
  void refuse_parked(std::vector<Parked> parked);
  void note_refused();

  const std::string database_url_;
  std::atomic<std::chrono::milliseconds> interval_;
  const CounterSlot slot_;
  const std::shared_ptr<Queue<Event>> queue_;
  const EventWriter* const first_ = nullptr;  // that this one helps out
  ClickGate* const gate_ = nullptr;
  std::chrono::steady_clock::time_point next_counted_{};
  LogLimit faults_{std::chrono::minutes{1}};  // events that cannot be stored
  std::atomic<std::size_t> writing_{0};       // events of the transaction under way
  std::optional<Connection> connection_;
  std::chrono::steady_clock::time_point next_connect_{};
  std::vector<Parked> parked_;
  std::map<TenantId, std::vector<std::string>> refused_;  // provider sids, not noted in the database yet
  std::string transaction_;                               // the last that was begun with hits
  std::optional<Doubt> doubt_;
  WriterCounts counts_;
  std::atomic<bool> healthy_{true};
  Outage outage_{"webhook events are refused"};  // until one is stored again
};

}  // namespace smscrm
