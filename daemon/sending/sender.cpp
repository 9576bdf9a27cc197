#include "daemon/sending/sender.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "core/base/log.hpp"
#include "daemon/worker.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr auto poll = 200ms;        // the longest pause
constexpr auto write_delay = 20ms;  // outcomes wait for company so long
constexpr auto left_alone = 5s;     // a lane that failed
constexpr auto database_rest = 1s;  // after it was lost
constexpr auto note_rest = 1s;      // between two notes of a lane's trouble

}  // namespace

SendPipeline::SendPipeline(const Config& config, const SecretKey& key, SenderOptions options)
    : config_(config),
      key_(key),
      options_(std::move(options)),
      // Those that hang keep their connections, too. Beyond what libcurl is to keep it closes one that is
      // free whenever a request ends, and the next has to connect anew.
      multi_(static_cast<std::size_t>(config.twilio.max_in_flight) * (1 + SendWindow::hung_for_each) + 16),
      db_(config.database.url, "smscrmd sender", [this] { multi_.wake(); }) {}

void SendPipeline::run(std::stop_token stop) {
  const std::stop_callback on_stop{stop, [this] { wake(); }};
  while (!stop.stop_requested()) attempt([this] { step(); });
  attempt([this] { drain(); });
}

// What fails on this thread, memory for one, must not end the daemon. Who could not be told what became of
// its job looks it up.
void SendPipeline::attempt(const std::function<void()>& work) try { work(); } catch (const std::exception&) {
  for (auto& [key, runner] : runners_) runner->in_doubt = true;
  fail({}, std::current_exception());
  std::this_thread::sleep_for(100ms);  // it may fail again at once
}

void SendPipeline::reconfigure(const Config& config) {
  next_config_.with([&](Config& next) { next = config; });
  reconfigured_ = true;
  wake();
}

void SendPipeline::step() {
  note_turn();
  if (reconfigured_.exchange(false)) {
    next_config_.with([&](const Config& next) { config_ = next; });
    for (auto& [key, runner] : runners_) runner->outdated = true;
    lease_at_ = {};
    options_.resolve_grace = config_.sender.absence_grace;
  }
  db_.collect();
  collect_pages();
  for (auto& [key, runner] : runners_) give_back(*runner, runner->take_stale(Clock::now()));
  // While it is lost, replies are still taken in; nothing new is claimed.
  if (Clock::now() >= database_at_) use_database();
  dispatch();
  question();
  collect(pause_length(Clock::now()));
}

void SendPipeline::use_database() {
  if (woken_.exchange(false)) {
    look_at_ = {};
    lease_at_ = std::min(lease_at_, leased_at_ + poll);
  }
  if (Clock::now() >= std::min(lease_at_, renew_at_)) lease();
  if (Clock::now() >= look_at_) look();
  const bool asks = Clock::now() >= ask_at_;
  if (asks) ask_at_ = Clock::now() + 1s;
  for (auto& [key, runner] : runners_) {
    note(*runner);
    if (is_left_alone(key.first)) continue;
    if (runner->in_doubt) {
      recover(*runner);
      continue;
    }
    const bool due = !runner->outcomes.empty() && Clock::now() - runner->outcomes_since >= write_delay;
    if (due || runner->outcomes.size() >= static_cast<std::size_t>(config_.sender.batch)) write_back(*runner);
    claim(*runner);
    if (asks) ask(*runner);
  }
  resolve();
}

void SendPipeline::submit(LaneRunner& runner, DbThread::Work work, std::function<void(LaneRunner&)> done,
                          std::function<void(LaneRunner&)> failed) {
  ++runner.jobs;
  db_.submit(std::move(work),
             [this, key = RunnerKey{runner.lane.tenant, runner.lane.epoch}, done = std::move(done),
              failed = std::move(failed)](const std::exception_ptr& failure) {
               auto& of = *runners_.at(key);  // stays while it has jobs
               --of.jobs;
               if (!failure) {
                 succeed();
                 of.broken.reset();
                 return done(of);
               }
               if (failed) failed(of);
               fail(key.first, failure);
             });
}

