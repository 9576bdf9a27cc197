// Worker "deliverer": carries events to the tenants' endpoints. Owns one connection, the endpoints that are
// leased to this daemon and the requests under way to them; woken by the clock, a few times a second.
//
// Each endpoint has a window of requests at once. It opens while the endpoint answers well and closes to one
// when it fails; one that goes on failing is left in peace for up to a minute between attempts. So neither a
// dead endpoint nor a slow one, however much waits for it, takes the place of others.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/base/guarded.hpp"
#include "core/config.hpp"
#include "core/net/curl.hpp"
#include "core/webhook/queue.hpp"
#include "daemon/metrics.hpp"
#include "daemon/outage.hpp"

namespace smscrm {

struct DelivererCounts {
  MetricSet metrics;
  Counter delivered = deliveries("delivered"), retried = deliveries("retried"), failed = deliveries("failed");
  Gauge in_flight{metrics, "smscrm_webhook_in_flight", "Deliveries under way."};
  Gauge webhooks{metrics, "smscrm_webhook_endpoints", "Endpoints that this daemon delivers to."};
  Gauge failing{metrics, "smscrm_webhook_endpoints_failing", "Those of them whose last attempt failed."};
  Counter disabled{metrics, "smscrm_webhook_disabled_total",
                   "Endpoints disabled after long failure, or by 410."};
  Histogram delivery_seconds{metrics, "smscrm_webhook_delivery_seconds",
                             "Time of attempts to deliver an event, from their start to the answer."};

 private:
  Counter deliveries(const char* outcome) {
    return {metrics, "smscrm_webhook_deliveries_total",
            "Attempts to deliver an event to a tenant's endpoint, by what became of it.",
            fmt::format("outcome=\"{}\"", outcome)};
  }
};

class Deliverer {
 public:
  // Throws Error{usage} for a network in webhook.allow_networks that is none.
  Deliverer(const Config& config, const SecretKey& key, std::string daemon_id);

  // Until `stop`; then waits for what is under way and gives the endpoints back.
  void run(std::stop_token stop);
  // From any thread: what it goes by from the next turn on.
  void reconfigure(const Config& config);
  const DelivererCounts& counts() const { return counts_; }  // from any thread

 private:
  using Clock = std::chrono::steady_clock;
  using Key = std::pair<TenantId, WebhookId>;

  struct Endpoint {
    LeasedWebhook lease;
    std::map<std::string, WebhookDeliveryId> under_way;  // by order_key
    int window = 4;
    int failures = 0;  // since the last success
    Clock::time_point rest_until{};
  };

  void serve(const std::stop_token& stop);
  bool turn(Connection& db);  // whether there may be more to do at once
  void lease(Connection& db);
  WebhookClaim claim(Tx& tx) const;
  bool start_fairly(std::vector<WebhookDelivery> deliveries);  // false: there were more than slots
  void take_guard();
  void start(WebhookDelivery delivery);
  std::vector<HttpMulti::Finished> wait(std::chrono::milliseconds timeout);
  void collect(std::chrono::milliseconds timeout);
  void note(Endpoint& endpoint, const HttpResult& result, bool delivered);
  void prune(Connection& db);
  void drain(Connection& db);
  void count();
  Config::Webhook settings() const {
    return settings_.with([](const Config::Webhook& current) { return current; });
  }

  const std::string database_url_;
  const SecretKey key_;
  const std::string daemon_id_;
  Guarded<Config::Webhook> settings_;
  Guarded<std::shared_ptr<const AddressGuard>> guard_;
  DelivererCounts counts_;

  // The worker's own:
  std::unique_ptr<HttpMulti> http_;                   // its connections were made under guard_in_use_
  std::vector<std::unique_ptr<HttpMulti>> former_;    // those before it, while calls are under way
  std::shared_ptr<const AddressGuard> guard_in_use_;  // null: nothing was called yet
  std::map<Key, Endpoint> endpoints_;
  std::map<std::uint64_t, WebhookDelivery> requests_;  // under way, by the id of their call
  std::uint64_t next_call_ = 0;
  std::vector<WebhookResult> results_;  // not written yet
  Outage outage_{"webhooks are not delivered"};
  Clock::time_point next_lease_{}, next_look_{}, next_prune_{};
  std::minstd_rand random_;
};

}  // namespace smscrm
