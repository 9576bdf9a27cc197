#include "core/event/event.hpp"

#include "core/db/joins.hpp"

namespace smscrm {
namespace {

constexpr const char* live = "w.tenant_id = $1 AND w.removed_at IS NULL AND w.disabled_at IS NULL";

std::string utc(std::string_view column) {
  return fmt::format("to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", column);
}

// `source` has the columns n (order), type, order_key and data; $1 is the tenant, $2 the time or NULL.
template <class... Args>
void insert(Tx& tx, const std::string& source, TenantId tenant, std::optional<Timestamp> at,
            const Args&... args) {
  exec(tx,
       fmt::format(
           "INSERT INTO webhook_delivery (tenant_id, webhook_id, type, order_key, data, created_at, due_at)"
           " SELECT $1::bigint, w.id, v.type, v.order_key, v.data, coalesce($2::timestamptz, now()),"
           "        coalesce($2::timestamptz, now())"
           "   FROM ({}) v JOIN webhook w ON {}"
           "        AND (v.type = ANY(w.events) OR '*' = ANY(w.events)"
           "             OR split_part(v.type, '.', 1) || '.*' = ANY(w.events))"
           "  ORDER BY v.n, w.id",
           source, live),
       tenant, at, args...);
}

}  // namespace

bool wants_events(Tx& tx, TenantId tenant, std::string_view family) {
  return exec(tx,
              fmt::format("SELECT EXISTS (SELECT FROM webhook w WHERE {} AND EXISTS"
                          " (SELECT FROM unnest(w.events) AS p WHERE p = '*' OR split_part(p, '.', 1) = $2))",
                          live),
              tenant, family)
      .front()[0]
      .as<bool>();
}

void record_message_events(Tx& tx, TenantId tenant, const std::vector<MessageId>& messages, Timestamp at) {
  if (messages.empty() || !wants_events(tx, tenant, "message")) return;
  static const std::string source = fmt::format(
      "SELECT m.id AS n, 'message.' || m.status AS type, m.msisdn AS order_key,"
      "       json_build_object('message', m.id, 'status', m.status, 'kind', m.kind, 'to', m.msisdn,"
      "         'from', s.address, 'campaign', c.slug, 'parts', m.parts, 'price', m.price::text,"
      "         'currency', nullif(m.currency, ''), 'provider_id', nullif(m.provider_sid, ''),"
      "         'error_code', m.error_code, 'error', nullif(m.error, ''),"
      "         'skip_reason', nullif(m.skip_reason, ''), 'changed_at', {}) AS data"
      "  FROM unnest($3::bigint[]) AS u(id) CROSS JOIN LATERAL (SELECT * FROM message"
      "                                               WHERE tenant_id = $1 AND {}) m"
      "  LEFT JOIN campaign c ON c.tenant_id = $1 AND c.id = m.campaign_id"
      "  LEFT JOIN sender s ON s.tenant_id = $1 AND s.id = m.sender_id"
      " WHERE m.status NOT IN ('waiting', 'in_flight', 'unknown', 'canceled')",
      utc("m.status_at"), all_with("id", "u.id"));
  insert(tx, source, tenant, at, messages);
}

void record_inbound_events(Tx& tx, TenantId tenant, const std::vector<InboundId>& inbound, Timestamp at) {
  if (inbound.empty() || !wants_events(tx, tenant, "inbound")) return;
  static const std::string source = fmt::format(
      "SELECT i.id AS n, 'inbound' AS type, i.msisdn AS order_key,"
      "       json_build_object('inbound', i.id, 'from', i.msisdn, 'to', i.address, 'body', i.body,"
      "         'media', i.media, 'keyword', nullif(i.keyword, ''), 'campaign', c.slug,"
      "         'message', i.message_id, 'received_at', {}) AS data"
      "  FROM unnest($3::bigint[]) AS u(id) CROSS JOIN LATERAL (SELECT * FROM inbound"
      "                                               WHERE tenant_id = $1 AND {}) i"
      "  LEFT JOIN campaign c ON c.tenant_id = $1 AND c.id = i.campaign_id",
      utc("i.received_at"), all_with("id", "u.id"));
  insert(tx, source, tenant, at, inbound);
}

void record_opt_out_events(Tx& tx, TenantId tenant, const OptOutEvents& opt_outs) {
  if (opt_outs.msisdns.empty() || !wants_events(tx, tenant, "opt_out")) return;
  static const std::string source = fmt::format(
      "SELECT u.n, 'opt_out' AS type, u.msisdn AS order_key,"
      "       json_build_object('number', u.msisdn, 'method', u.method, 'source', u.source,"
      "         'scope', nullif(u.scope, ''), 'occurred_at', {}) AS data"
      "  FROM unnest($3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[]) WITH ORDINALITY"
      "    AS u(msisdn, method, source, at, scope, n)",
      utc("u.at"));
  insert(tx, source, tenant, std::nullopt, opt_outs.msisdns, opt_outs.methods, opt_outs.sources,
         opt_outs.times, opt_outs.scopes);
}

void record_click_events(Tx& tx, TenantId tenant, const ClickEvents& clicks) {
  if (clicks.links.empty() || !wants_events(tx, tenant, "click")) return;
  static const std::string source = fmt::format(
      "SELECT u.n, 'click' AS type, coalesce(m.msisdn, 'link:' || u.link_id) AS order_key,"
      "       json_build_object('link', u.link_id, 'url', l.target_url, 'name', nullif(l.name, ''),"
      "         'campaign', c.slug, 'message', m.id, 'number', m.msisdn, 'user_agent', u.agent,"
      "         'clicked_at', {}) AS data"
      "  FROM unnest($3::bigint[], $4::bigint[], $5::timestamptz[], $6::text[]) WITH ORDINALITY"
      "    AS u(link_id, message_id, at, agent, n)"
      "  LEFT JOIN link l ON l.tenant_id = $1 AND l.id = u.link_id"
      "  LEFT JOIN campaign c ON c.tenant_id = $1 AND c.id = l.campaign_id"
      "  LEFT JOIN LATERAL (SELECT id, msisdn FROM message WHERE tenant_id = $1 AND {}) m ON true",
      utc("u.at"), all_with("id", "u.message_id"));
  insert(tx, source, tenant, std::nullopt, clicks.links, clicks.messages, clicks.times, clicks.agents);
}

void record_campaign_event(Tx& tx, TenantId tenant, CampaignId campaign, CampaignEvent event, Timestamp at) {
  static constexpr const char* types[] = {"campaign.launched", "campaign.paused", "campaign.resumed",
                                          "campaign.canceled", "campaign.finished"};
  static const std::string source = fmt::format(
      "SELECT 1 AS n, $4 AS type, 'campaign:' || c.id AS order_key,"
      "       json_build_object('campaign', c.slug, 'id', c.id, 'status', c.status, 'kind', c.kind,"
      "         'audience', c.audience_size, 'launched_at', {}, 'finished_at', {}) AS data"
      "  FROM campaign c WHERE c.tenant_id = $1 AND c.id = $3",
      utc("c.launched_at"), utc("c.finished_at"));
  insert(tx, source, tenant, at, campaign, types[static_cast<std::size_t>(event)]);
}

void record_import_event(Tx& tx, TenantId tenant, ImportId import, ImportEvent event, Timestamp at) {
  static const std::string source = fmt::format(
      "SELECT 1 AS n, $4 AS type, 'import:' || i.id AS order_key,"
      "       json_build_object('import', i.id, 'source', i.source, 'status', i.status, 'rows', i.rows,"
      "         'created', i.created, 'updated', i.updated, 'unchanged', i.unchanged,"
      "         'duplicate', i.duplicate, 'rejected', i.rejected, 'opted_out_kept', i.opted_out_kept,"
      "         'error', nullif(i.error, ''), 'started_at', {}, 'finished_at', {}) AS data"
      "  FROM import i WHERE i.tenant_id = $1 AND i.id = $3",
      utc("i.started_at"), utc("i.finished_at"));
  insert(tx, source, tenant, at, import,
         event == ImportEvent::finished ? "import.finished" : "import.failed");
}

}  // namespace smscrm
