#include "daemon/sending/scheduler.hpp"

#include "core/access/request_key.hpp"
#include "core/access/session.hpp"
#include "core/access/throttle.hpp"
#include "core/backup/backup_run.hpp"
#include "core/base/log.hpp"
#include "core/campaign/campaign.hpp"
#include "core/inbox/opt_out_review.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "core/sending/load.hpp"
#include "daemon/sending/watched_loop.hpp"
#include "daemon/worker.hpp"

namespace smscrm {

using namespace std::chrono_literals;

namespace {

constexpr int seal_at_once = 5'000, seal_turns = 10;
constexpr auto beat_every = 1s;        // what a disk that is put back may have forgotten unnoticed
constexpr auto rare_look_every = 30s;  // and what is counted for metrics
constexpr int folded_at_once = 5'000;  // rows of the rollup
constexpr auto tell_every = 1min;      // a checkpoint of one chain

}  // namespace

void Scheduler::run(std::stop_token stop) {
  CampaignLog campaigns;
  run_watched_loop(stop,
                   {.database_url = config_.database.url,
                    .application = "smscrmd scheduler",
                    .consequence = "campaigns are not ended",
                    .look = [&](Connection& db) { look(db, campaigns); },
                    .pause = [] { return 1s; },
                    .begin = [&](Connection&) { beat_at_ = look_at_ = std::chrono::steady_clock::now(); }});
}

void Scheduler::look(Connection& db, CampaignLog& campaigns) {
  if (std::chrono::steady_clock::now() >= beat_at_) {
    fenced_ = heartbeat_.beat(db) ? 1 : 0;
    beat_at_ += beat_every;
  }
  if (std::chrono::steady_clock::now() >= look_at_) {
    look_at_reviews(db);
    look_at_load(db);
    look_at_backups(db);
    transact(db, [](Tx& tx) { fold_rollup(tx, folded_at_once, now()); });
    transact(db, [](Tx& tx) {
      prune_request_keys(tx, now());
      prune_sessions(tx, now());
      prune_sign_in_failures(tx, now());
    });
    look_at_ += rare_look_every;
  }
  transact(db, [](Tx& tx) { finish_campaigns(tx, now()); });
  transact(db, [&](Tx& tx) { campaigns.look(tx, now()); });
  seal(db);
}

// What is told of a checkpoint can be compared with the chain later ("smscrm audit verify --anchor"),
// whatever becomes of the database.
void Scheduler::seal(Connection& db) {
  for (int turn = 0; turn < seal_turns; ++turn) {
    const auto heads = transact(db, [&](Tx& tx) { return seal_audit(tx, key_, seal_at_once, now()); });
    if (heads.empty()) return;
    note_turn();
    sealed_ += heads.size();
    for (const auto& head : heads) {
      auto& told_at = told_[head.owner ? head.owner->value : 0];
      const auto at = std::chrono::steady_clock::now();
      if (told_at.time_since_epoch().count() != 0 && at < told_at + tell_every) continue;
      told_at = at;
      log_info("the audit was sealed", {{"checkpoint", format_checkpoint(head)}});
    }
  }
}

// A transaction each, so that no snapshot is held for longer than it must.
void Scheduler::look_at_load(Connection& db) {
  const auto due = transact(db, [](Tx& tx) { return count_due(tx, now()); });
  due_ = due.messages;
  oldest_due_ = due.oldest.count();
  const auto unknown = transact(db, [](Tx& tx) { return count_unknown(tx, now()); });
  asked_ = unknown.asked;
  held_ = unknown.held;
  oldest_unknown_ = unknown.oldest.count();
  unsealed_ = transact(db, [](Tx& tx) { return unsealed_for(tx, now()); }).count();
  looked_at_ = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
}

void Scheduler::look_at_reviews(Connection& db) {
  const auto load = transact(db, [](Tx& tx) { return count_reviews(tx); });
  reviews_ = load.waiting;
  seconds_to_review_ =
      load.next_due ? std::chrono::duration_cast<std::chrono::seconds>(*load.next_due - now()).count() : 0;
}

void Scheduler::look_at_backups(Connection& db) {
  const auto [ages, archive] = transact(db, [](Tx& tx) {
    return std::pair{find_backup_ages(tx), find_wal_archive(tx)};
  });
  const auto seconds = [](const std::optional<Timestamp>& at) {
    return at ? std::chrono::duration_cast<std::chrono::seconds>(at->time_since_epoch()).count() : 0;
  };
  full_backup_ = seconds(ages.full);
  incremental_backup_ = seconds(ages.incremental);
  restore_test_ = seconds(ages.verified);
  wal_age_ =
      archive ? std::chrono::duration_cast<std::chrono::seconds>(now() - archive->archived_at).count() : -1;
}

}  // namespace smscrm
