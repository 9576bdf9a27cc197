// The lanes of a sender: which are leased to it, and what it must know of them.
#include <algorithm>
#include <set>
#include <utility>

#include "core/base/log.hpp"
#include "core/fence/watch.hpp"
#include "core/link/link.hpp"
#include "core/sending/recover.hpp"
#include "core/tenant/plan_version.hpp"
#include "daemon/sending/sender.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr auto lease_step = 1s;  // free lanes, and plans that have changed, are looked for so often

}  // namespace

// What the lane's claims and requests need to know.
struct SendPipeline::LanePlan {
  Lane lane;
  bool fresh;                      // not known here yet
  std::optional<Account> account;  // without one, or without its tenant, there is nothing to send
  std::optional<ClaimPlan> plan;
  std::exception_ptr failure;
};

// Takes over a lane that is new here. Only what is committed counts as taken over.
void SendPipeline::read_plan(Connection& db, const SecretKey& key, LanePlan& of) try {
  in_transaction(db, [&](Tx& tx) {
    auto version = std::move(read_plan_versions(tx, {of.lane.tenant})[of.lane.tenant]);
    const auto account = find_account(tx, key, of.lane.tenant);
    const auto tenant = find_tenant(tx, fmt::format("{}", of.lane.tenant.value));
    if (!account || !tenant) return;
    if (of.fresh) {
      if (const int unknown = take_over(tx, of.lane, now()); unknown > 0)
        log_warn("lane taken over", {{"tenant", tenant->slug}, {"unknown", unknown}});
    }
    of.account = account;
    of.plan = ClaimPlan{*tenant,
                        list_senders(tx, of.lane.tenant),
                        account->messaging_service,
                        "",
                        get_link_key(tx, key),
                        read_hours_book(tx),
                        std::move(version)};
  });
} catch (const Error& error) {
  if (error.code() == Errc::unavailable) throw;
  of.failure = std::current_exception();
} catch (const std::exception&) {
  of.failure = std::current_exception();
}

// Lanes to give back: idle ones first come, so that a new daemon gets its share.
void SendPipeline::give_up_surplus(Tx& tx, const std::string& daemon, std::chrono::seconds length,
                                   const std::vector<Lane>& busy, std::vector<Lane>& held) {
  for (int surplus = count_surplus(tx, daemon, length); surplus > 0; --surplus) {
    const auto idle = std::find_if(held.begin(), held.end(), [&](const Lane& lane) {
      return std::find(busy.begin(), busy.end(), lane) == busy.end();
    });
    if (idle == held.end()) return;
    release_lanes(tx, {*idle});
    held.erase(idle);
  }
}