// For the log; the id while nothing is known of it.
std::string SendPipeline::slug_of(TenantId tenant) const {
  for (const auto& [key, runner] : runners_)
    if (key.first == tenant && runner->plan) return runner->plan->tenant.slug;
  return fmt::format("{}", tenant.value);
}

void SendPipeline::succeed() { outage_.end(); }

void SendPipeline::fail(std::optional<TenantId> tenant, const std::exception_ptr& failure) try {
  std::rethrow_exception(failure);
} catch (const std::exception& error) {
  const auto at = Clock::now();
  if (!tenant || is_loss(error)) {
    outage_.begin(error);
    database_at_ = at + database_rest;
    answers_.clear();  // they grow old; their questions have another turn
    return;
  }
  auto& until = trouble_[*tenant];
  if (until + 1min < at)
    log_error("a lane fails and is left alone", {{"tenant", slug_of(*tenant)}, {"error", error.what()}});
  until = at + left_alone;
  for (auto& [key, runner] : runners_)
    if (key.first == *tenant && !runner->broken)
      runner->broken = LaneTrouble{"lane_failing", error.what(), now()};
}

bool SendPipeline::is_left_alone(TenantId tenant) const {
  const auto known = trouble_.find(tenant);
  return known != trouble_.end() && Clock::now() < known->second;
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
  // A request that hangs takes nobody's place (core/lane/window.hpp).
  auto room = config_.twilio.max_in_flight - static_cast<int>(flights_.size());
  for (const auto& [key, runner] : runners_) room += runner->window.hung();
  for (std::size_t idle = 0; idle < runners_.size() && room > 0; ++turn) {
    if (turn == runners_.end()) turn = runners_.begin();
    const bool left = dispatch_one(*turn->second);
    idle = left ? 0 : idle + 1;
    room -= left;
    if (left) served_ = turn->first;
  }
}

// False when nothing of the lane may leave now.
bool SendPipeline::dispatch_one(LaneRunner& runner) {
  auto pending = runner.next(Clock::now());
  if (!pending) return false;
  auto call = runner.call_of(*pending);
  const auto id = ++next_flight_;
  flights_[id] = {{runner.lane.tenant, runner.lane.epoch}, std::move(pending), {}, {}, {}};
  multi_.start(id, std::move(call));
  return true;
}

void SendPipeline::collect(std::chrono::milliseconds timeout) {
  for (auto& finished : multi_.wait(timeout)) {
    const auto flight = flights_.extract(finished.id);
    finish(std::move(flight.mapped()), finished.result);
  }
  stats_.in_flight = static_cast<std::int64_t>(multi_.in_flight());
}

void SendPipeline::finish(Flight flight, const HttpResult& result) {
  const auto found = runners_.find(flight.runner);
  if (found == runners_.end()) return;
  auto& runner = *found->second;
  if (flight.sent) {
    auto outcome = runner.provider->parse_send(result);
    stats_.request_seconds.observe(result.took);
    const auto at = Clock::now();
    const bool was_open = runner.is_open();
    const auto rested_until = std::max(runner.resume_at, at);
    runner.replied(*flight.sent, outcome, at);
    auto retry_in = runner.learn(outcome, result.took, at, random_);
    report(runner, outcome, was_open, rested_until);
    if (outcome.kind == SendOutcome::Kind::accepted)
      runner.taken.add(outcome.provider_id, now() - result.took);
    if (outcome.trouble == Trouble::busy) ++stats_.refused;
    if (outcome.trouble == Trouble::busy && runner.again(*flight.sent, at)) return;
    if (outcome.kind == SendOutcome::Kind::ambiguous) retry_in = options_.resolve_after;
    settle(runner, *std::move(flight.sent), std::move(outcome), retry_in);
    return;
  }
  if (flight.pages) return read_page(runner, std::move(flight), result);
  answered(runner, std::move(flight), result);
}

