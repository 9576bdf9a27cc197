#include "core/webhook/webhook.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/bounds.hpp"
#include "core/base/secret.hpp"
#include "core/base/text.hpp"
#include "core/db/each_row.hpp"
#include "core/net/network.hpp"
#include "core/webhook/turn.hpp"

namespace smscrm {
namespace {

constexpr std::size_t longest_url = 2000;

constexpr const char* columns =
    "w.id, w.slug, w.url, to_json(w.events) AS events, w.created_at, w.disabled_at, w.disabled_reason,"
    " w.failing_since, w.last_attempt_at, w.last_success_at, w.last_status, w.last_error";

Webhook read(const Row& row) {
  Webhook webhook;
  webhook.id = row["id"].as<WebhookId>();
  webhook.slug = row["slug"].as<std::string>();
  webhook.url = row["url"].as<std::string>();
  webhook.events = nlohmann::json::parse(row["events"].c_str()).get<std::vector<std::string>>();
  webhook.created_at = row["created_at"].as<Timestamp>();
  webhook.disabled_at = as_optional<Timestamp>(row["disabled_at"]);
  webhook.disabled_reason = row["disabled_reason"].as<std::string>();
  webhook.failing_since = as_optional<Timestamp>(row["failing_since"]);
  webhook.last_attempt_at = as_optional<Timestamp>(row["last_attempt_at"]);
  webhook.last_success_at = as_optional<Timestamp>(row["last_success_at"]);
  webhook.last_status = as_optional<int>(row["last_status"]);
  webhook.last_error = row["last_error"].as<std::string>();
  return webhook;
}

// What a sealed secret belongs to: a row copied elsewhere stays shut.
std::string context_of(TenantId tenant, WebhookId id) {
  return fmt::format("webhook {} of tenant {}", id.value, tenant.value);
}

void check_url(const std::string& url, bool allow_http) {
  const auto bad = [&](std::string_view why) {
    return Error(Errc::invalid, "\"{}\" is no address of an endpoint: {}",
                 url.find('@') == std::string::npos ? url : mask_url(url), why)
        .with_hint("write it as https://example.com/hooks/sms");
  };
  const auto scheme = url.find("://");
  const bool http = url.starts_with("https://") || url.starts_with("http://");
  if (!http) throw bad("it begins with neither https:// nor http://");
  const auto authority = url.substr(scheme + 3, url.find_first_of("/?#", scheme + 3) - scheme - 3);
  if (authority.empty() || authority.front() == ':') throw bad("it names no host");
  if (authority.find('@') != std::string::npos)
    throw bad("it carries a user or a password; the signature says who calls");
  const auto odd = [](char c) {
    return c <= ' ' || c > '~' || c == '"' || c == '<' || c == '>' || c == '\\';
  };
  if (std::any_of(url.begin(), url.end(), odd)) throw bad("it has characters that must be escaped");
  if (url.size() > longest_url) throw bad("it is longer than 2,000 characters");
  if (url.starts_with("https://") || allow_http) return;
  const auto host = authority.front() == '[' ? authority.substr(1, authority.find(']') - 1)
                                             : authority.substr(0, authority.find(':'));
  const auto address = address_bytes(host);
  if (address.empty() || is_public_address(address))
    throw Error(Errc::invalid, "\"{}\" would be called in clear text, with people's numbers and texts", url)
        .with_hint("write https://, or add --allow-http");
}

void check_events(const std::vector<std::string>& events) {
  const auto& types = webhook_event_types();
  if (events.empty()) throw Error(Errc::invalid, "a webhook needs events to hear of; \"*\" is all of them");
  for (const auto& pattern : events) {
    const auto taken = [&](const std::string& type) { return matches_event({pattern}, type); };
    if (std::any_of(types.begin(), types.end(), taken)) continue;
    Error error(Errc::invalid, "no event is called \"{}\"", pattern);
    const auto near = nearest(pattern, webhook_event_patterns());
    throw std::move(error).with_hint(near ? fmt::format("did you mean \"{}\"?", *near)
                                          : "smscrm-webhook(1) lists the events");
  }
}

Param sealed_secret(const SecretKey& key, TenantId tenant, WebhookId id, const std::string& secret) {
  return bytea_param(seal(key, secret, context_of(tenant, id)));
}

void enable(Tx& tx, TenantId tenant, WebhookId id, Timestamp at) {
  exec(tx,
       "UPDATE webhook SET disabled_at = NULL, disabled_reason = '', failing_since = NULL"
       " WHERE tenant_id = $1 AND id = $2",
       tenant, id);
  // Those whose turn it is; what stands behind them stays there. (Where pruning took away the one before, it
  // is now the turn of one that was put off.)
  std::vector<WebhookDeliveryId> next;
  for (const auto& row : exec(
           tx,
           "SELECT id FROM (SELECT DISTINCT ON (order_key) id, due_at FROM webhook_delivery"
           "     WHERE tenant_id = $1 AND webhook_id = $2 AND state = 'waiting' ORDER BY order_key, id) first"
           " WHERE due_at > $3",
           tenant, id, at))
    next.push_back(row[0].as<WebhookDeliveryId>());
  exec(tx,
       "UPDATE webhook_delivery SET due_at = $3 WHERE tenant_id = $1 AND webhook_id = $2"
       "   AND id = ANY($4::bigint[]) AND CASE WHEN state = 'waiting' AND due_at > $3 THEN true ELSE false "
       "END",
       tenant, id, at, next);
}

}  // namespace

const std::vector<std::string>& webhook_event_types() {
  static const std::vector<std::string> types{
      "message.queued",
      "message.sending",
      "message.sent",
      "message.delivered",
      "message.undelivered",
      "message.failed",
      "message.expired",
      "message.skipped",
      "inbound",
      "opt_out",
      "click",
      "campaign.launched",
      "campaign.paused",
      "campaign.resumed",
      "campaign.canceled",
      "campaign.finished",
      "import.finished",
      "import.failed",
  };
  return types;
}

std::vector<std::string> webhook_event_patterns() {
  auto patterns = webhook_event_types();
  for (const auto& type : webhook_event_types()) {
    const auto dot = type.find('.');
    if (dot == std::string::npos) continue;
    auto family = type.substr(0, dot) + ".*";
    if (std::ranges::find(patterns, family) == patterns.end()) patterns.push_back(std::move(family));
  }
  return patterns;
}

bool matches_event(const std::vector<std::string>& patterns, std::string_view type) {
  const auto family = type.substr(0, type.find('.'));
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    if (pattern == "*" || pattern == type) return true;
    return pattern.size() == family.size() + 2 && pattern.starts_with(family) && pattern.ends_with(".*") &&
           family.size() < type.size();
  });
}

