#include "daemon/sender.hpp"

#include <algorithm>
#include <utility>

#include "core/base/log.hpp"
#include "core/outbound_recover.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr auto poll = 200ms;        // idle lanes look for work so often
constexpr auto write_delay = 20ms;  // outcomes wait for company so long
constexpr int questions = 20;       // asked at once, of a lane
constexpr auto left_alone = 5s;     // a lane that failed

// Whether the lane that failed is to blame, and not the database as a whole or a commit in doubt.
bool is_of_the_lane(const std::exception& failure) {
  const auto* error = dynamic_cast<const Error*>(&failure);
  return !error || error->code() != Errc::unavailable;
}

}  // namespace

SendPipeline::SendPipeline(const Config& config, const SecretKey& key, SenderOptions options)
    : config_(config),
      key_(key),
      options_(std::move(options)),
      multi_(static_cast<std::size_t>(config.twilio.max_in_flight) + 16) {}

void SendPipeline::run(std::stop_token stop) {
  const std::stop_callback on_stop{stop, [this] { wake(); }};
  bool reported = false;
  bool stopped = false;
  while (!stopped) {
    try {
      Connection db{config_.database.url, "smscrmd sender"};
      for (auto& [key, runner] : runners_) runner->in_doubt = true;
      answers_.clear();  // they have grown old; their questions have another turn
      if (reported) log_info("sending goes on");
      reported = false;
      while (!stop.stop_requested()) step(db);
      drain(db);
      stopped = true;
    } catch (const std::exception& error) {
      if (!reported) log_error("sending is interrupted", {{"error", error.what()}});
      reported = true;
      // Replies are still taken in meanwhile; nothing new leaves.
      const auto until = Clock::now() + 1s;
      while (Clock::now() < until && !stop.stop_requested()) collect(100ms);
      stopped = stop.stop_requested();
    }
  }
}

void SendPipeline::step(Connection& db) {
  if (woken_.exchange(false)) {
    for (auto& [key, runner] : runners_) runner->idle_until = {};
    lease_at_ = std::min(lease_at_, leased_at_ + poll);
  }
  if (Clock::now() >= std::min(lease_at_, renew_at_)) lease(db);
  for (auto& [key, runner] : runners_) {
    const bool due = !runner->outcomes.empty() && Clock::now() - runner->outcomes_since >= write_delay;
    if (due || runner->outcomes.size() >= static_cast<std::size_t>(config_.sender.batch))
      attempt(key.first, [&] { write_back(db, *runner); });
  }
  for (auto& [key, runner] : runners_) {
    give_back(*runner, runner->take_stale(Clock::now()));
    attempt(key.first, [&] {
      if (runner->in_doubt) recover(db, *runner);
      claim(db, *runner);
    });
  }
  dispatch();
  if (Clock::now() >= ask_at_) {
    ask_at_ = Clock::now() + 1s;
    for (auto& [key, runner] : runners_)
      attempt(key.first, [&] {
        // More wait, as after the end of another daemon: not to be kept from the campaign's end by our pace.
        if (ask(db, *runner) == questions) ask_at_ = std::min(ask_at_, Clock::now() + poll);
      });
  }
  resolve(db);
  collect(pause_length(Clock::now()));
}

void SendPipeline::attempt(TenantId tenant, const std::function<void()>& work) {
  const auto known = trouble_.find(tenant);
  if (known != trouble_.end() && Clock::now() < known->second) return;
  try {
    work();
  } catch (const std::exception& failure) {
    if (!is_of_the_lane(failure)) throw;
    const auto at = Clock::now();
    if (known == trouble_.end() || known->second + 1min < at)
      log_error("a lane fails and is left alone", {{"tenant", tenant.value}, {"error", failure.what()}});
    trouble_[tenant] = at + left_alone;
  }
}

void SendPipeline::write_back(Connection& db, LaneRunner& runner) {
  if (runner.outcomes.empty() && runner.finished.empty()) return;
  const auto summary = record(db, runner);
  runner.outcomes.clear();
  runner.finished.clear();
  stats_.accepted += static_cast<std::uint64_t>(summary.accepted);
  stats_.failed += static_cast<std::uint64_t>(summary.failed);
  stats_.unknown += static_cast<std::uint64_t>(summary.unknown);
  stats_.returned += static_cast<std::uint64_t>(summary.returned);
  if (!summary.paused) return;
  log_error("lane paused by a configuration error",
            {{"tenant", runner.plan ? runner.plan->tenant.slug : ""}});
  give_back(runner, runner.take_all());
}