// What holds a lane up for longer than a moment.
void SendPipeline::report(const LaneRunner& runner, const SendOutcome& outcome, bool was_open,
                          Clock::time_point rested_until) {
  const auto tenant = runner.plan ? runner.plan->tenant.slug : "";
  if (runner.is_open() && !was_open)
    log_warn("the provider fails; now and then one request tries",
             {{"tenant", tenant}, {"error", outcome.reason}});
  if (!runner.is_open() && was_open) log_info("the provider answers again", {{"tenant", tenant}});
  if (const auto rest = runner.resume_at - Clock::now();
      outcome.retry_after && rest > 5s && rested_until + 5s < runner.resume_at)
    log_warn("the provider asks for a rest",
             {{"tenant", tenant}, {"seconds", std::chrono::ceil<std::chrono::seconds>(rest).count()}});
}

void SendPipeline::settle(LaneRunner& runner, LaneRunner::Pending pending, SendOutcome result,
                          std::chrono::milliseconds retry_in) {
  if (runner.outcomes.empty()) runner.outcomes_since = Clock::now();
  runner.outcomes.push_back({std::move(pending.message), std::move(result), retry_in});
  if (--runner.outstanding[pending.claim] > 0) return;
  runner.outstanding.erase(pending.claim);
  runner.finished.push_back(pending.claim);
}

// For whoever asks why nothing leaves (core/lane/trouble.hpp).
void SendPipeline::note(LaneRunner& runner) {
  const auto at = Clock::now();
  if (at < runner.note_at) return;
  const auto trouble = runner.trouble_at(at);
  if (trouble == runner.noted) return;
  runner.note_at = at + note_rest;
  runner.noted = trouble;
  db_.submit(
      [trouble, lane = runner.lane](Connection& db) {
        in_transaction(db, [&](Tx& tx) { note_trouble(tx, lane, trouble); });
      },
      [this, key = RunnerKey{runner.lane.tenant, runner.lane.epoch}](const std::exception_ptr& failure) {
        if (!failure) return;
        const auto found = runners_.find(key);
        if (found != runners_.end()) found->second->noted.reset();
        if (is_loss(failure)) fail({}, failure);
      });
}

// What is under way on the database thread ends the pause by itself, as does a reply.
std::chrono::milliseconds SendPipeline::pause_length(Clock::time_point at) {
  auto until = at + poll;
  const bool has_database = at >= database_at_;
  if (!has_database) until = std::min(until, database_at_);
  if (has_database && !answers_.empty()) return 0ms;
  if (has_database) until = std::min(until, ask_at_);
  if (has_database && !looking_ && !runners_.empty()) until = std::min(until, look_at_);
  if (has_database && !leasing_) until = std::min({until, lease_at_, renew_at_});
  for (auto& [key, runner] : runners_) {
    if (const auto next = runner->next_at(at); next && *next > at) until = std::min(until, *next);
    if (!has_database || is_left_alone(key.first)) continue;
    if (!runner->writing && !runner->outcomes.empty())
      until = std::min(until, runner->outcomes_since + write_delay);
    // A wait for room in flight ends with a reply.
    if (runner->idle_until > at) until = std::min(until, runner->idle_until);
  }
  return std::max(1ms, std::chrono::ceil<std::chrono::milliseconds>(until - at));
}

void SendPipeline::drain() {
  const auto deadline = Clock::now() + options_.drain;
  const auto give_all_back = [this] {
    for (auto& [key, runner] : runners_) give_back(*runner, runner->take_all());
  };
  give_all_back();
  while (!flights_.empty() && Clock::now() < deadline) {
    collect(50ms);
    db_.collect();
    give_all_back();  // of claims that were under way
  }
  const auto finish_jobs = [this] {
    while (db_.pending() > 0) {
      collect(50ms);
      db_.collect();
    }
  };
  finish_jobs();
  give_all_back();
  std::vector<Lane> lanes;
  for (auto& [key, runner] : runners_) {
    if (runner->in_doubt) continue;  // its next owner finds out
    write_back(*runner);
    lanes.push_back(runner->lane);
  }
  db_.submit(
      [lanes, daemon = options_.daemon_id](Connection& db) {
        in_transaction(db, [&](Tx& tx) {
          release_lanes(tx, lanes);
          remove_daemon(tx, daemon);
        });
      },
      [this](const std::exception_ptr& failure) {
        if (failure) fail({}, failure);
      });
  finish_jobs();
}

}  // namespace smscrm