std::string_view Webhook::state() const {
  if (disabled_at) return "disabled";
  return failing_since ? "failing" : "active";
}

std::string new_webhook_secret() { return "whsec_" + base64_encode(random_bytes(24)); }

Webhook add_webhook(Tx& tx, const SecretKey& key, TenantId tenant, const NewWebhook& added,
                    const std::string& secret, Timestamp at) {
  check_slug(added.slug, "webhook");
  check_url(added.url, added.allow_http);
  check_events(added.events);
  check_room(exec(tx, "SELECT count(*) FROM webhook WHERE tenant_id = $1 AND removed_at IS NULL", tenant)
                 .front()[0]
                 .as<std::int64_t>(),
             most_webhooks, "endpoints");
  const auto id =
      exec(tx, "SELECT nextval(pg_get_serial_sequence('webhook', 'id'))").front()[0].as<WebhookId>();
  const auto rows =
      exec(tx,
           "INSERT INTO webhook (tenant_id, id, slug, url, events, secret, created_at, updated_at)"
           " VALUES ($1, $2, $3, $4, $5::text[], $6, $7, $7)"
           " ON CONFLICT (tenant_id, slug) WHERE removed_at IS NULL DO NOTHING RETURNING id",
           tenant, id, added.slug, added.url, added.events, sealed_secret(key, tenant, id, secret), at);
  if (rows.empty()) throw Error(Errc::conflict, "there is a webhook \"{}\" already", added.slug);
  return get_webhook(tx, tenant, added.slug);
}

Webhook get_webhook(Tx& tx, TenantId tenant, std::string_view slug) {
  const auto rows = exec(
      tx,
      fmt::format("SELECT {} FROM webhook w WHERE w.tenant_id = $1 AND w.slug = $2 AND w.removed_at IS NULL",
                  columns),
      tenant, slug);
  if (!rows.empty()) return read(rows.front());
  std::vector<std::string> slugs;
  for (const auto& webhook : list_webhooks(tx, tenant)) slugs.push_back(webhook.slug);
  Error error(Errc::not_found, "there is no webhook \"{}\"", slug);
  if (const auto near = nearest(slug, slugs))
    throw std::move(error).with_hint(fmt::format("did you mean \"{}\"?", *near));
  throw std::move(error).with_hint("\"smscrm webhook list\" names them all");
}

std::string open_webhook_secret(const SecretKey& key, TenantId tenant, WebhookId id, const Field& sealed) {
  if (auto secret = open_sealed(key, as_bytes(sealed), context_of(tenant, id))) return *std::move(secret);
  throw Error(Errc::usage, "the secret of webhook {} was sealed with another secret key", id.value)
      .with_hint("point secrets.key_file at that key file, or run \"smscrm webhook update --new-secret\"");
}

std::string get_webhook_secret(Tx& tx, const SecretKey& key, TenantId tenant, WebhookId id) {
  const auto rows = exec(tx, "SELECT secret FROM webhook WHERE tenant_id = $1 AND id = $2", tenant, id);
  if (rows.empty()) throw Error(Errc::not_found, "there is no webhook {}", id.value);
  return open_webhook_secret(key, tenant, id, rows.front()[0]);
}

std::vector<Webhook> list_webhooks(Tx& tx, TenantId tenant) {
  std::vector<Webhook> webhooks;
  for (const auto& row :
       exec(tx,
            fmt::format("SELECT {} FROM webhook w WHERE w.tenant_id = $1 AND w.removed_at IS NULL"
                        " ORDER BY w.slug",
                        columns),
            tenant))
    webhooks.push_back(read(row));
  return webhooks;
}

