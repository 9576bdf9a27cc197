// What the sender asks of the database about messages: claims and outcomes.
#include <algorithm>
#include <utility>

#include "core/base/log.hpp"
#include "core/sending/recover.hpp"
#include "core/sending/work.hpp"
#include "daemon/sending/sender.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr auto poll = 200ms;      // between two looks for work
constexpr auto plan_rest = 50ms;  // between two readings of the plans, when claims find them outdated

void add(RecordSummary& sum, const RecordSummary& more) {
  sum.accepted += more.accepted;
  sum.failed += more.failed;
  sum.unknown += more.unknown;
  sum.returned += more.returned;
  if (!more.paused) return;
  sum.paused = true;
  sum.pause_code = more.pause_code;
  sum.pause_reason = more.pause_reason;
}

// One outcome that the database refuses must not hold up the others: it becomes an unknown one, which the
// provider is asked about.
RecordSummary record(Connection& db, const Lane& lane, const std::vector<Outcome>& outcomes,
                     const std::vector<std::int64_t>& finished, std::chrono::milliseconds resolve_after) {
  const auto write = [&](const std::vector<Outcome>& some, const std::vector<std::int64_t>& claims) {
    return in_transaction(db, [&](Tx& tx) { return record_outcomes(tx, lane, some, claims, now()); });
  };
  try {
    return write(outcomes, finished);
  } catch (const std::exception& refusal) {
    if (is_loss(refusal)) throw;
  }
  RecordSummary sum;
  for (auto outcome : outcomes) {
    try {
      add(sum, write({outcome}, {}));
    } catch (const std::exception& refusal) {
      if (is_loss(refusal)) throw;
      log_error("an outcome cannot be recorded",
                {{"message", outcome.message.id.value}, {"error", refusal.what()}});
      outcome.result = {};
      outcome.result.reason = "its outcome could not be recorded";
      outcome.retry_in = resolve_after;
      add(sum, write({outcome}, {}));
    }
  }
  add(sum, write({}, finished));
  return sum;
}

}  // namespace

std::shared_ptr<SendPipeline::Batch> SendPipeline::take_batch(LaneRunner& runner) {
  auto batch = std::make_shared<Batch>();
  batch->outcomes = std::exchange(runner.outcomes, {});
  batch->finished = std::exchange(runner.finished, {});
  runner.writing = true;
  return batch;
}

void SendPipeline::write_back(LaneRunner& runner) {
  if (runner.writing || (runner.outcomes.empty() && runner.finished.empty())) return;
  const auto batch = take_batch(runner);
  submit(
      runner,
      [this, batch, lane = runner.lane, after = options_.resolve_after](Connection& db) {
        batch->summary = stats_.write_back_seconds.time(
            [&] { return record(db, lane, batch->outcomes, batch->finished, after); });
      },
      [this, batch](LaneRunner& of) { written(of, *batch); },
      [this, batch](LaneRunner& of) { put_back(of, *batch); });
}

void SendPipeline::written(LaneRunner& runner, const Batch& batch) {
  runner.writing = false;
  const auto& summary = batch.summary;
  stats_.accepted += static_cast<std::uint64_t>(summary.accepted);
  stats_.failed += static_cast<std::uint64_t>(summary.failed);
  stats_.unknown += static_cast<std::uint64_t>(summary.unknown);
  stats_.returned += static_cast<std::uint64_t>(summary.returned);
  if (summary.paused) paused(runner, summary.pause_code, summary.pause_reason);
}

// Also by a receipt, which the next reading of the plan tells.
void SendPipeline::paused(LaneRunner& runner, std::optional<int> code, const std::string& reason) {
  runner.paused = code.value_or(0);
  log_error("lane paused by a configuration error", {{"tenant", runner.plan ? runner.plan->tenant.slug : ""},
                                                     {"code", code.value_or(0)},
                                                     {"reason", reason}});
  give_back(runner, runner.take_all());
}

