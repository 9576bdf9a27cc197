#include "core/webhook/log.hpp"

#include <nlohmann/json.hpp>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

constexpr std::string_view event_prefix = "evt_";

Error no_delivery(std::string_view name) {
  return Error(Errc::not_found, "this webhook has no delivery {}", name)
      .with_hint("\"smscrm webhook deliveries\" lists them");
}

std::vector<LoggedAttempt> read_failures(const Field& field) {
  std::vector<LoggedAttempt> failures;
  if (field.is_null()) return failures;
  for (const auto& one : nlohmann::json::parse(field.c_str())) {
    LoggedAttempt attempt;
    attempt.at = parse_rfc3339(one["attempted_at"].get<std::string>());
    if (one["http_status"].is_number()) attempt.http_status = one["http_status"].get<int>();
    attempt.took_ms = one["took_ms"].get<int>();
    attempt.error = one["error"].get<std::string>();
    attempt.reply = one["reply"].get<std::string>();
    failures.push_back(std::move(attempt));
  }
  return failures;
}

LoggedDelivery read(const Row& row) {
  LoggedDelivery delivery;
  delivery.id = row["id"].as<WebhookDeliveryId>();
  delivery.event_id = std::string{event_prefix} + row["event_id"].as<std::string>();
  delivery.type = row["type"].as<std::string>();
  delivery.order_key = row["order_key"].as<std::string>();
  delivery.data = row["data"].as<std::string>();
  delivery.state = row["state"].as<std::string>();
  delivery.created_at = row["created_at"].as<Timestamp>();
  delivery.attempts = row["attempts"].as<int>();
  delivery.attempted_at = as_optional<Timestamp>(row["attempted_at"]);
  delivery.http_status = as_optional<int>(row["http_status"]);
  delivery.took_ms = as_optional<int>(row["took_ms"]);
  delivery.error = row["error"].as<std::string>();
  delivery.due_at = as_optional<Timestamp>(row["due_at"]);
  delivery.failures = read_failures(row["failures"]);
  return delivery;
}

}  // namespace

Listing<LoggedDelivery> list_deliveries(TenantId tenant, WebhookId webhook, const DeliveryFilter& filter) {
  return {
      "SELECT d.id, d.event_id, d.type, d.order_key, d.data, d.state, d.created_at, d.attempts,"
      "       d.attempted_at, d.http_status, d.took_ms, d.error,"
      "       CASE WHEN d.state = 'waiting' AND d.due_at < 'infinity' THEN d.due_at END AS due_at,"
      "       (SELECT json_agg(a ORDER BY a.attempted_at) FROM webhook_attempt a"
      "         WHERE a.tenant_id = $1 AND a.delivery_id = d.id) AS failures"
      "  FROM webhook_delivery d WHERE d.tenant_id = $1 AND d.webhook_id = $2"
      "   AND ($3::bigint IS NULL OR d.id = $3) AND ($4 = '' OR d.state = $4)"
      "   AND ($5::bigint IS NULL OR (d.created_at, d.id) < (SELECT created_at, id FROM webhook_delivery"
      "                                                       WHERE tenant_id = $1 AND id = $5))",
      "d.created_at DESC, d.id DESC",
      {to_param(tenant), to_param(webhook), to_param(filter.id), filter.state, to_param(filter.before)},
      read};
}

WebhookDeliveryId get_delivery_id(Tx& tx, TenantId tenant, WebhookId webhook, const std::string& name) {
  if (const auto id = parse_integer(name)) return {*id};
  if (!name.starts_with(event_prefix))
    throw Error(Errc::invalid, "\"{}\" is no delivery; write its number, or the id of its event: evt_…",
                name);
  const auto rows = exec(tx,
                         "SELECT id FROM webhook_delivery"
                         " WHERE tenant_id = $1 AND webhook_id = $2 AND event_id::text = $3",
                         tenant, webhook, name.substr(event_prefix.size()));
  if (rows.empty()) throw no_delivery(name);
  return rows.front()[0].as<WebhookDeliveryId>();
}

void replay_delivery(Tx& tx, TenantId tenant, WebhookId webhook, WebhookDeliveryId id, Timestamp at) {
  const auto replayed = exec(tx,
                             "UPDATE webhook_delivery SET due_at = $4, state = 'waiting',"
                             "       attempts = CASE WHEN state = 'waiting' THEN attempts ELSE 0 END"
                             " WHERE tenant_id = $1 AND webhook_id = $2 AND id = $3",
                             tenant, webhook, id, at);
  if (replayed.affected_rows() == 0) throw no_delivery(fmt::format("{}", id.value));
}

std::int64_t replay_deliveries(Tx& tx, TenantId tenant, WebhookId webhook, Timestamp since, bool failed_only,
                               Timestamp at) {
  return static_cast<std::int64_t>(
      exec(tx,
           "UPDATE webhook_delivery SET due_at = $4, state = 'waiting', attempts = 0"
           " WHERE tenant_id = $1 AND webhook_id = $2 AND created_at >= $3 AND state <> 'waiting'"
           "   AND (NOT $5 OR state = 'failed')",
           tenant, webhook, since, at, failed_only)
          .affected_rows());
}

}  // namespace smscrm
