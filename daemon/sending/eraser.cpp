#include "daemon/sending/eraser.hpp"

#include <algorithm>

#include "core/base/log.hpp"
#include "core/base/wait.hpp"
#include "core/fence/watch.hpp"
#include "core/privacy/erasure.hpp"
#include "core/privacy/retention.hpp"
#include "core/tenant/account.hpp"
#include "daemon/outage.hpp"
#include "daemon/worker.hpp"

namespace smscrm {

using namespace std::chrono_literals;

namespace {

constexpr auto erase_every = 10s;
constexpr auto between_steps = 100ms;
constexpr int steps_a_turn = 20, rows_a_step = 5'000;
constexpr auto longest_call = 5s;  // whoever watches threads wants a turn within ten
constexpr auto when_away = 5min;
constexpr int erasures_at_once = 20, copies_at_once = 50;

}  // namespace

void Eraser::run(std::stop_token stop) {
  Outage outage{"people are not erased"};
  while (!stop.stop_requested()) {
    try {
      auto db = connect_watched(config_.database.url, "smscrmd eraser");
      do {
        note_turn();
        const auto done = transact(db, [](Tx& tx) { return continue_erasures(tx, erasures_at_once, now()); });
        counts_.done += static_cast<std::uint64_t>(done);
        while (!stop.stop_requested() && ask(db, stop)) {
        }
        tidy_up(db, stop);
        outage.end();
      } while (wait_unless_stopped(stop, erase_every));
    } catch (const std::exception& error) {
      outage.begin(error);
      wait_unless_stopped(stop, 2s);
    }
  }
}

// A share of each look for each kind of each tenant, with room for others between.
void Eraser::tidy_up(Connection& db, const std::stop_token& stop) {
  const auto turns = transact(db, [](Tx& tx) { return count_tidy_turns(tx); });
  for (std::uint64_t turn = 0; turn < turns && !stop.stop_requested(); ++turn)
    for (int step = 0; step < steps_a_turn; ++step) {
      note_turn();
      if (!transact(db, [&](Tx& tx) { return tidy(tx, turn, rows_a_step, now()); })) break;
      if (!wait_unless_stopped(stop, between_steps)) return;
    }
  if (turns > 0)
    counts_.lag = transact(db, [](Tx& tx) { return retention_lag(tx, now()); }).count();
  else
    counts_.lag = 0;
}

bool Eraser::ask(Connection& db, const std::stop_token& stop) {
  const auto copies = transact(db, [](Tx& tx) { return claim_copies(tx, copies_at_once, now()); });
  if (copies.empty()) return false;
  const auto account = transact(db, [&](Tx& tx) { return find_account(tx, key_, copies.front().tenant); });
  if (!account) {
    transact(db, [&](Tx& tx) { give_back_copies(tx, copies, now() + 24h); });
    log_warn("a provider keeps what was erased, and there is no account to ask it with",
             {{"tenant_id", copies.front().tenant.value}, {"messages", copies.size()}});
    return true;
  }
  const auto& provider = get_provider(account->provider);
  const auto access = access_of(*account, config_.twilio);
  for (auto left = copies; !left.empty(); left.erase(left.begin())) {
    const auto copy = left.front();
    if (stop.stop_requested()) {
      transact(db, [&](Tx& tx) { give_back_copies(tx, left, now()); });
      return false;
    }
    note_turn();
    auto call = provider.delete_call(access, copy.provider_sid);
    call.connect_timeout = call.timeout = std::min<std::chrono::milliseconds>(call.timeout, longest_call);
    const auto result = http_request(call);
    if (result.failure != HttpFailure::none) {
      // The way to the provider, which says nothing of this message: no attempt, and none of the others.
      transact(db, [&](Tx& tx) { give_back_copies(tx, left, now() + when_away); });
      ++counts_.later;
      log_warn("the provider is not reached to delete what was erased",
               {{"tenant_id", copy.tenant.value}, {"messages", left.size()}, {"error", result.error}});
      return true;
    }
    const auto answer = provider.parse_delete(result);
    transact(db, [&](Tx& tx) { record_copy(tx, copy, answer, now()); });
    switch (answer.kind) {
      case DeleteAnswer::Kind::gone:
        ++counts_.gone;
        break;
      case DeleteAnswer::Kind::later:
        ++counts_.later;
        break;
      case DeleteAnswer::Kind::refused:
        ++counts_.refused;
        log_warn(
            "the provider does not delete what was erased",
            {{"tenant_id", copy.tenant.value}, {"message", copy.provider_sid}, {"error", answer.reason}});
        break;
    }
  }
  return true;
}

}  // namespace smscrm
