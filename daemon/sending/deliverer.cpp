#include "daemon/sending/deliverer.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "core/base/log.hpp"
#include "core/base/wait.hpp"
#include "core/fence/watch.hpp"
#include "core/webhook/call.hpp"
#include "daemon/worker.hpp"

namespace smscrm {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_in_flight = 512;  // of all endpoints
constexpr int most_of_one = 32;
constexpr auto look_every = 200ms;
constexpr auto prune_every = 1min;
constexpr int pruned_at_once = 5'000;
constexpr int failures_before_rest = 3;
constexpr auto longest_rest = std::chrono::seconds{60};

}  // namespace

Deliverer::Deliverer(const Config& config, const SecretKey& key, std::string daemon_id)
    : database_url_(config.database.url),
      key_(key),
      daemon_id_(std::move(daemon_id)),
      random_(std::random_device{}()) {
  reconfigure(config);
}

void Deliverer::reconfigure(const Config& config) {
  auto guard = std::make_shared<const AddressGuard>(config.webhook.allow_networks, "webhook.allow_networks");
  guard_.with([&](auto& current) { current = std::move(guard); });
  settings_.with([&](auto& current) { current = config.webhook; });
}

void Deliverer::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    try {
      serve(stop);
    } catch (const std::exception& error) {
      outage_.begin(error);
      note_turn();
      wait_unless_stopped(stop, 2s);
    }
  }
}

// What an earlier turn had under way when it failed is still due: it is delivered again.
void Deliverer::serve(const std::stop_token& stop) {
  http_ = std::make_unique<HttpMulti>(most_in_flight);
  former_.clear();
  guard_in_use_ = nullptr;
  endpoints_.clear();
  requests_.clear();
  results_.clear();
  next_lease_ = next_look_ = next_prune_ = {};
  auto db = connect_watched(database_url_, "smscrmd deliverer");
  while (!stop.stop_requested()) {
    note_turn();
    const bool more = turn(db);
    collect(more || !results_.empty() ? 0ms : std::chrono::milliseconds{requests_.empty() ? 100 : 20});
    count();
  }
  drain(db);
}

bool Deliverer::turn(Connection& db) {
  if (Clock::now() >= next_lease_) lease(db);
  if (Clock::now() >= next_prune_) prune(db);
  if (results_.empty() && Clock::now() < next_look_) return false;
  const auto at = now();
  WebhookSummary summary;
  auto claimed = transact(db, [&](Tx& tx) {
    summary = record_deliveries(tx, daemon_id_, results_, at);
    return claim(tx);
  });
  results_.clear();
  counts_.delivered += static_cast<std::uint64_t>(summary.delivered);
  counts_.retried += static_cast<std::uint64_t>(summary.retried);
  counts_.failed += static_cast<std::uint64_t>(summary.failed);
  for (const auto& disabled : summary.disabled) {
    ++counts_.disabled;
    log_warn("a webhook is disabled",
             {{"tenant", disabled.tenant_slug}, {"webhook", disabled.slug}, {"reason", disabled.reason}});
    endpoints_.erase({disabled.tenant, disabled.webhook});
  }
  outage_.end();
  const bool any = claimed.more || !claimed.deliveries.empty();
  const bool more = start_fairly(std::move(claimed.deliveries)) && any;
  next_look_ = Clock::now() + (more ? Clock::duration{0} : Clock::duration{look_every});
  return more;
}

void Deliverer::lease(Connection& db) {
  const auto length = settings().lease;
  std::vector<WebhookId> busy;
  for (const auto& [key, endpoint] : endpoints_)
    if (!endpoint.under_way.empty()) busy.push_back(key.second);
  auto leased = transact(db, [&](Tx& tx) { return lease_webhooks(tx, key_, daemon_id_, length, busy); });
  next_lease_ = Clock::now() + std::min<Clock::duration>(length / 3, 2s);
  std::map<Key, Endpoint> kept;
  for (auto& webhook : leased) {
    const Key key{webhook.tenant, webhook.id};
    const auto known = endpoints_.find(key);
    auto& endpoint = kept[key];
    if (known != endpoints_.end() && known->second.lease.epoch == webhook.epoch)
      endpoint = std::move(known->second);
    endpoint.lease = std::move(webhook);
  }
  endpoints_ = std::move(kept);
}

// While there are few slots left, an endpoint gets few; whose they are is decided by start_fairly.
WebhookClaim Deliverer::claim(Tx& tx) const {
  std::vector<WebhookRoom> rooms;
  const int free = static_cast<int>(most_in_flight - requests_.size());
  if (free <= 0) return {};
  for (const auto& [key, endpoint] : endpoints_) {
    if (Clock::now() < endpoint.rest_until) continue;
    const int allowed =
        std::min(endpoint.window, std::max(1, free / 8)) - static_cast<int>(endpoint.under_way.size());
    if (allowed > 0)
      rooms.push_back({key.first, key.second, endpoint.lease.epoch, allowed, endpoint.under_way});
  }
  return claim_deliveries(tx, daemon_id_, rooms, now());
}

