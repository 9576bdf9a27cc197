// The lanes of a sender: which are leased to it, and what it must know of them.
#include <algorithm>

#include "core/base/log.hpp"
#include "core/link.hpp"
#include "core/outbound_recover.hpp"
#include "daemon/sender.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr auto lease_step = 1s;  // free lanes are looked for, and plans read anew, so often

ProviderAccess access_of(const Config& config, const Account& account) {
  ProviderAccess access;
  access.api_url = config.twilio.api_url;
  access.account_sid = account.sid;
  const bool by_key = !account.api_key_sid.empty();
  access.user = by_key ? account.api_key_sid : account.sid;
  access.password = by_key ? account.api_key_secret : account.auth_token;
  access.timeout = config.twilio.timeout;
  access.connect_timeout = std::min(access.connect_timeout, access.timeout);
  return access;
}

}  // namespace

void SendPipeline::lease(Connection& db) {
  const auto begin = Clock::now();
  const bool renew = begin >= renew_at_;
  const auto length = std::max<std::chrono::seconds>(
      1s, std::chrono::duration_cast<std::chrono::seconds>(config_.sender.lease));
  leased_at_ = begin;
  lease_at_ = begin + lease_step;
  const auto lanes = in_transaction(db, [&](Tx& tx) {
    if (!renew) return take_lanes(tx, options_.daemon_id, length);
    beat(tx, options_.daemon_id, options_.host, started_at_);
    auto held = lease_lanes(tx, options_.daemon_id, length);
    // Give back idle lanes first come, so that a new daemon gets its share.
    for (int surplus = count_surplus(tx, options_.daemon_id, length); surplus > 0 && !held.empty();
         --surplus) {
      const auto idle = std::find_if(held.begin(), held.end(), [&](const Lane& lane) {
        const auto runner = runners_.find({lane.tenant, lane.epoch});
        return runner == runners_.end() ||
               (runner->second->outstanding.empty() && runner->second->queue.empty());
      });
      if (idle == held.end()) break;
      release_lanes(tx, {*idle});
      held.erase(idle);
    }
    return held;
  });
  if (renew) {
    renew_at_ = begin + length / 3;
    for (auto& [key, runner] : runners_) {
      if (std::find(lanes.begin(), lanes.end(), runner->lane) != lanes.end()) continue;
      runner->lease_until = {};
      runner->queue.clear();  // its new owner resolves them
    }
    std::erase_if(runners_, [](const auto& entry) {
      return entry.second->lease_until == Clock::time_point{} && entry.second->in_flight == 0 &&
             entry.second->outcomes.empty();
    });
  }
  for (auto& [key, runner] : runners_)
    if (runner->lease_until > begin) attempt(key.first, [&] { read_plan(db, runner->lane); });
  for (const auto& lane : lanes) {
    const RunnerKey key{lane.tenant, lane.epoch};
    if (runners_.count(key) == 0) attempt(lane.tenant, [&] { read_plan(db, lane); });
    if (const auto runner = runners_.find(key); runner != runners_.end())
      runner->second->lease_until = begin + length - length / 10;
  }
  stats_.lanes = static_cast<int>(runners_.size());
}

// What the lane's claims and requests need to know; takes over a lane that is new here.
void SendPipeline::read_plan(Connection& db, const Lane& lane) {
  const RunnerKey key{lane.tenant, lane.epoch};
  std::unique_ptr<LaneRunner> fresh;
  in_transaction(db, [&](Tx& tx) {
    const auto account = find_account(tx, key_, lane.tenant);
    const auto tenant = find_tenant(tx, fmt::format("{}", lane.tenant.value));
    if (!account || !tenant) return;
    // Only what is committed counts as taken over: a runner is kept from then on.
    if (runners_.count(key) == 0) {
      fresh = std::make_unique<LaneRunner>(lane, *account);
      if (const int unknown = take_over(tx, lane, now()); unknown > 0)
        log_warn("lane taken over", {{"tenant", tenant->slug}, {"unknown", unknown}});
    }
    auto* runner = fresh ? fresh.get() : runners_.at(key).get();
    runner->access = access_of(config_, *account);
    runner->set_plan({*tenant, list_senders(tx, lane.tenant), account->messaging_service,
                      config_.http.public_url, get_link_key(tx, key_)},
                     *account);
  });
  if (fresh) runners_[key] = std::move(fresh);
}

}  // namespace smscrm
