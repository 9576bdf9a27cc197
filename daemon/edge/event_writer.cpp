#include "daemon/edge/event_writer.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/base/log.hpp"
#include "core/base/wait.hpp"
#include "core/db/doubt.hpp"
#include "core/fence/watch.hpp"
#include "daemon/worker.hpp"

namespace smscrm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_waiting = 100'000;
constexpr std::size_t most_events = 2000;
constexpr std::size_t enough_events = 24;         // so many are worth a commit of their own at any time
constexpr std::size_t room_for_texts = 10'000;    // that hits leave
constexpr std::size_t most_kept_clicks = 50'000;  // while the database is away
constexpr auto count_every = std::chrono::seconds{1};
constexpr auto reconnect_every = std::chrono::milliseconds{500};
constexpr auto retry_pause = std::chrono::milliseconds{50};
constexpr const char* short_wait = "SET LOCAL lock_timeout = '50ms'";
constexpr auto parked_poll = std::chrono::milliseconds{10};
constexpr auto longest_stop = std::chrono::seconds{10};  // with the database away
// Twilio waits 15 s; a request of ours that takes longer than this is as good as unknown.
constexpr auto longest_parking = std::chrono::seconds{10};

HttpResponse unavailable() { return {503, "text/plain", "try again\n", {{"Retry-After", "1"}}}; }

Connection open_connection(const std::string& url) {
  auto connection = connect_watched(url, "smscrmd writer");
  connection.keep_statements();
  // One writer serves all: nobody's long transaction may hold it.
  in_transaction(connection, [](Tx& tx) {
    exec(tx, "SET lock_timeout = '2s'");
    if (exec(tx, "SELECT current_setting('transaction_read_only')::bool").front()[0].as<bool>())
      throw Error(Errc::unavailable, "the database is read-only");
  });
  return connection;
}

void refuse(Event& event, const HttpResponse& response) {
  if (auto* status = std::get_if<StatusEvent>(&event)) status->reply.send(response);
  if (auto* inbound = std::get_if<InboundEvent>(&event)) inbound->reply.send(response);
}

}  // namespace

EventWriter::EventWriter(std::string database_url, std::chrono::milliseconds interval, CounterSlot slot,
                         const char* kind)
    : database_url_(std::move(database_url)),
      interval_(interval),
      slot_(slot),
      queue_(std::make_shared<Queue<Event>>(most_waiting)),
      counts_(kind) {}

EventWriter::EventWriter(std::string database_url, std::chrono::milliseconds interval, CounterSlot slot,
                         ClickGate& gate)
    : database_url_(std::move(database_url)),
      interval_(interval),
      slot_(slot),
      queue_(std::make_shared<Queue<Event>>(most_waiting)),
      gate_(&gate),
      counts_("click") {}

EventWriter::EventWriter(std::string database_url, std::chrono::milliseconds interval, CounterSlot slot,
                         const EventWriter& first)
    : database_url_(std::move(database_url)),
      interval_(interval),
      slot_(slot),
      queue_(first.queue_),
      first_(&first),
      counts_("receipt") {}

void EventWriter::submit(Event event) {
  if (is_hit(event) && queue_->size() >= most_waiting - room_for_texts) {
    counts_.clicks_lost += hits_of(event);
    return;
  }
  auto refused = queue_->push(std::move(event));
  if (!refused) return;
  counts_.clicks_lost += hits_of(*refused);
  refuse(*refused, unavailable());
}

void EventWriter::take_counted(std::vector<Event>& events) {
  if (!gate_ || Clock::now() < next_counted_) return;
  next_counted_ = Clock::now() + count_every;
  for (auto& more : gate_->take()) events.emplace_back(std::move(more));
}

