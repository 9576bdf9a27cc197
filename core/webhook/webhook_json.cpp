#include "core/webhook/webhook_json.hpp"

namespace smscrm {

Json to_json(const Webhook& webhook) {
  return {{"webhook", webhook.slug},
          {"url", webhook.url},
          {"events", webhook.events},
          {"state", webhook.state()},
          {"created_at", format_rfc3339(webhook.created_at)},
          {"disabled_at", or_null(webhook.disabled_at)},
          {"disabled_reason", webhook.disabled_reason},
          {"failing_since", or_null(webhook.failing_since)},
          {"last_attempt_at", or_null(webhook.last_attempt_at)},
          {"last_success_at", or_null(webhook.last_success_at)},
          {"last_status", or_null(webhook.last_status)},
          {"last_error", webhook.last_error}};
}

Json to_json(const Webhook& webhook, const WebhookLoad& load) {
  auto json = to_json(webhook);
  json["waiting"] = load.waiting;
  json["retrying"] = load.retrying;
  json["failed"] = load.failed;
  return json;
}

Json with_secret(Json webhook, const std::string& secret) {
  webhook["secret"] = secret;
  return webhook;
}

Json to_json(const LoggedDelivery& delivery) {
  Json failures = Json::array();
  for (const auto& attempt : delivery.failures)
    failures.push_back({{"attempted_at", format_rfc3339(attempt.at)},
                        {"http_status", or_null(attempt.http_status)},
                        {"milliseconds", attempt.took_ms},
                        {"error", attempt.error},
                        {"reply", attempt.reply}});
  return {{"delivery", delivery.id.value},
          {"id", delivery.event_id},
          {"type", delivery.type},
          {"key", delivery.order_key},
          {"state", delivery.state},
          {"created_at", format_rfc3339(delivery.created_at)},
          {"attempts", delivery.attempts},
          {"attempted_at", or_null(delivery.attempted_at)},
          {"http_status", or_null(delivery.http_status)},
          {"milliseconds", or_null(delivery.took_ms)},
          {"error", delivery.error},
          {"due_at", or_null(delivery.due_at)},
          {"failures", std::move(failures)},
          {"data", Json::parse(delivery.data)}};
}

Json to_json(const Webhook& webhook, const std::string& message, const HttpResult& result,
             const WebhookAnswer& answer) {
  return {{"webhook", webhook.slug},
          {"url", webhook.url},
          {"id", message},
          {"ok", answer.delivered},
          {"http_status", result.failure == HttpFailure::none ? Json(result.status) : Json()},
          {"milliseconds", std::chrono::ceil<std::chrono::milliseconds>(result.took).count()},
          {"error", answer.error},
          {"reply", answer.reply}};
}

Json replayed_to_json(const Webhook& webhook, std::int64_t deliveries) {
  return {{"webhook", webhook.slug}, {"replayed", deliveries}};
}

}  // namespace smscrm