// One outcome that the database refuses must not hold up the others: it becomes an unknown one, which the
// provider is asked about.
RecordSummary SendPipeline::record(Connection& db, LaneRunner& runner) {
  RecordSummary sum;
  const auto write = [&](const std::vector<Outcome>& outcomes, const std::vector<std::int64_t>& finished) {
    const auto summary = in_transaction(
        db, [&](Tx& tx) { return record_outcomes(tx, runner.lane, outcomes, finished, now()); });
    sum.accepted += summary.accepted;
    sum.failed += summary.failed;
    sum.unknown += summary.unknown;
    sum.returned += summary.returned;
    sum.paused = sum.paused || summary.paused;
  };
  try {
    write(runner.outcomes, runner.finished);
    return sum;
  } catch (const std::exception& refusal) {
    if (!is_of_the_lane(refusal)) throw;
  }
  for (auto& outcome : runner.outcomes) {
    try {
      write({outcome}, {});
    } catch (const std::exception& refusal) {
      if (!is_of_the_lane(refusal)) throw;
      log_error("an outcome cannot be recorded",
                {{"message", outcome.message.id.value}, {"error", refusal.what()}});
      outcome.result = {};
      outcome.result.reason = "its outcome could not be recorded";
      outcome.retry_in = options_.resolve_after;
      write({outcome}, {});
    }
  }
  write({}, runner.finished);
  return sum;
}

void SendPipeline::claim(Connection& db, LaneRunner& runner) {
  auto room = runner.room(Clock::now(), config_.sender.batch, slots_of_a_lane());
  if (room.messages < 1) return;
  auto claimed = in_transaction(db, [&](Tx& tx) {
    auto left = room;
    return claim_messages(tx, runner.lane, *runner.plan, left, now());
  });
  if (claimed.lane_lost) {
    runner.lease_until = {};
    runner.queue.clear();
    renew_at_ = {};
    return;
  }
  if (claimed.no_sender && !runner.no_sender_reported)
    log_error("nothing can be sent without a sender", {{"tenant", runner.plan->tenant.slug}});
  runner.no_sender_reported = claimed.no_sender;
  if (claimed.messages.empty())
    runner.idle_until = Clock::now() + (claimed.more && !claimed.no_sender ? 5ms : poll);
  runner.accept(std::move(claimed), Clock::now());
}

// Their requests never began.
void SendPipeline::give_back(LaneRunner& runner, std::vector<LaneRunner::Pending> messages) {
  for (auto& pending : messages) {
    SendOutcome back;
    back.kind = SendOutcome::Kind::retry_later;
    settle(runner, std::move(pending), std::move(back), 0ms);
  }
}

int SendPipeline::slots_of_a_lane() const {
  const auto busy = std::count_if(runners_.begin(), runners_.end(), [](const auto& entry) {
    return entry.second->in_flight > 0 || !entry.second->queue.empty();
  });
  return config_.twilio.max_in_flight / std::max(1, static_cast<int>(busy));
}

// Each lane in turn, one message at a time, and the next time on from there: slots are shared.
void SendPipeline::dispatch() {
  auto turn = runners_.upper_bound(served_);
  for (std::size_t idle = 0;
       idle < runners_.size() && static_cast<int>(multi_.in_flight()) < config_.twilio.max_in_flight;
       ++turn) {
    if (turn == runners_.end()) turn = runners_.begin();
    const bool left = dispatch_one(*turn->second);
    idle = left ? 0 : idle + 1;
    if (left) served_ = turn->first;
  }
}

// False when nothing of the lane may leave now.
bool SendPipeline::dispatch_one(LaneRunner& runner) {
  const auto at = Clock::now();
  if (at > runner.lease_until) return false;
  auto pending = runner.next(at);
  if (!pending) return false;
  auto call = runner.provider->send_call(runner.access, pending->message.request);
  call.send_before = runner.lease_until;
  const auto id = ++next_flight_;
  flights_[id] = {{runner.lane.tenant, runner.lane.epoch}, std::move(pending), {}, {}};
  multi_.start(id, std::move(call));
  return true;
}

int SendPipeline::ask(Connection& db, LaneRunner& runner) {
  if (Clock::now() > runner.lease_until) return 0;
  // While the provider answers none, no more are asked: they would pile up until they time out.
  const auto open = std::count_if(flights_.begin(), flights_.end(), [&](const auto& flight) {
    return !flight.second.sent && flight.second.runner.first == runner.lane.tenant;
  });
  if (open >= questions) return 0;
  const int limit = questions - static_cast<int>(open);
  auto unresolved =
      in_transaction(db, [&](Tx& tx) { return claim_unresolved(tx, runner.lane, limit, now()); });
  for (auto& question : unresolved) {
    const auto id = ++next_flight_;
    auto call = runner.provider->list_call(runner.access, question.msisdn, "");
    const auto message = question.id;
    flights_[id] = {
        {runner.lane.tenant, runner.lane.epoch}, std::nullopt, std::move(question), {message, now(), {}, {}}};
    multi_.start(id, std::move(call));
  }
  return static_cast<int>(unresolved.size());
}

void SendPipeline::resolve(Connection& db) {
  const auto answers = std::exchange(answers_, {});
  for (const auto& [key, of_lane] : answers)
    if (const auto runner = runners_.find(key); runner != runners_.end())
      attempt(key.first, [&] { resolve(db, *runner->second, of_lane); });
}

