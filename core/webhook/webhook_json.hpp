// Webhooks and their deliveries as JSON.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/json.hpp"
#include "core/webhook/call.hpp"
#include "core/webhook/log.hpp"
#include "core/webhook/webhook.hpp"

namespace smscrm {

Json to_json(const Webhook& webhook);  // without its secret
Json to_json(const Webhook& webhook, const WebhookLoad& load);
Json with_secret(Json webhook, const std::string& secret);  // at the one moment at which it can be read

Json to_json(const LoggedDelivery& delivery);
// What a test under the id `message` came to.
Json to_json(const Webhook& webhook, const std::string& message, const HttpResult& result,
             const WebhookAnswer& answer);
Json replayed_to_json(const Webhook& webhook, std::int64_t deliveries);

}  // namespace smscrm