// The endpoint with the fewest requests under way is next: one that answers quickly goes before any number of
// slow ones. What finds no slot is due still, and claimed again.
bool Deliverer::start_fairly(std::vector<WebhookDelivery> deliveries) {
  std::map<Key, std::deque<WebhookDelivery>> waiting;
  for (auto& delivery : deliveries)
    waiting[{delivery.tenant, delivery.webhook}].push_back(std::move(delivery));
  std::set<std::pair<std::size_t, Key>> turns;
  for (const auto& [key, queue] : waiting) turns.emplace(endpoints_.at(key).under_way.size(), key);
  while (!turns.empty() && requests_.size() < most_in_flight) {
    const auto [under_way, key] = *turns.begin();
    turns.erase(turns.begin());
    auto& queue = waiting[key];
    start(std::move(queue.front()));
    queue.pop_front();
    if (!queue.empty()) turns.emplace(under_way + 1, key);
  }
  return turns.empty();
}

// A guard judges connections as they are made, so those of an earlier one are not used again: they go once
// what is under way over them has ended.
void Deliverer::take_guard() {
  auto guard = guard_.with([](const auto& current) { return current; });
  if (guard == guard_in_use_) return;
  if (guard_in_use_) former_.push_back(std::exchange(http_, std::make_unique<HttpMulti>(most_in_flight)));
  guard_in_use_ = std::move(guard);
}

void Deliverer::start(WebhookDelivery delivery) {
  auto& endpoint = endpoints_.at({delivery.tenant, delivery.webhook});
  const WebhookMessage message{delivery.event_id, delivery.type, delivery.created_at,
                               endpoint.lease.tenant_slug, delivery.data};
  take_guard();
  http_->start(++next_call_, webhook_call(endpoint.lease.url, endpoint.lease.secret, message, settings(),
                                          guard_in_use_, now()));
  endpoint.under_way.emplace(delivery.order_key, delivery.id);
  requests_.emplace(next_call_, std::move(delivery));
}

std::vector<HttpMulti::Finished> Deliverer::wait(std::chrono::milliseconds timeout) {
  auto finished = http_->wait(timeout);
  for (const auto& former : former_) {
    auto more = former->wait(0ms);
    std::move(more.begin(), more.end(), std::back_inserter(finished));
  }
  std::erase_if(former_, [](const auto& former) { return former->in_flight() == 0; });
  return finished;
}

void Deliverer::collect(std::chrono::milliseconds timeout) {
  for (auto& [id, reply] : wait(timeout)) {
    const auto request = requests_.find(id);
    WebhookResult result;
    result.delivery = std::move(request->second);
    requests_.erase(request);
    const auto& delivery = result.delivery;
    const auto answer = judge_webhook(reply);
    result.delivered = answer.delivered;
    result.gone = answer.gone;
    if (reply.failure == HttpFailure::none) result.http_status = reply.status;
    counts_.delivery_seconds.observe(reply.took);
    result.took = std::chrono::ceil<std::chrono::milliseconds>(reply.took);
    result.error = answer.error;
    result.reply = answer.reply;
    if (!answer.delivered)
      result.retry_in = webhook_backoff(delivery.failures + 1, std::uniform_real_distribution<>{}(random_),
                                        reply.retry_after);
    const auto at = endpoints_.find({delivery.tenant, delivery.webhook});
    if (at != endpoints_.end() && at->second.lease.epoch == delivery.epoch) {
      at->second.under_way.erase(delivery.order_key);
      note(at->second, reply, answer.delivered);
    }
    results_.push_back(std::move(result));
  }
}

void Deliverer::note(Endpoint& endpoint, const HttpResult& result, bool delivered) {
  if (delivered) {
    endpoint.window = std::min(endpoint.window * 2, most_of_one);
    endpoint.failures = 0;
    endpoint.rest_until = {};
    return;
  }
  endpoint.window = 1;
  const int doublings = std::min(++endpoint.failures - failures_before_rest, 6);
  std::chrono::seconds rest{doublings > 0 ? 1 << doublings : 0};
  if (result.retry_after) rest = std::max(rest, *result.retry_after);
  endpoint.rest_until = Clock::now() + std::min(rest, longest_rest);
}

void Deliverer::prune(Connection& db) {
  const auto keep = settings().keep;
  const auto pruned = transact(db, [&](Tx& tx) { return prune_deliveries(tx, keep, pruned_at_once, now()); });
  next_prune_ = Clock::now() + (pruned < pruned_at_once ? Clock::duration{prune_every} : Clock::duration{1s});
}

void Deliverer::drain(Connection& db) {
  const auto deadline = Clock::now() + std::min<Clock::duration>(settings().timeout, 5s);
  while (!requests_.empty() && Clock::now() < deadline) {
    note_turn();
    collect(100ms);
  }
  transact(db, [&](Tx& tx) {
    record_deliveries(tx, daemon_id_, results_, now());
    release_webhooks(tx, daemon_id_);
  });
  results_.clear();
}

void Deliverer::count() {
  counts_.in_flight = static_cast<std::int64_t>(requests_.size());
  counts_.webhooks = static_cast<std::int64_t>(endpoints_.size());
  counts_.failing = std::count_if(endpoints_.begin(), endpoints_.end(),
                                  [](const auto& one) { return one.second.failures > 0; });
}

}  // namespace smscrm