// Its commit may be in doubt. No claim may come before it is written again: of what went back to waiting, an
// old outcome would end a new attempt.
void SendPipeline::put_back(LaneRunner& runner, Batch& batch) {
  runner.writing = false;
  runner.in_doubt = true;
  runner.outcomes.insert(runner.outcomes.begin(), std::make_move_iterator(batch.outcomes.begin()),
                         std::make_move_iterator(batch.outcomes.end()));
  runner.finished.insert(runner.finished.begin(), batch.finished.begin(), batch.finished.end());
  runner.outcomes_since = Clock::now();
}

// After a failure: what was to be written, and back go those messages whose claim nobody heard of.
void SendPipeline::recover(LaneRunner& runner) {
  if (runner.jobs > 0) return;
  const auto batch = take_batch(runner);
  std::vector<std::int64_t> known;
  for (const auto& [claim, messages] : runner.outstanding) known.push_back(claim);
  submit(
      runner,
      [batch, known, lane = runner.lane, after = options_.resolve_after](Connection& db) {
        batch->summary = record(db, lane, batch->outcomes, batch->finished, after);
        in_transaction(db, [&](Tx& tx) { return recover_claims(tx, lane, known, now()); });
      },
      [this, batch](LaneRunner& of) {
        of.in_doubt = false;
        written(of, *batch);
      },
      [this, batch](LaneRunner& of) { put_back(of, *batch); });
}

// For work of all lanes at once: most of many have none.
void SendPipeline::look() {
  if (looking_ || runners_.empty()) return;
  looking_ = true;
  look_at_ = Clock::now() + poll;
  std::vector<TenantId> tenants;
  for (const auto& [key, runner] : runners_) tenants.push_back(key.first);
  const auto found = std::make_shared<WorkFound>();
  db_.submit(
      [tenants, found](Connection& db) {
        *found = in_transaction(db, [&](Tx& tx) { return find_work(tx, tenants, now()); });
      },
      [this, found](const std::exception_ptr& failure) {
        looking_ = false;
        if (failure) return fail({}, failure);
        for (auto& [key, runner] : runners_) {
          if (found->to_send.count(key.first) > 0) runner->idle = false;
          if (found->to_resolve.count(key.first) > 0) runner->unresolved = true;
        }
      });
}

void SendPipeline::claim(LaneRunner& runner) {
  if (runner.claiming) return;
  const auto room = runner.room(Clock::now(), config_.sender.batch, slots_of_a_lane());
  if (room.messages < 1) return;
  runner.claiming = true;
  const auto claim = std::make_shared<Claim>();
  submit(
      runner,
      [this, claim, room, lane = runner.lane, plan = *runner.plan](Connection& db) {
        *claim = stats_.claim_seconds.time([&] {
          return in_transaction(db, [&](Tx& tx) {
            auto left = room;
            return claim_messages(tx, lane, plan, left, now());
          });
        });
      },
      [this, claim](LaneRunner& of) {
        of.claiming = false;
        claimed(of, std::move(*claim));
      },
      [](LaneRunner& of) {
        of.claiming = false;
        of.in_doubt = true;
      });
}

void SendPipeline::claimed(LaneRunner& runner, Claim claim) {
  if (claim.lane_lost) {
    runner.lease_until = {};
    runner.queue.clear();
    renew_at_ = {};
    return;
  }
  if (claim.plan_outdated) {
    runner.outdated = true;
    lease_at_ = std::min(lease_at_, leased_at_ + plan_rest);
    return;
  }
  if (claim.no_sender && !runner.no_sender_reported)
    log_error("nothing can be sent without a sender", {{"tenant", runner.plan->tenant.slug}});
  runner.no_sender_reported = claim.no_sender;
  if (claim.messages.empty()) {
    if (claim.more && !claim.no_sender)
      runner.idle_until = Clock::now() + 5ms;
    else
      runner.idle = true;
  }
  runner.accept(std::move(claim), Clock::now());
}

}  // namespace smscrm
