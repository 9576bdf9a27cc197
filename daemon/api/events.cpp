#include "daemon/api/events.hpp"

#include "core/base/log.hpp"
#include "core/base/wait.hpp"
#include "core/db/roles.hpp"
#include "core/report/report.hpp"
#include "core/report/report_json.hpp"
#include "core/sending/hold.hpp"
#include "daemon/outage.hpp"
#include "daemon/worker.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr int most_of_one = 8, most_listeners = 200;
constexpr std::size_t most_campaigns = 50;  // of a tenant at once
constexpr auto every = 1'000ms, comment_every = 20'000ms;
constexpr auto look_every = 250ms;

bool is_over(const Campaign& campaign) {
  return campaign.status != CampaignStatus::running && campaign.status != CampaignStatus::paused;
}

}  // namespace

bool ApiEvents::add(Listener listener) {
  {
    const std::lock_guard lock{mutex_};
    int all = 0;
    for (const auto& [who, count] : count_) all += count;
    const auto mine = count_.find(listener.who);
    if (all >= most_listeners || (mine != count_.end() && mine->second >= most_of_one)) return false;
    ++count_[listener.who];
    added_.push_back(std::move(listener));
  }
  filled_.notify_one();
  return true;
}

bool ApiEvents::put(Listener& listener, const std::string& text) {
  if (listener.stream->put(text) != HttpStream::Put::taken) return false;
  listener.wrote_at = std::chrono::steady_clock::now();
  return true;
}

void ApiEvents::run(std::stop_token stop) {
  std::unique_ptr<Connection> db;
  Outage outage{"nothing is told of campaigns as they go"};
  while (!stop.stop_requested()) {
    note_turn();
    {
      std::unique_lock lock{mutex_};
      filled_.wait_for(lock, stop, listeners_.empty() ? every : look_every, [&] { return !added_.empty(); });
      listeners_.splice(listeners_.end(), added_);
    }
    if (listeners_.empty()) {
      db.reset();
      continue;
    }
    try {
      if (!db) {
        db = std::make_unique<Connection>(connect_as_worker(database_url_, "smscrmd events"));
        transact(*db, [](Tx& tx) { exec(tx, "SET statement_timeout = '5s'"); });
      }
      if (tell(*db)) outage.end();
    } catch (const std::exception& error) {
      outage.begin(error);
      db.reset();
      wait_unless_stopped(stop, every);
    }
    {
      const std::lock_guard lock{mutex_};
      for (auto one = listeners_.begin(); one != listeners_.end();) {
        if (std::chrono::steady_clock::now() - one->wrote_at > comment_every) put(*one, ":\n\n");
        // Nobody else has it: its answer never reached the connection.
        const bool is_lost = one->stream.use_count() == 1;
        if (!is_lost && !one->stream->is_gone()) {
          ++one;
          continue;
        }
        if (--count_[one->who] == 0) count_.erase(one->who);
        one = listeners_.erase(one);
      }
    }
  }
  for (auto& one : listeners_) one.stream->end();
}

// One tenant's trouble is not the others'.
void ApiEvents::note_failure(TenantId tenant, const std::exception& error) {
  if (const auto left_out = failures_.pass(std::chrono::steady_clock::now()))
    log_error("a tenant is not told of its campaigns",
              {{"tenant", tenant.value}, {"error", error.what()}, {"left_out", *left_out}});
}

bool ApiEvents::tell(Connection& db) {
  std::map<TenantId, std::vector<Listener*>> by_tenant;
  const auto at = std::chrono::steady_clock::now();
  for (auto& one : listeners_) {
    // Who has just come is told at once, and nobody more often for it.
    if (at - one.looked_at < every) continue;
    one.looked_at = at;
    by_tenant[one.tenant].push_back(&one);
  }
  for (const auto& [tenant, listeners] : by_tenant) try {
      tell(db, listeners);
    } catch (const Error& error) {
      if (error.code() == Errc::unavailable) throw;
      note_failure(tenant, error);
    } catch (const std::logic_error& error) {  // a row that cannot be read
      note_failure(tenant, error);
    }
  return !by_tenant.empty();
}

void ApiEvents::tell(Connection& db, const std::vector<Listener*>& listeners) {
  const auto tenant = listeners.front()->tenant;
  std::map<CampaignId, std::pair<Campaign, std::string>> events;  // and what is told
  std::map<const Listener*, std::set<CampaignId>> wanted;
  std::set<const Listener*> refused;
  transact(db, [&](Tx& tx) {
    events.clear();
    wanted.clear();
    refused.clear();
    for (auto* one : listeners)
      if (!one->may(tx)) refused.insert(one);
    act_for(tx, find_roles(tx), {.tenant = tenant});
    std::map<CampaignId, Campaign> all;
    std::set<CampaignId> under_way;
    for (const auto status : {CampaignStatus::running, CampaignStatus::paused})
      for (auto& campaign : list_campaigns(tx, tenant, status))
        if (under_way.size() < most_campaigns) {
          under_way.insert(campaign.id);
          all.emplace(campaign.id, std::move(campaign));
        }
    for (auto* one : listeners) {
      if (refused.contains(one)) continue;
      auto& mine = wanted[one];
      if (one->campaign.empty()) {
        mine = under_way;
        // Also how it ended.
        for (const auto& [id, text] : one->told) mine.insert(id);
      } else if (auto campaign = find_campaign(tx, tenant, one->campaign)) {
        mine.insert(campaign->id);
        all.emplace(campaign->id, *std::move(campaign));
      }
    }
    for (const auto& [listener, ids] : wanted)
      for (const auto id : ids) {
        if (events.contains(id)) continue;
        if (!all.contains(id))
          if (auto campaign = find_campaign(tx, tenant, fmt::format("{}", id.value)))
            all.emplace(id, *std::move(campaign));
        const auto found = all.find(id);
        if (found == all.end()) continue;
        const auto& campaign = found->second;
        const auto report = read_report(tx, tenant, campaign);
        const auto standing = read_standing(tx, tenant, campaign, report, receipt_overdue_, now());
        const auto json = to_json(campaign, report, standing, list_holds(tx, tenant, campaign, now()));
        events.emplace(id, std::pair{campaign, "event: campaign\ndata: " + dump(json) + "\n\n"});
      }
  });
  for (auto* one : listeners) {
    if (refused.contains(one)) {
      one->stream->end();
      one->stream->abandon();
      continue;
    }
    for (const auto id : wanted[one]) {
      const auto event = events.find(id);
      if (event == events.end()) continue;
      const auto& [campaign, text] = event->second;
      auto& told = one->told[id];
      if (told == text) {
        if (is_over(campaign) && one->campaign.empty()) one->told.erase(id);
        continue;
      }
      if (put(*one, text)) told = text;
    }
  }
}

}  // namespace smscrm