void SendPipeline::lease() {
  if (leasing_) return;
  leasing_ = true;
  const auto begin = Clock::now();
  const bool renew = begin >= renew_at_;
  const auto length = std::max<std::chrono::seconds>(
      1s, std::chrono::duration_cast<std::chrono::seconds>(config_.sender.lease));
  leased_at_ = begin;
  lease_at_ = begin + lease_step;
  std::vector<Lane> known, busy;
  std::map<TenantId, std::string> versions;  // of the plans here
  std::set<TenantId> left_alone;
  for (const auto& [key, runner] : runners_) {
    known.push_back(runner->lane);
    if (runner->plan && !runner->outdated) versions[key.first] = runner->plan->version;
    if (!runner->outstanding.empty() || !runner->queue.empty() || runner->claiming)
      busy.push_back(runner->lane);
    if (is_left_alone(key.first)) left_alone.insert(key.first);
  }
  struct Leased {
    std::vector<Lane> lanes;  // all that are held, or those just taken
    std::vector<LanePlan> plans;
  };
  const auto leased = std::make_shared<Leased>();
  db_.submit(
      [=, daemon = options_.daemon_id, host = options_.host, started = started_at_,
       key = key_](Connection& db) {
        if (renew) heartbeat(db);
        leased->lanes = in_transaction(db, [&](Tx& tx) {
          if (!renew) return take_lanes(tx, daemon, length);
          beat(tx, daemon, host, started);
          auto held = lease_lanes(tx, daemon, length);
          give_up_surplus(tx, daemon, length, busy, held);
          return held;
        });
        const auto is_known = [&](const Lane& lane) {
          return std::find(known.begin(), known.end(), lane) != known.end();
        };
        std::vector<TenantId> tenants;
        for (const auto& lane : known) tenants.push_back(lane.tenant);
        const auto is = in_transaction(db, [&](Tx& tx) { return read_plan_versions(tx, tenants); });
        for (const auto& lane : known) {
          const auto before = versions.find(lane.tenant), after = is.find(lane.tenant);
          if (before == versions.end() || after == is.end() || before->second != after->second)
            leased->plans.push_back({lane, false, {}, {}, {}});
        }
        for (const auto& lane : leased->lanes)
          if (!is_known(lane)) leased->plans.push_back({lane, true, {}, {}, {}});
        for (auto& plan : leased->plans)
          if (left_alone.count(plan.lane.tenant) == 0) read_plan(db, key, plan);
      },
      // A third of two whole seconds would be none, and nothing but leases would be asked for.
      [this, leased, renew, begin,
       held = std::chrono::milliseconds{length}](const std::exception_ptr& failure) {
        leasing_ = false;
        if (failure) return fail({}, failure);
        succeed();
        if (renew) {
          renew_at_ = begin + held / 3;
          drop_lost(leased->lanes);
        }
        for (auto& plan : leased->plans) take_in(std::move(plan));
        for (const auto& lane : leased->lanes)
          if (const auto runner = runners_.find({lane.tenant, lane.epoch}); runner != runners_.end())
            runner->second->lease_until = begin + held - held / 10;
        stats_.lanes = static_cast<std::int64_t>(runners_.size());
        std::map<int, int> paused;
        std::map<std::string, int> troubled;
        int open = 0;
        for (const auto& [key, runner] : runners_) {
          if (runner->paused) ++paused[*runner->paused];
          open += runner->is_open();
          if (const auto trouble = runner->trouble_at(Clock::now())) ++troubled[trouble->code];
        }
        stats_.open = open;
        stats_.paused.with([&](auto& by_code) { by_code = std::move(paused); });
        stats_.troubled.with([&](auto& by_code) { by_code = std::move(troubled); });
      });
}

// Lanes that are another's: what was claimed and has not left is for its new owner to resolve.
void SendPipeline::drop_lost(const std::vector<Lane>& held) {
  for (auto& [key, runner] : runners_) {
    if (std::find(held.begin(), held.end(), runner->lane) != held.end()) continue;
    runner->lease_until = {};
    runner->queue.clear();
  }
  std::erase_if(runners_, [](const auto& entry) {
    const auto& runner = *entry.second;
    return runner.lease_until == Clock::time_point{} && runner.in_flight == 0 && runner.outcomes.empty() &&
           runner.jobs == 0;
  });
}

void SendPipeline::take_in(LanePlan read) {
  const RunnerKey key{read.lane.tenant, read.lane.epoch};
  if (read.failure) return fail(read.lane.tenant, read.failure);
  if (!read.plan || (!read.fresh && runners_.count(key) == 0)) return;
  auto& runner = runners_[key];
  if (!runner) {
    runner = std::make_unique<LaneRunner>(read.lane, *read.account);
    // What the owner before sent within the last second counts for the rates.
    if (read.lane.epoch > 1) runner->resume_at = Clock::now() + 1s;
  }
  runner->access = access_of(*read.account, config_.twilio);
  read.plan->public_url = config_.http.public_url;
  runner->set_plan(*std::move(read.plan), *read.account);
  if (!read.account->paused_at)
    runner->paused.reset();
  else if (!runner->paused)
    paused(*runner, read.account->pause_code, read.account->pause_reason);
}

}  // namespace smscrm
