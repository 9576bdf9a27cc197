// An endpoint with what waits for it, and daemons that deliver: claims, outcomes, and the clock in one's
// hand.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/webhook/log.hpp"
#include "tests/support/webhook.hpp"

namespace smscrm::test {

using namespace std::chrono_literals;

inline const auto start = parse_rfc3339("2026-05-01T09:00:00Z");

struct WebhookFlow {
  TestDb db;
  SecretKey key = new_secret_key();
  Tenant tenant = add_test_tenant(db);
  Webhook hook = add_test_webhook(db, key, tenant.id, "crm", {"*"});
  std::string owner = "d1";
  std::map<WebhookId, std::map<std::string, WebhookDeliveryId>> under_way;
  Timestamp at = start;

  std::vector<LeasedWebhook> lease(const std::string& daemon, std::vector<WebhookId> busy = {}) {
    return db.run([&](Tx& tx) { return lease_webhooks(tx, key, daemon, 30s, busy); });
  }
  void write(const std::vector<std::string>& keys) { add_test_deliveries(db, tenant.id, hook.id, keys, at); }
  std::vector<WebhookDelivery> claim(int room = 100) {
    std::vector<WebhookRoom> rooms;
    for (const auto& leased : lease(owner))
      rooms.push_back({leased.tenant, leased.id, leased.epoch, room, under_way[leased.id]});
    auto claimed = db.run([&](Tx& tx) { return claim_deliveries(tx, owner, rooms, at); });
    for (const auto& delivery : claimed.deliveries)
      under_way[delivery.webhook].emplace(delivery.order_key, delivery.id);
    return claimed.deliveries;
  }
  WebhookSummary end(const std::vector<WebhookDelivery>& deliveries, const WebhookResult& outcome) {
    std::vector<WebhookResult> results;
    for (const auto& delivery : deliveries) {
      results.push_back(outcome);
      results.back().delivery = delivery;
      under_way[delivery.webhook].erase(delivery.order_key);
    }
    return db.run([&](Tx& tx) { return record_deliveries(tx, owner, results, at); });
  }
  WebhookSummary deliver(const std::vector<WebhookDelivery>& deliveries) {
    WebhookResult outcome;
    outcome.delivered = true;
    outcome.http_status = 200;
    return end(deliveries, outcome);
  }
  WebhookSummary fail(const std::vector<WebhookDelivery>& deliveries,
                      std::optional<std::chrono::milliseconds> retry_in = 5s) {
    WebhookResult outcome;
    outcome.http_status = 500;
    outcome.error = "HTTP status 500";
    outcome.reply = "oh no";
    outcome.retry_in = retry_in;
    return end(deliveries, outcome);
  }
  Webhook current() {
    return db.run([&](Tx& tx) { return list_webhooks(tx, tenant.id).at(0); });
  }
  WebhookLoad load() {
    return db.run([&](Tx& tx) { return count_deliveries(tx, tenant.id, hook.id); });
  }
  std::vector<LoggedDelivery> log(const std::string& state = "") {
    return db.run([&](Tx& tx) {
      return collect(tx, list_deliveries(tenant.id, hook.id, {{}, state, {}}), 100);
    });
  }
  std::int64_t replay(Timestamp since, bool failed_only) {
    return db.run([&](Tx& tx) { return replay_deliveries(tx, tenant.id, hook.id, since, failed_only, at); });
  }
};

// What they are: KEY and data of each.
inline std::string what(const std::vector<WebhookDelivery>& deliveries) {
  std::vector<std::string> all;
  for (const auto& delivery : deliveries)
    all.push_back(
        fmt::format("{}{}", delivery.order_key, nlohmann::json::parse(delivery.data)["n"].get<int>()));
  return fmt::format("{}", fmt::join(all, " "));
}

}  // namespace smscrm::test
