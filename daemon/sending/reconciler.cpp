#include "daemon/sending/reconciler.hpp"

#include <algorithm>

#include "core/base/log.hpp"
#include "core/base/wait.hpp"
#include "core/fence/watch.hpp"
#include "core/tenant/account.hpp"
#include "daemon/outage.hpp"
#include "daemon/worker.hpp"

namespace smscrm {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_at_once = 50'000;  // messages asked about before it is noted

}  // namespace

void Reconciler::run(std::stop_token stop) {
  const auto pause = [this] {
    return std::clamp<std::chrono::milliseconds>(config().scheduler.receipt_overdue / 10, 100ms, 10s);
  };
  Outage outage{"overdue receipts are not asked for"};
  while (!stop.stop_requested()) {
    try {
      auto db = connect_watched(config().database.url, "smscrmd reconciler");
      // PostgreSQL thinks a range of ids far larger than it is, and compiling would cost more than reading
      // it.
      in_transaction(db, [](Tx& tx) { exec(tx, "SET jit = off"); });
      do {
        note_turn();
        while (!stop.stop_requested() && sweep(db, stop)) {
        }
        outage.end();
      } while (wait_unless_stopped(stop, pause()));
    } catch (const std::exception& error) {
      outage.begin(error);
      wait_unless_stopped(stop, 2s);
    }
  }
}

bool Reconciler::sweep(Connection& db, const std::stop_token& stop) {
  const auto window =
      transact(db, [&](Tx& tx) { return claim_sweep(tx, config().scheduler.receipt_overdue, now()); });
  if (!window) return false;
  try {
    auto overdue = transact(db, [&](Tx& tx) { return list_overdue(tx, *window, most_at_once); });
    const bool all = overdue.size() < most_at_once;
    const auto done_until = all ? window->until : overdue.back().claimed_at;
    if (overdue.empty() || ask(db, *window, std::move(overdue), stop)) {
      transact(db, [&](Tx& tx) { finish_sweep(tx, *window, done_until); });
      return true;
    }
  } catch (const Error& error) {
    if (error.code() == Errc::unavailable) throw;
    // Of this tenant's rows, or its account: the others have their turn.
    log_warn("overdue receipts of a tenant are not asked for",
             {{"tenant", window->tenant_slug}, {"error", error.what()}});
  }
  transact(db, [&](Tx& tx) { postpone_sweep(tx, *window, stop.stop_requested() ? now() : now() + 1min); });
  return true;
}

bool Reconciler::ask(Connection& db, const SweepWindow& window, std::vector<Overdue> overdue,
                     const std::stop_token& stop) {
  const auto account = transact(db, [&](Tx& tx) { return find_account(tx, key_, window.tenant); });
  if (!account) return true;
  ReceiptInquiry inquiry{get_provider(account->provider), access_of(*account, config().twilio),
                         std::move(overdue)};
  while (!inquiry.done() && !stop.stop_requested()) {
    note_turn();
    const auto before = inquiry.requests();
    const auto learned = inquiry.step(200ms);
    counts_.requests += inquiry.requests() - before;
    if (learned.empty()) continue;
    const auto summary = transact(db, [&](Tx& tx) {
      return record_receipts(tx, window.tenant, slot_, learned, ReceiptSource::reconcile, now());
    });
    counts_.raised += static_cast<std::uint64_t>(summary.raised);
    counts_.unchanged += static_cast<std::uint64_t>(summary.repeated);
  }
  counts_.missing += inquiry.missing();
  if (inquiry.missing() > 0)
    log_error("the provider does not know messages that it took",
              {{"tenant", window.tenant_slug}, {"messages", inquiry.missing()}});
  if (!inquiry.failure().empty()) {
    ++counts_.failures;
    log_warn(
        "the provider does not say what became of messages",
        {{"tenant", window.tenant_slug}, {"messages", inquiry.unanswered()}, {"error", inquiry.failure()}});
  }
  return inquiry.done() && inquiry.failure().empty();
}

}  // namespace smscrm