Webhook update_webhook(Tx& tx, const SecretKey& key, TenantId tenant, std::string_view slug,
                       const WebhookChange& change, Timestamp at) {
  if (change.url) check_url(*change.url, change.allow_http);
  if (change.events) check_events(*change.events);
  const auto id = get_webhook(tx, tenant, slug).id;
  exec(tx,
       "UPDATE webhook SET url = coalesce($3, url), events = coalesce($4::text[], events),"
       "       secret = coalesce($5::bytea, secret), updated_at = $6,"
       // Given back for a secret that could not be opened, it is taken again at once.
       "       leased_until = CASE WHEN $5::bytea IS NOT NULL AND owner = '' THEN '-infinity'"
       "         ELSE leased_until END"
       " WHERE tenant_id = $1 AND id = $2",
       tenant, id, change.url, change.events,
       change.secret ? sealed_secret(key, tenant, id, *change.secret) : Param{}, at);
  if (change.enabled && *change.enabled) enable(tx, tenant, id, at);
  if (change.enabled && !*change.enabled)
    exec(tx,
         "UPDATE webhook SET disabled_at = $3, disabled_reason = 'by hand', owner = '',"
         "       leased_until = '-infinity'"
         " WHERE tenant_id = $1 AND id = $2 AND disabled_at IS NULL",
         tenant, id, at);
  return get_webhook(tx, tenant, slug);
}

void remove_webhook(Tx& tx, TenantId tenant, WebhookId id, Timestamp at) {
  exec(tx,
       "UPDATE webhook SET removed_at = $3, owner = '', leased_until = '-infinity'"
       " WHERE tenant_id = $1 AND id = $2",
       tenant, id, at);
}

std::map<WebhookId, WebhookLoad> count_deliveries(Tx& tx, TenantId tenant,
                                                  const std::vector<WebhookId>& webhooks) {
  std::map<WebhookId, WebhookLoad> loads;
  for (const auto& row :
       exec(tx,
            "SELECT u.id,"
            "       (SELECT count(*) FROM webhook_delivery WHERE tenant_id = $1 AND webhook_id = u.id"
            "           AND state = 'waiting') AS waiting,"
            // What stands behind another has no attempt before it, and is never due.
            "       (SELECT count(*) FROM webhook_delivery WHERE tenant_id = $1 AND webhook_id = u.id"
            "           AND state = 'waiting' AND due_at < 'infinity' AND attempts > 0) AS retrying,"
            "       (SELECT count(*) FROM webhook_delivery WHERE tenant_id = $1 AND webhook_id = u.id"
            "           AND state = 'failed') AS failed"
            "  FROM unnest($2::bigint[]) AS u(id)",
            tenant, webhooks))
    loads[row["id"].as<WebhookId>()] = {row["waiting"].as<std::int64_t>(), row["retrying"].as<std::int64_t>(),
                                        row["failed"].as<std::int64_t>()};
  return loads;
}

std::vector<WebhookTrouble> list_webhook_troubles(Tx& tx, Timestamp at) {
  std::vector<WebhookTrouble> troubles;
  const auto rows =
      exec(tx,
           "SELECT w.tenant_id, t.slug AS tenant, w.slug, w.last_error, k.kind,"
           "       CASE k.kind WHEN 0 THEN w.disabled_at WHEN 3 THEN d.due_at ELSE w.failing_since END AS "
           "since"
           "  FROM webhook w JOIN tenant t ON t.id = w.tenant_id AND t.deleted_at IS NULL"
           "  LEFT JOIN LATERAL (SELECT o.due_at FROM webhook_delivery o"
           "     WHERE " +
               endpoint_sql("o") +
               " = w.tenant_id::text || ' ' || w.id::text"
               "       AND o.state = 'waiting' AND o.due_at < 'infinity'"
               "     ORDER BY " +
               endpoint_sql("o") +
               ", o.due_at LIMIT 1) d"
               "    ON w.disabled_at IS NULL"
               " CROSS JOIN LATERAL (SELECT CASE WHEN w.disabled_at IS NOT NULL THEN 0"
               "     WHEN w.failing_since IS NOT NULL AND w.last_error = $1 THEN 1"
               "     WHEN w.failing_since < $2::timestamptz - interval '1 hour' THEN 2"
               "     WHEN d.due_at < $2::timestamptz - interval '10 minutes' THEN 3 END AS kind) k"
               " WHERE w.removed_at IS NULL AND w.disabled_reason <> 'by hand' AND k.kind IS NOT NULL"
               " ORDER BY k.kind, since, t.slug, w.slug",
           webhook_sealed, at);
  read_each_row(rows, "webhook", [&](const Row& row) {
    troubles.push_back(
        {row["tenant"].as<std::string>(), row["slug"].as<std::string>(), row["last_error"].as<std::string>(),
         static_cast<WebhookTrouble::Kind>(row["kind"].as<int>()), row["since"].as<Timestamp>()});
  });
  return troubles;
}

}  // namespace smscrm