void EventWriter::run(std::stop_token stop) {
  auto next_commit = Clock::now();
  while (!stop.stop_requested()) {
    note_turn();
    auto events = queue_->pop(most_events, parked_.empty() ? std::chrono::milliseconds{500} : parked_poll,
                              stop, first_ ? std::max(enough_events, first_->writing_.load()) : 1);
    take_counted(events);
    // Whoever is told that we are not ready sends nothing by which it would show that we are again.
    const bool looks_again = !healthy_ && Clock::now() >= next_connect_;
    if (!events.empty() || doubt_ || looks_again) {
      if (const auto wait = next_commit - Clock::now();
          wait > Clock::duration::zero() && events.size() < enough_events) {
        auto more = queue_->pop(most_events, wait, stop, enough_events - events.size());
        std::move(more.begin(), more.end(), std::back_inserter(events));
      }
      next_commit = Clock::now() + interval_.load();
      writing_ = events.size();
      write(std::move(events));
      writing_ = 0;
    }
    settle_parked();
    if (!healthy_) wait_unless_stopped(stop, retry_pause);
  }
  next_counted_ = {};
  std::vector<Event> counted;
  take_counted(counted);
  for (auto& event : counted) keep(std::move(event));
  const auto end = Clock::now() + longest_stop;
  while ((queue_->size() > 0 || doubt_) && Clock::now() < end) {
    write(queue_->pop(most_events, Clock::duration::zero()));
    if (!healthy_) wait_unless_stopped({}, retry_pause);
  }
  queue_->close();
  for (auto& event : queue_->pop(queue_->size(), Clock::duration::zero())) {
    counts_.clicks_lost += hits_of(event);
    refuse(event, unavailable());
  }
  if (doubt_) counts_.clicks_lost += doubt_->clicks.size();
  if (counts_.clicks_lost > 0)
    log_error("hits on short links are lost", {{"hits", counts_.clicks_lost.load()}});
  const auto deadline = Clock::now() + longest_parking;
  while (!parked_.empty() && Clock::now() < deadline) {
    settle_parked();
    wait_unless_stopped({}, parked_poll);
  }
}

void EventWriter::write(std::vector<Event> events, bool again) {
  try {
    if (!connection_) {
      if (Clock::now() < next_connect_) throw Error(Errc::unavailable, "the database is away");
      next_connect_ = Clock::now() + reconnect_every;
      connection_ = open_connection(database_url_);
    }
    settle_doubt();
    note_refused();
    EventBatch batch{events};
    if (!events.empty()) commit(batch, again);
    healthy_ = true;
    // A connection alone shows that we may be asked again, not that the server has room for the answer.
    events.empty() ? outage_.reconnect() : static_cast<void>(outage_.end());
  } catch (const std::exception& e) {
    ++counts_.failures;
    const auto* error = dynamic_cast<const Error*>(&e);
    // Whatever it is that keeps us from connecting, it is not the events.
    const bool our_fault = connection_ && (error == nullptr || error->code() != Errc::unavailable);
    const bool locked = dynamic_cast<const LockTimeout*>(&e) != nullptr;
    if ((our_fault || locked) && events.size() > 1) {
      write_apart(std::move(events));
      return;
    }
    if (our_fault) {
      // A tenant knows its own token, and signs whatever it likes.
      if (const auto left_out = faults_.pass(LogLimit::Clock::now()))
        log_error("a webhook event cannot be stored", {{"tenant", tenant_of(events.front()).value},
                                                       {"error", e.what()},
                                                       {"events_not_logged", *left_out}});
      for (auto& event : events) {
        counts_.clicks_lost += hits_of(event);
        refuse(event, {500, "text/plain", "cannot be stored\n", {}});
      }
      return;
    }
    if (locked) {
      log_warn("a webhook event waits for somebody else's transaction", {{"error", e.what()}});
      for (auto& event : events) {
        if (is_hit(event))
          keep(std::move(event));
        else
          refuse(event, unavailable());
      }
      return;
    }
    healthy_ = false;
    outage_.begin(e);
    connection_.reset();
    const bool in_doubt = dynamic_cast<const InDoubt*>(&e) != nullptr && !doubt_;
    Doubt doubt{transaction_, {}};
    for (auto& event : events) {
      if (!is_hit(event)) {
        refuse(event, unavailable());
      } else if (in_doubt && std::holds_alternative<MoreEvent>(event)) {
        counts_.clicks_lost += hits_of(event);
      } else if (in_doubt) {
        doubt.clicks.push_back(std::move(event));
      } else {
        keep(std::move(event));
      }
    }
    if (!doubt.clicks.empty()) doubt_ = std::move(doubt);
  }
}

// One event that the database refuses, or that has to wait, must not take the others with it: nor a tenant's
// the others', for long.
void EventWriter::write_apart(std::vector<Event> events) {
  std::map<TenantId, std::vector<Event>> of_tenant;
  for (auto& event : events) {
    const auto tenant = tenant_of(event);
    of_tenant[tenant].push_back(std::move(event));
  }
  if (of_tenant.size() > 1) {
    for (auto& [tenant, all] : of_tenant) write(std::move(all), true);
    return;
  }
  for (auto& event : of_tenant.begin()->second) {
    std::vector<Event> alone;
    alone.push_back(std::move(event));
    write(std::move(alone), true);
  }
}

void EventWriter::keep(Event hit) {
  const auto hits = hits_of(hit);
  if (queue_->size() >= most_kept_clicks || queue_->push(std::move(hit))) counts_.clicks_lost += hits;
}

