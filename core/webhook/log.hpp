// The log of deliveries, and how to have them again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/db/listing.hpp"
#include "core/webhook/webhook.hpp"

namespace smscrm {

struct LoggedAttempt {
  Timestamp at;
  std::optional<int> http_status;  // nullopt: no answer
  int took_ms = 0;
  std::string error;
  std::string reply;  // how the answer began
};

struct LoggedDelivery {
  WebhookDeliveryId id;
  std::string event_id;  // what the endpoint knows it by
  std::string type, order_key, data;
  std::string state;  // "waiting", "delivered" or "failed"
  Timestamp created_at;
  int attempts = 0;  // since it was written or replayed
  std::optional<Timestamp> attempted_at;
  std::optional<int> http_status;
  std::optional<int> took_ms;
  std::string error;
  std::optional<Timestamp> due_at;      // of one that waits; nullopt: for the one before it
  std::vector<LoggedAttempt> failures;  // oldest first
};

struct DeliveryFilter {
  std::optional<WebhookDeliveryId> id;
  std::string state;                        // empty: any
  std::optional<WebhookDeliveryId> before;  // only older ones: the page after this delivery
};

// Newest first.
Listing<LoggedDelivery> list_deliveries(TenantId tenant, WebhookId webhook, const DeliveryFilter& filter);

// The delivery that somebody names: by its number, or by the id that the endpoint knows it by ("evt_…").
// Throws Error{invalid} for what is neither, and Error{not_found} when this webhook has none of that id. A
// number is taken as it is.
WebhookDeliveryId get_delivery_id(Tx& tx, TenantId tenant, WebhookId webhook, const std::string& name);

// Has a delivery made again, whatever became of it; one that waits is due at once. Throws Error{not_found}.
void replay_delivery(Tx& tx, TenantId tenant, WebhookId webhook, WebhookDeliveryId id, Timestamp at);

// The same for those that were written since then and do not wait; only for those that failed, if so wanted.
// Returns how many.
std::int64_t replay_deliveries(Tx& tx, TenantId tenant, WebhookId webhook, Timestamp since, bool failed_only,
                               Timestamp at);

}  // namespace smscrm
