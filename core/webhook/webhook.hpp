// Webhooks: endpoints of a tenant's own that hear of its events.
//
// An event is written in the transaction of what it tells (core/event/event.hpp) and waits until the daemon
// that holds the endpoint's lease (core/webhook/lease.hpp) delivers it (core/webhook/queue.hpp): at least
// once, and for one contact in order. smscrm-webhook(1) is the page for those who write endpoints.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"
#include "core/net/crypto.hpp"

namespace smscrm {

using WebhookId = Id<struct WebhookTag>;
using WebhookDeliveryId = Id<struct WebhookDeliveryTag>;

// Every type of event, in the order of the manual. "webhook.test" is none of them: it goes to one endpoint.
const std::vector<std::string>& webhook_event_types();

// What an endpoint may name besides "*": the types, and families of them ("message.*").
std::vector<std::string> webhook_event_patterns();

// Whether one of the patterns takes the type: itself, its family ("message.*") or "*".
bool matches_event(const std::vector<std::string>& patterns, std::string_view type);

struct NewWebhook {
  std::string slug;
  std::string url;
  std::vector<std::string> events;  // patterns
  bool allow_http = false;          // not kept; see add_webhook
};

struct Webhook : NewWebhook {
  WebhookId id;
  Timestamp created_at;
  std::optional<Timestamp> disabled_at;
  std::string disabled_reason;
  std::optional<Timestamp> failing_since;  // nothing but failures since then
  std::optional<Timestamp> last_attempt_at, last_success_at;
  std::optional<int> last_status;  // of HTTP, at the last attempt; nullopt: no answer, or no attempt
  std::string last_error;          // of the last attempt; empty: it succeeded

  // "active", "failing" or "disabled".
  std::string_view state() const;
};

// "whsec_" and the base64 of 24 random bytes, as Standard Webhooks has it.
std::string new_webhook_secret();

// Throws Error{invalid} for a bad slug, a URL that is not http(s)://HOST… or carries a password, one of
// http:// unless that was asked for or its host is an address that is not public (and so one of
// webhook.allow_networks, or not called), and a pattern that takes no event; Error{conflict} when the slug is
// taken.
Webhook add_webhook(Tx& tx, const SecretKey& key, TenantId tenant, const NewWebhook& added,
                    const std::string& secret, Timestamp at);

// By slug. Throws Error{not_found} naming the nearest.
Webhook get_webhook(Tx& tx, TenantId tenant, std::string_view slug);
// Throws Error{usage} when it was sealed with another key.
std::string get_webhook_secret(Tx& tx, const SecretKey& key, TenantId tenant, WebhookId id);
std::vector<Webhook> list_webhooks(Tx& tx, TenantId tenant);

struct WebhookChange {
  std::optional<std::string> url;
  std::optional<std::vector<std::string>> events;
  std::optional<std::string> secret;
  std::optional<bool>
      enabled;  // true: what waits is due at once; false: nothing more is written or delivered
  bool allow_http = false;
};
// Changes what is named. Throws as add_webhook.
Webhook update_webhook(Tx& tx, const SecretKey& key, TenantId tenant, std::string_view slug,
                       const WebhookChange& change, Timestamp at);

// Nothing more leaves for it; its deliveries are pruned by the daemon.
void remove_webhook(Tx& tx, TenantId tenant, WebhookId id, Timestamp at);

struct WebhookLoad {
  std::int64_t waiting = 0;   // to be delivered, failing ones too
  std::int64_t retrying = 0;  // of those: failed once, and are tried again
  std::int64_t failed = 0;    // given up; a replay has them tried again
};
std::map<WebhookId, WebhookLoad> count_deliveries(Tx& tx, TenantId tenant,
                                                  const std::vector<WebhookId>& webhooks);
inline WebhookLoad count_deliveries(Tx& tx, TenantId tenant, WebhookId webhook) {
  return count_deliveries(tx, tenant, std::vector{webhook}).at(webhook);
}

// The last_error of an endpoint that nobody can sign for; stands until a daemon can.
inline constexpr const char* webhook_sealed = "its secret was sealed with another secret key";

// Endpoints of all tenants that hear nothing, for people: disabled; with a secret that no daemon opens;
// failing for an hour; or with an event that is overdue by ten minutes, as when nobody delivers.
struct WebhookTrouble {
  enum class Kind { disabled, sealed, failing, overdue };
  std::string tenant, webhook, error;
  Kind kind = Kind::disabled;  // the first of them that is true
  Timestamp since;             // overdue: since when the event is due
};
std::vector<WebhookTrouble> list_webhook_troubles(Tx& tx, Timestamp at);

// Reads the secret of a row of table webhook: for those modules that read the rows in sets.
std::string open_webhook_secret(const SecretKey& key, TenantId tenant, WebhookId id, const Field& sealed);

}  // namespace smscrm
