// Deliveries on their way: which are next, and what became of them.
//
// Of each order_key one is under way at a time, the oldest that waits; those behind it are put off until it
// has ended (migrations/0016_webhook.sql says how). What is under way is known to the owner's memory alone:
// after a crash it is still due, and the next owner delivers it, maybe again.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/webhook/lease.hpp"

namespace smscrm {

struct WebhookDelivery {
  TenantId tenant;
  WebhookId webhook;
  std::int64_t epoch = 0;  // of the lease
  WebhookDeliveryId id;
  std::string event_id;  // "evt_" and a UUID
  std::string type, order_key, data;
  Timestamp created_at;
  int failures = 0;  // attempts that failed, since it was written or replayed
};

// An endpoint with room for more.
struct WebhookRoom {
  TenantId tenant;
  WebhookId webhook;
  std::int64_t epoch = 0;
  int room = 0;                                             // at most as many
  std::map<std::string, WebhookDeliveryId> under_way = {};  // by order_key
};

struct WebhookClaim {
  std::vector<WebhookDelivery> deliveries;
  bool more = false;  // something was put off, or left for want of room: look again
};

// What is due, in three statements at most for all endpoints together. Endpoints that are another's by now,
// disabled or removed have nothing.
WebhookClaim claim_deliveries(Tx& tx, const std::string& owner, const std::vector<WebhookRoom>& rooms,
                              Timestamp at);

struct WebhookResult {
  WebhookDelivery delivery;
  bool delivered = false;
  bool gone = false;               // 410: the endpoint is disabled at once
  std::optional<int> http_status;  // nullopt: no answer
  std::chrono::milliseconds took{0};
  std::string error;                                  // empty when delivered
  std::string reply;                                  // how the answer began
  std::optional<std::chrono::milliseconds> retry_in;  // of a failure; nullopt: given up
};

struct WebhookSummary {
  int delivered = 0, retried = 0, failed = 0;
  struct Disabled {
    TenantId tenant;
    WebhookId webhook;
    std::string slug, reason, tenant_slug;
  };
  std::vector<Disabled> disabled;
};

// An endpoint without one success for so long is disabled. Without an attempt for longer than the gap the
// time begins anew: a single event that fails now and then disables nothing.
inline constexpr auto webhook_patience = std::chrono::hours{5 * 24};
inline constexpr auto webhook_gap = std::chrono::hours{36};

// Writes results back and has the next of each key due. Results for an endpoint whose lease is another's by
// now are dropped: that one delivers again.
WebhookSummary record_deliveries(Tx& tx, const std::string& owner, const std::vector<WebhookResult>& results,
                                 Timestamp at);

// Deletes deliveries that were written longer than `keep` before `at` and do not wait, and those of removed
// endpoints; then removed endpoints without any. Those that wait for longer fail, and go the next time, so
// that an endpoint that answers now and then has no backlog without end. Returns how many, about `limit` at
// most; none while another prunes.
std::int64_t prune_deliveries(Tx& tx, Timestamp::duration keep, int limit, Timestamp at);

}  // namespace smscrm