void EventWriter::settle_doubt() {
  if (!doubt_) return;
  const auto& [tenant, click] = std::get<ClickEvent>(doubt_->clicks.front());
  const bool stored = transact(*connection_, [&, &tenant = tenant, &click = click](Tx& tx) {
    if (is_running(tx, doubt_->transaction))
      throw Error(Errc::unavailable, "the database has not decided on a transaction yet");
    return has_click(tx, tenant, click);
  });
  auto clicks = std::move(doubt_->clicks);
  doubt_.reset();
  if (stored) {
    counts_.clicks += clicks.size();
  } else {
    for (auto& one : clicks) keep(std::move(one));
  }
}

void EventWriter::commit(EventBatch& batch, bool again) {
  counts_.commit_seconds.time([&] {
    transact(*connection_, [&](Tx& tx) {
      // Its batch has waited already, and many may have to.
      if (again) exec(tx, short_wait);
      // Hits alone are looked for when the commit is in doubt: whoever sent the others asks again.
      if (!batch.clicks.empty()) transaction_ = transaction_id(tx);
      batch.record(tx, slot_);
    });
  });
  ++counts_.commits;
  counts_.receipts += static_cast<std::uint64_t>(batch.receipts.raised);
  counts_.receipts_repeated += static_cast<std::uint64_t>(batch.receipts.repeated);
  counts_.receipts_stray += static_cast<std::uint64_t>(batch.receipts.stray);
  counts_.receipts_foreign += static_cast<std::uint64_t>(batch.receipts.foreign);
  if (batch.receipts.foreign > 0)
    log_error("the provider took a message twice", {{"messages", batch.receipts.foreign}});
  for (const auto& [tenant, hits] : batch.clicks) counts_.clicks += hits.size();
  for (const auto& event : batch.events)
    if (std::holds_alternative<MoreEvent>(event)) counts_.clicks_counted += hits_of(event);

  std::vector<std::pair<HttpReply, HttpResponse>> answers;
  for (auto& [tenant, events] : batch.statuses)
    for (auto* event : events) answers.emplace_back(std::move(event->reply), HttpResponse{204, "", "", {}});
  for (auto& [event, outcome] : batch.outcomes) {
    if (!outcome.repeated) ++counts_.inbound;
    auto response = twiml_response(outcome.reply);
    if (outcome.keyword == Keyword::stop) {
      if (!outcome.repeated) ++counts_.opt_outs;
      parked_.push_back({event->tenant->tenant.id, event->inbound.msisdn, event->inbound.provider_sid,
                         std::move(event->reply), std::move(response), event->arrived,
                         Clock::now() + longest_parking});
    } else {
      answers.emplace_back(std::move(event->reply), std::move(response));
    }
  }
  HttpReply::send_all(std::move(answers));
}

void EventWriter::settle_parked() {
  if (parked_.empty()) return;
  std::map<TenantId, std::vector<std::string>> numbers;
  for (const auto& parked : parked_) numbers[parked.tenant].push_back(parked.msisdn);
  std::map<TenantId, std::set<std::string>> busy;
  try {
    if (!connection_) throw Error(Errc::unavailable, "the database is away");
    for (const auto& [tenant, msisdns] : numbers)
      busy[tenant] = transact(*connection_, [&](Tx& tx) { return list_in_flight(tx, tenant, msisdns); });
  } catch (const std::exception&) {
    return refuse_parked(std::exchange(parked_, {}));
  }
  std::vector<Parked> over;
  std::erase_if(parked_, [&](Parked& parked) {
    const bool still_busy = busy[parked.tenant].count(parked.msisdn) > 0;
    if (still_busy && Clock::now() < parked.deadline) return false;
    if (still_busy) {
      over.push_back(std::move(parked));
    } else {
      counts_.stop_acknowledged_seconds.observe(Clock::now() - parked.arrived);
      parked.reply.send(std::move(parked.response));
    }
    return true;
  });
  refuse_parked(std::move(over));
}

// They are stored: the provider asks again, and has its answer then, whichever daemon it asks.
void EventWriter::refuse_parked(std::vector<Parked> parked) {
  for (auto& one : parked) refused_[one.tenant].push_back(std::move(one.provider_sid));
  note_refused();
  for (auto& one : parked) one.reply.send(unavailable());
}

void EventWriter::note_refused() try {
  if (refused_.empty() || !connection_) return;
  transact(*connection_, [&](Tx& tx) {
    for (const auto& [tenant, sids] : refused_) mark_refused(tx, tenant, sids);
  });
  refused_.clear();
} catch (const std::exception&) {
  // Before the next events; should the connection be lost, they hear of it.
}

}  // namespace smscrm