void SendPipeline::resolve(Connection& db, LaneRunner& runner, const std::vector<Resolution>& answers) {
  const auto record = [&](const std::vector<Resolution>& some) {
    const auto summary = in_transaction(db, [&](Tx& tx) {
      return record_resolutions(tx, runner.lane, runner.plan->tenant.unknown_policy, options_.resolve_grace,
                                some, now());
    });
    stats_.resolved += static_cast<std::uint64_t>(summary.found + summary.resent);
  };
  runner.idle_until = {};
  try {
    return record(answers);
  } catch (const std::exception& refusal) {
    if (!is_of_the_lane(refusal)) throw;
  }
  for (const auto& answer : answers) try {
      record({answer});
    } catch (const std::exception& refusal) {
      if (!is_of_the_lane(refusal)) throw;
      log_error("a message cannot be resolved", {{"message", answer.id.value}, {"error", refusal.what()}});
    }
}

void SendPipeline::recover(Connection& db, LaneRunner& runner) {
  write_back(db, runner);
  std::vector<std::int64_t> known;
  for (const auto& [claim, messages] : runner.outstanding) known.push_back(claim);
  in_transaction(db, [&](Tx& tx) { return recover_claims(tx, runner.lane, known, now()); });
  runner.in_doubt = false;
}

void SendPipeline::collect(std::chrono::milliseconds timeout) {
  for (auto& finished : multi_.wait(timeout)) {
    const auto flight = flights_.extract(finished.id);
    finish(std::move(flight.mapped()), finished.result);
  }
  stats_.in_flight = static_cast<int>(multi_.in_flight());
}

void SendPipeline::finish(Flight flight, const HttpResult& result) {
  const auto found = runners_.find(flight.runner);
  if (found == runners_.end()) return;
  auto& runner = *found->second;
  if (flight.sent) {
    auto outcome = runner.provider->parse_send(result);
    runner.replied(result.took, Clock::now());
    auto retry_in = runner.learn(outcome, result.took, Clock::now(), random_);
    if (outcome.kind == SendOutcome::Kind::ambiguous) retry_in = options_.resolve_after;
    settle(runner, *std::move(flight.sent), std::move(outcome), retry_in);
    return;
  }
  const auto page = runner.provider->parse_list(result);
  if (!page.ok) return;  // it has its turn again
  for (const auto& listed : page.messages) {
    const auto matched = match(flight.question, listed);
    if (matched == Match::full) flight.answer.matches.push_back(listed);
    if (matched == Match::all_but_words) flight.answer.lookalikes.push_back(listed.provider_id);
  }
  const bool older =
      page.messages.empty() || page.messages.back().created_at < flight.question.claimed_at - 1min;
  if (page.next.empty() || older) {
    answers_[flight.runner].push_back(std::move(flight.answer));
    return;
  }
  const auto id = ++next_flight_;
  auto call = runner.provider->list_call(runner.access, flight.question.msisdn, page.next);
  flights_[id] = std::move(flight);
  multi_.start(id, std::move(call));
}

void SendPipeline::settle(LaneRunner& runner, LaneRunner::Pending pending, SendOutcome result,
                          std::chrono::milliseconds retry_in) {
  if (runner.outcomes.empty()) runner.outcomes_since = Clock::now();
  runner.outcomes.push_back({std::move(pending.message), std::move(result), retry_in});
  if (--runner.outstanding[pending.claim] > 0) return;
  runner.outstanding.erase(pending.claim);
  runner.finished.push_back(pending.claim);
}

std::chrono::milliseconds SendPipeline::pause_length(Clock::time_point at) {
  auto until = std::min({at + poll, lease_at_, renew_at_, ask_at_});
  for (auto& [key, runner] : runners_) {
    if (!runner->outcomes.empty()) until = std::min(until, runner->outcomes_since + write_delay);
    if (const auto next = runner->next_at(at); next && *next > at) until = std::min(until, *next);
    // A wait for room in flight ends with a reply.
    if (runner->idle_until > at) until = std::min(until, runner->idle_until);
  }
  if (!answers_.empty()) return 0ms;
  return std::max(1ms, std::chrono::ceil<std::chrono::milliseconds>(until - at));
}

void SendPipeline::drain(Connection& db) {
  for (auto& [key, runner] : runners_) give_back(*runner, runner->take_all());
  const auto deadline = Clock::now() + options_.drain;
  while (!flights_.empty() && Clock::now() < deadline) collect(50ms);
  std::vector<Lane> lanes;
  for (auto& [key, runner] : runners_) {
    attempt(key.first, [&] { write_back(db, *runner); });
    lanes.push_back(runner->lane);
  }
  in_transaction(db, [&](Tx& tx) {
    release_lanes(tx, lanes);
    remove_daemon(tx, options_.daemon_id);
  });
}

}  // namespace smscrm
