#include "core/webhook/lease.hpp"

#include <algorithm>

#include "core/base/log.hpp"
#include "core/fence/fence.hpp"

namespace smscrm {
namespace {

constexpr const char* live = "removed_at IS NULL AND disabled_at IS NULL";

// The living daemons share; everyone rounds up, so that none is left over.
std::int64_t fair_share(Tx& tx) {
  const auto row = exec(tx, fmt::format("SELECT (SELECT count(*) FROM webhook WHERE {}) AS webhooks,"
                                        " (SELECT count(*) FROM webhook_deliverer) AS daemons",
                                        live))
                       .front();
  const auto webhooks = row["webhooks"].as<std::int64_t>();
  const auto daemons = std::max<std::int64_t>(1, row["daemons"].as<std::int64_t>());
  return (webhooks + daemons - 1) / daemons;
}

// Those that this daemon cannot sign for: another may have the right key, and what is free the longest is
// taken first.
void give_back_sealed(Tx& tx, const std::vector<WebhookId>& sealed) {
  if (sealed.empty()) return;
  exec(tx,
       "UPDATE webhook SET owner = '', leased_until = now() + interval '1 minute', last_status = NULL,"
       "       last_error = $2, failing_since = coalesce(failing_since, now()) WHERE id = ANY($1::bigint[])",
       sealed, webhook_sealed);
}

void forget_sealed(Tx& tx, const std::vector<WebhookId>& opened) {
  if (opened.empty()) return;
  exec(tx, "UPDATE webhook SET last_error = '', failing_since = NULL WHERE id = ANY($1::bigint[])", opened);
}

}  // namespace

std::vector<LeasedWebhook> lease_webhooks(Tx& tx, const SecretKey& key, const std::string& owner,
                                          std::chrono::milliseconds lease,
                                          const std::vector<WebhookId>& busy) {
  if (is_fenced(tx)) return {};
  const auto length = lease.count();
  exec(tx,
       "INSERT INTO webhook_deliverer (id, seen_at) VALUES ($1, now())"
       " ON CONFLICT (id) DO UPDATE SET seen_at = now()",
       owner);
  exec(tx, "DELETE FROM webhook_deliverer WHERE seen_at < now() - $1::bigint * interval '1 ms'", length);
  const auto share = fair_share(tx);
  const auto held = exec(tx,
                         fmt::format("UPDATE webhook SET leased_until = now() + $2::bigint * interval '1 ms'"
                                     " WHERE owner = $1 AND leased_until > now() AND {} RETURNING id",
                                     live),
                         owner, length)
                        .affected_rows();
  const auto surplus = static_cast<std::int64_t>(held) - share;
  if (surplus > 0)
    exec(tx,
         fmt::format("UPDATE webhook SET owner = '', leased_until = '-infinity' WHERE (tenant_id, id) IN"
                     " (SELECT tenant_id, id FROM webhook WHERE owner = $1 AND {}"
                     "   ORDER BY id = ANY($2::bigint[]), id LIMIT $3)",
                     live),
         owner, busy, surplus);
  if (surplus < 0)
    exec(
        tx,
        fmt::format("UPDATE webhook SET owner = $1, epoch = epoch + 1,"
                    "       leased_until = now() + $2::bigint * interval '1 ms'"
                    " WHERE (tenant_id, id) IN"
                    " (SELECT w.tenant_id, w.id FROM webhook w WHERE leased_until <= now() AND {}"
                    "     AND epoch < 9223372036854775807"  // else no endpoint would be leased
                    "     AND EXISTS (SELECT FROM tenant t WHERE t.id = w.tenant_id AND t.deleted_at IS NULL)"
                    "   ORDER BY w.leased_until, w.tenant_id, w.id LIMIT $3 FOR UPDATE SKIP LOCKED)",
                    live),
        owner, length, -surplus);
  std::vector<LeasedWebhook> leased;
  std::vector<WebhookId> sealed, opened;
  for (const auto& row :
       exec(tx,
            fmt::format("SELECT w.tenant_id, w.id, w.epoch, t.slug AS tenant, w.slug, w.url, w.secret,"
                        "       w.last_error = $2 AS was_sealed"
                        "  FROM webhook w JOIN tenant t ON t.id = w.tenant_id AND t.deleted_at IS NULL"
                        " WHERE w.owner = $1 AND w.leased_until > now() AND {} ORDER BY w.tenant_id, w.id",
                        live),
            owner, webhook_sealed)) {
    LeasedWebhook webhook{row["tenant_id"].as<TenantId>(),
                          row["id"].as<WebhookId>(),
                          row["epoch"].as<std::int64_t>(),
                          row["tenant"].as<std::string>(),
                          row["slug"].as<std::string>(),
                          row["url"].as<std::string>(),
                          {}};
    try {
      webhook.secret = open_webhook_secret(key, webhook.tenant, webhook.id, row["secret"]);
      if (row["was_sealed"].as<bool>()) opened.push_back(webhook.id);
      leased.push_back(std::move(webhook));
    } catch (const Error& error) {
      sealed.push_back(webhook.id);
      if (row["was_sealed"].as<bool>()) continue;
      log_warn("a webhook cannot be signed for",
               {{"tenant", webhook.tenant_slug}, {"webhook", webhook.slug}, {"error", error.what()}});
    }
  }
  give_back_sealed(tx, sealed);
  forget_sealed(tx, opened);
  return leased;
}

void release_webhooks(Tx& tx, const std::string& owner) {
  exec(tx, "DELETE FROM webhook_deliverer WHERE id = $1", owner);
  exec(tx, "UPDATE webhook SET owner = '', leased_until = '-infinity' WHERE owner = $1", owner);
}

}  // namespace smscrm
