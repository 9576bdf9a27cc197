// Which daemon delivers for which endpoint. One alone does for an endpoint at a time, so the order of a
// contact's events is kept in its memory; the epoch grows with each change of owner. Leases are judged by the
// database's clock, as those of lanes (core/lane/lane.hpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/webhook/webhook.hpp"

namespace smscrm {

struct LeasedWebhook {
  TenantId tenant;
  WebhookId id;
  std::int64_t epoch = 0;
  std::string tenant_slug, slug, url, secret;
};

// Says that this daemon delivers, keeps its endpoints for another `lease` and takes free ones up to its fair
// share; of more than that it gives some back, those that are not `busy` first. Returns what it holds now.
// An endpoint whose secret was sealed with another key is given back, and free again a minute later; it is
// failing meanwhile, with webhook_sealed as its last error, and logged when it begins to be.
std::vector<LeasedWebhook> lease_webhooks(Tx& tx, const SecretKey& key, const std::string& owner,
                                          std::chrono::milliseconds lease,
                                          const std::vector<WebhookId>& busy);

// Gives all of them back at once, for others to take.
void release_webhooks(Tx& tx, const std::string& owner);

}  // namespace smscrm
