#include "daemon/api/shapes.hpp"

#include <map>

#include "core/base/text.hpp"

namespace smscrm {
namespace {

// A shape is its keys and their types, "id integer, rate number?, lists [string]". Types: string, time (RFC
// 3339), integer, number, boolean, object; @NAME another shape; [T] a list; {T} an object of any keys; with
// "?" it may be null. A key with "?" may be missing. "... NAME" has the keys of another shape, too.
const std::map<std::string, std::string>& shapes() {
  static const std::map<std::string, std::string> all{
      {"tenant",
       "id integer, slug string, name string, timezone string, country string, consent string, "
       "quiet_hours string, law_hours string, frequency_cap string, min_gap string, when_capped string, stop_reply string, start_reply string, help_reply string, "
       "link_url string, "
       "opt_out_scope string, hold_reviews boolean, unknown_policy string, undelivered_retries integer, "
       "daily_cap integer?, aliases [string], created_at time"},
      {"sender", "id integer, address string, kind string, rate number, pool string, daily_cap integer?"},
      {"contact",
       "id integer, phone string, first_name string, last_name string, email string, timezone string, "
       "country string, region string, external_id string, attributes {string}, tags [string], created_at "
       "time, "
       "updated_at time"},
      {"contact_view",
       "... contact, lists [string], consent string, consent_at time?, opted_out_of [string], dnc boolean, "
       "may_be_texted boolean, because string, messages integer, recent_messages integer, "
       "last_inbound_at time?, last_inbound? string"},
      {"exchange",
       "at time, direction string, status string, body string, sender string, campaign string, "
       "message integer?, inbound integer?"},
      {"conversation", "data [@exchange]"},
      {"tagged", "matched integer, changed integer, unknown [string]"},
      {"consent",
       "phone string, consent string, consent_at time?, opted_out_of [string], dnc boolean, "
       "may_be_texted boolean, reason string?, because string"},
      {"consent_event",
       "recorded_at time, occurred_at time, phone string, action string, method string, scope string, "
       "source string, import integer?, inbound integer?, message integer?"},
      {"consent_history", "data [@consent_event]"},
      {"audit_entry",
       "entry integer, at time, doer string, login string, via string, request string, action string, object "
       "string, "
       "name string, rows integer, before object?, after object?, position integer?, hash string"},
      {"audit_checkpoint", "tenant integer, size integer, hash string, at time, line string"},
      {"audit_proof",
       "holds boolean, entries integer, checkpoints integer, unsealed integer, erased integer, fault string, "
       "fault_at integer?"},
      {"person",
       "schema integer, phone string, tenant object, at time, contact object?, lists [object], segments [object], "
       "consent [object], do_not_contact object?, consent_history [object], messages [object], attempts [object], "
       "receipts [object], texts_received [object], clicks [object], imports [object], told_to_others [object], "
       "changes [object]"},
      {"erasure",
       "id integer, asked_at time, done_at time?, reason string, rows {integer}, copies integer, "
       "copies_waiting integer, copies_failed integer"},
      {"dnc_entry", "phone string, reason string, added_at time"},
      {"dnc_added", "added integer"},
      {"dnc_removed", "removed integer"},
      {"list", "id integer, slug string, name string, contacts integer, created_at time"},
      {"list_members", "list string, added integer, removed integer, unknown [string]"},
      {"segment",
       "id integer, slug string, rule string, description string, created_at time, updated_at time"},
      {"segment_view",
       "id integer, slug string, rule string, description string, created_at time, updated_at time, "
       "used_by [string]"},
      {"rule_match", "phone string, name string"},
      {"rule_preview", "count integer, sample [@rule_match], absent integer"},
      {"rule_absence", "field string, column integer, length integer, contacts integer"},
      {"rule_explanation",
       "rule string, count integer, absent integer, absences [@rule_absence], unused_tags [string], "
       "segments [string], sql string, parameters [string], cost number, took_ms integer"},
      {"template",
       "id integer, slug string, body string, fields [string], links [string], created_at time, updated_at "
       "time"},
      {"preview", "text string, encoding string, units integer, parts integer, missing_fields [string]"},
      {"campaign",
       "id integer, slug string, kind string, status string, template string, audience string, "
       "audience_rule string, senders [string], rate number?, expires_after_seconds number?, "
       "links_expire_after_seconds number?, "
       "messages integer, launch string, launch_key string, plan_hash string, created_at time, "
       "scheduled_at time?, launched_at time?, expires_at time?, links_expire_at time?, started_at time?, "
       "finished_at time?"},
      {"schedule",
       "id integer, campaign string, status string, due_at time, not_after time, reason string, created_at "
       "time, "
       "ended_at time?, cron string?, zone string?, until time?, run string?, last_due_at time?, "
       "last_status string?, last_reason string?, last_run string?"},
      {"next_run", "campaign string?, due_at time, local string, zone string, not_after time"},
      {"next_runs", "data [@next_run]"},
      {"cost", "amount string, currency string"},
      {"plan_sample", "phone string, text string, parts integer, encoding string"},
      {"plan_samples", "longest @plan_sample?, ucs2 @plan_sample?"},
      {"plan_encoding", "gsm7 integer, ucs2 integer"},
      {"plan_warning",
       "code string, message string, contact integer?, phone string?, offset integer?, character string?"},
      {"hold", "code string, message string, hint string, until time?"},
      {"preflight",
       "campaign string, status string, audience integer, skipped {integer}, recipients integer, "
       "held {integer}, parts integer, cost @cost, encoding @plan_encoding, samples @plan_samples, "
       "warnings [@plan_warning], missing_fields {integer}, finishes_at time?, plan_hash string, "
       "waits_for [@hold]"},
      {"launch", "campaign string, launch string, replayed boolean, status string, audience integer"},
      {"steered", "campaign string, status string"},
      {"report_cost", "amount string, currency string, estimated boolean"},
      {"report",
       "campaign string, status string, stage string, audience integer, skipped {integer}, waiting integer, "
       "in_flight integer, unknown integer, outcomes {integer}, retries_waiting integer, "
       "receipts_outstanding integer, parts integer, cost @report_cost, clicks integer, "
       "unique_clicks integer, replies integer, opt_outs integer, holds [@hold], launched_at time?, "
       "links_expire_at time?, started_at time?, finished_at time?"},
      {"verify_check", "check string, expected string, found string, holds boolean"},
      {"verified", "campaign string, holds boolean, checks [@verify_check]"},
      {"verdict", "verdict string, reason string, until time?"},
      {"message_event",
       "recorded_at time, status string, source string, provider_sid string, error_code integer?, detail "
       "string"},
      {"message_attempt",
       "attempt integer, status string, provider_sid string, parts integer, error_code integer?, "
       "detail string, claimed_at time?, ended_at time"},
      {"message",
       "id integer, kind string, campaign string, contact integer?, phone string, sender string, "
       "status string, skip_reason string, parts integer, attempt integer, provider_sid string, cost @cost, "
       "error_code integer?, error string, error_meaning string, error_remedy string, body string, "
       "created_at time, claimed_at time?, status_at time"},
      {"message_view", "... message, events [@message_event], attempts [@message_attempt]"},
      {"hours_answer",
       "allowed boolean, next time?, zones [string], rules [string], held_by [string], data string"},
      {"held_by", "rules [string], zones [string], data string"},
      {"explanation",
       "campaign string, phone string, verdict string, audience_now string?, in_audience_now boolean, "
       "gate_now @verdict?, waits_for [@hold], zone string, zone_of string, hours @hours_answer?, "
       "was_held_by @held_by?, consent_now string, "
       "consent string, message @message?, events [@message_event]"},
      {"queued", "message integer, phone string"},
      {"resolved", "resolved integer, as string, asked integer"},
      {"media", "url string, type string"},
      {"inbound",
       "id integer, received_at time, phone string, name string, to string, body string, keyword string, "
       "rule string, not_own string, campaign string, message integer?, reply string, media [@media], "
       "read_at time?, answered_at time?, answer integer?"},
      {"inbox_answer", "message integer, phone string, status string"},
      {"review",
       "id integer, due_at time, received_at time, phone string, campaign string, rule string, "
       "not_own string, body string"},
      {"keyword", "keyword string, reply string, list string, stops boolean"},
      {"link",
       "id integer, name string, campaign string, target_url string, clicks integer, unique_clicks integer, "
       "created_at time, expires_at time?, disabled_at time?"},
      {"link_view", "... link, hits {integer}, short_url? string"},
      {"link_made", "id integer, short_url string, target_url string"},
      {"webhook",
       "webhook string, url string, events [string], state string, created_at time, disabled_at time?, "
       "disabled_reason string, failing_since time?, last_attempt_at time?, last_success_at time?, "
       "last_status integer?, last_error string"},
      {"webhook_view", "... webhook, waiting integer, retrying integer, failed integer"},
      {"webhook_made", "... webhook, secret string"},
      {"delivery_failure",
       "attempted_at time, http_status integer?, milliseconds integer, error string, reply string"},
      {"delivery",
       "delivery integer, id string, type string, key string, state string, created_at time, "
       "attempts integer, attempted_at time?, http_status integer?, milliseconds integer?, error string, "
       "due_at time?, failures [@delivery_failure], data object"},
      {"failures",
       "status string, error_code integer?, error_meaning string, error_remedy string, messages integer, "
       "campaigns integer, last_at time, message integer?"},
      {"failure_report", "data [@failures]"},
      {"report_latency", "messages integer, p50_ms integer, p95_ms integer"},
      {"account_report",
       "from time, to time, zone string, made integer, skipped {integer}, waiting integer, in_flight integer, "
       "unknown integer, outcomes {integer}, adds_up boolean, sent integer, parts integer, costs [@report_cost], "
       "clicks integer, unique_clicks integer, received {integer}, opt_outs {integer}, latency @report_latency?"},
      {"report_row",
       "at? time, sender? string?, made integer, skipped integer, sent integer, delivered integer, "
       "delivered_percent number?, undelivered integer, failed integer, unknown integer, parts integer, "
       "cost string?, currency string?, costs [@report_cost], clicks integer, unique_clicks integer, "
       "replies integer, opt_outs integer, opt_outs_per_1000 number?, p50_ms? integer?, p95_ms? integer?"},
      {"report_rows", "data [@report_row]"},
      {"cost_row",
       "at? time, sender? string?, country? string?, campaign? string?, parts integer, cost string?, "
       "currency string?, costs [@report_cost]"},
      {"cost_rows", "data [@cost_row]"},
      {"latency_row",
       "at? time, sender? string?, campaign? string?, delivered integer, p50_ms integer?, p95_ms integer?"},
      {"latency_rows", "data [@latency_row]"},
      {"link_row",
       "link integer, campaign string, name string, target_url string, clicks integer, unique_clicks integer"},
      {"link_rows", "data [@link_row]"},
      {"answer_row",
       "keyword? string, texts? integer, way? string, at? time, campaign? string?, delivered? integer, "
       "replies? integer, opt_outs? integer, opt_outs_per_1000? number?"},
      {"answer_rows", "data [@answer_row]"},
      {"comparison", "figure string, first number?, second number?, change_percent number?"},
      {"comparisons", "data [@comparison]"},
      {"member",
       "user integer, email string, name string, role string?, password boolean, second_factor boolean, "
       "disabled_at time?, created_at time"},
      {"member_made", "... member, link? string, link_expires_at? time"},
      {"api_key",
       "key integer, name string, state string, scopes [string], networks [string], created_by string, "
       "created_at time, expires_at time?, last_used_at time?, last_used_from string, revoked_at time?"},
      {"api_key_made", "... api_key, secret string"},
      {"own_tenant", "tenant string, name string, timezone string, role string, scopes [string]"},
      {"me",
       "user integer, email string, name string, operator boolean, roles {string}, password boolean, "
       "second_factor boolean, disabled_at time?, created_at time, second_factor_advised boolean, "
       "recovery_codes integer, tenants [@own_tenant], scopes [string], session integer, "
       "session_expires_at time, fresh_until time, csrf_token string"},
      {"signed_in",
       "signed_in boolean, me? @me, ticket? string, ticket_expires_at? time, factors? [string], "
       "purpose? string, email? string, name? string, password_wanted? boolean"},
      {"fresh", "fresh_until time"},
      {"session",
       "session integer, created_at time, seen_at time, expires_at time, address string, agent string, "
       "current boolean"},
      {"sessions_ended", "ended integer"},
      {"totp", "secret string, url string, qr string"},
      {"recovery_codes", "recovery_codes [string]"},
  };
  return all;
}

// By method and path: the shape, "page NAME" for a page of it, "" for 204, "stream" for events.
const std::map<std::string, std::string>& answers() {
  static const std::map<std::string, std::string> all{
      {"GET T", "tenant"},
      {"GET T/senders", "page sender"},
      {"GET T/contacts", "page contact"},
      {"POST T/contacts/search", "page contact"},
      {"POST T/contacts", "contact_view"},
      {"POST T/contacts/tags", "tagged"},
      {"GET T/contacts/{contact}", "contact_view"},
      {"PATCH T/contacts/{contact}", "contact_view"},
      {"DELETE T/contacts/{contact}", ""},
      {"GET T/contacts/{contact}/conversation", "conversation"},
      {"POST T/consent/check", "consent"},
      {"POST T/consent/history", "consent_history"},
      {"POST T/consent", "consent"},
      {"POST T/privacy/export", "person"},
      {"POST T/privacy/erase", "erasure"},
      {"GET T/privacy/erasures", "page erasure"},
      {"GET T/privacy/erasures/{erasure}", "erasure"},
      {"GET T/dnc", "page dnc_entry"},
      {"POST T/dnc", "dnc_added"},
      {"POST T/dnc/remove", "dnc_removed"},
      {"GET T/lists", "page list"},
      {"POST T/lists", "list"},
      {"GET T/lists/{list}", "list"},
      {"DELETE T/lists/{list}", ""},
      {"POST T/lists/{list}/members", "list_members"},
      {"GET T/segments", "page segment"},
      {"POST T/segments", "segment"},
      {"POST T/segments/preview", "rule_preview"},
      {"POST T/segments/explain", "rule_explanation"},
      {"GET T/segments/{segment}", "segment_view"},
      {"PATCH T/segments/{segment}", "segment"},
      {"DELETE T/segments/{segment}", ""},
      {"GET T/templates", "page template"},
      {"POST T/templates", "template"},
      {"POST T/templates/preview", "preview"},
      {"GET T/templates/{template}", "template"},
      {"PATCH T/templates/{template}", "template"},
      {"DELETE T/templates/{template}", ""},
      {"GET T/campaigns", "page campaign"},
      {"POST T/campaigns", "campaign"},
      {"GET T/campaigns/{campaign}", "campaign"},
      {"PATCH T/campaigns/{campaign}", "campaign"},
      {"DELETE T/campaigns/{campaign}", ""},
      {"POST T/campaigns/{campaign}/preflight", "preflight"},
      {"POST T/campaigns/{campaign}/test", "queued"},
      {"POST T/campaigns/{campaign}/launch", "launch"},
      {"GET T/campaigns/{campaign}/schedule", "schedule"},
      {"PUT T/campaigns/{campaign}/schedule", "schedule"},
      {"DELETE T/campaigns/{campaign}/schedule", "schedule"},
      {"GET T/campaigns/{campaign}/schedule/next", "next_runs"},
      {"GET T/schedules", "page schedule"},
      {"POST T/campaigns/{campaign}/pause", "steered"},
      {"POST T/campaigns/{campaign}/resume", "steered"},
      {"POST T/campaigns/{campaign}/cancel", "steered"},
      {"GET T/campaigns/{campaign}/status", "report"},
      {"GET T/events", "stream"},
      {"GET T/campaigns/{campaign}/verify", "verified"},
      {"POST T/campaigns/{campaign}/explain", "explanation"},
      {"GET T/messages", "page message"},
      {"POST T/messages/search", "page message"},
      {"POST T/messages", "queued"},
      {"GET T/messages/{message}", "message_view"},
      {"POST T/messages/{message}/resolve", "resolved"},
      {"GET T/inbox", "page inbound"},
      {"GET T/inbox/{inbound}", "inbound"},
      {"POST T/inbox/{inbound}/read", "inbound"},
      {"POST T/inbox/{inbound}/reply", "inbox_answer"},
      {"GET T/opt-out-reviews", "page review"},
      {"POST T/opt-out-reviews/{inbound}/accept", "inbound"},
      {"POST T/opt-out-reviews/{inbound}/dismiss", "inbound"},
      {"GET T/keywords", "page keyword"},
      {"POST T/keywords", "keyword"},
      {"PATCH T/keywords/{keyword}", "keyword"},
      {"DELETE T/keywords/{keyword}", ""},
      {"GET T/links", "page link"},
      {"POST T/links", "link_made"},
      {"GET T/links/{link}", "link_view"},
      {"PATCH T/links/{link}", "link_view"},
      {"GET T/audit", "page audit_entry"},
      {"GET T/audit/{entry}", "audit_entry"},
      {"GET T/audit/checkpoint", "audit_checkpoint"},
      {"GET T/audit/proof", "audit_proof"},
      {"GET T/webhooks", "page webhook"},
      {"POST T/webhooks", "webhook_made"},
      {"GET T/webhooks/{webhook}", "webhook_view"},
      {"PATCH T/webhooks/{webhook}", "webhook_view"},
      {"DELETE T/webhooks/{webhook}", ""},
      {"GET T/webhooks/{webhook}/deliveries", "page delivery"},
      {"GET T/reports/campaigns/{campaign}", "report"},
      {"GET T/reports/compare", "comparisons"},
      {"GET T/reports/failures", "failure_report"},
      {"GET T/reports/account", "account_report"},
      {"GET T/reports/timeline", "report_rows"},
      {"GET T/reports/senders", "report_rows"},
      {"GET T/reports/cost", "cost_rows"},
      {"GET T/reports/latency", "latency_rows"},
      {"GET T/reports/links", "link_rows"},
      {"GET T/reports/replies", "answer_rows"},
      {"GET T/reports/opt-outs", "answer_rows"},
      {"GET T/users", "page member"},
      {"POST T/users", "member_made"},
      {"GET T/users/{user}", "member"},
      {"PATCH T/users/{user}", "member"},
      {"DELETE T/users/{user}", ""},
      {"POST T/users/{user}/link", "member_made"},
      {"GET T/api-keys", "page api_key"},
      {"POST T/api-keys", "api_key_made"},
      {"GET T/api-keys/{key}", "api_key"},
      {"POST T/api-keys/{key}/rotate", "api_key_made"},
      {"DELETE T/api-keys/{key}", ""},
      {"POST /auth/login", "signed_in"},
      {"POST /auth/second-factor", "signed_in"},
      {"POST /auth/redeem", "signed_in"},
      {"POST /auth/logout", ""},
      {"POST /auth/fresh", "fresh"},
      {"GET /auth/sessions", "page session"},
      {"DELETE /auth/sessions", "sessions_ended"},
      {"DELETE /auth/sessions/{session}", ""},
      {"GET /me", "me"},
      {"PATCH /me", "me"},
      {"POST /me/password", "signed_in"},
      {"POST /me/totp", "totp"},
      {"POST /me/totp/confirm", "recovery_codes"},
      {"DELETE /me/totp", "signed_in"},
      {"GET /tenants", "page own_tenant"},
  };
  return all;
}

Json reference_to(const std::string& name) { return {{"$ref", "#/components/schemas/" + name}}; }

Json type_schema(std::string type) {
  const bool may_be_null = type.ends_with('?');
  if (may_be_null) type.pop_back();
  Json schema;
  if (type.starts_with('@'))
    schema = reference_to(type.substr(1));
  else if (type.starts_with('['))
    schema = {{"type", "array"}, {"items", type_schema(type.substr(1, type.size() - 2))}};
  else if (type.starts_with('{'))
    schema = {{"type", "object"}, {"additionalProperties", type_schema(type.substr(1, type.size() - 2))}};
  else if (type == "time")
    schema = {{"type", "string"}, {"format", "date-time"}};
  else
    schema = {{"type", type}};
  if (!may_be_null) return schema;
  if (schema.contains("type"))
    schema["type"] = Json::array({schema["type"], "null"});
  else
    schema = {{"anyOf", Json::array({schema, Json{{"type", "null"}}})}};
  return schema;
}

void add_keys(const std::string& shape, Json& properties, Json& required) {
  for (const auto& part : split(shapes().at(shape), ',')) {
    const auto text = std::string{trim(part)};
    const auto blank = text.find(' ');
    auto name = text.substr(0, blank);
    const auto type = std::string{trim(text.substr(blank + 1))};
    if (name == "...") {
      add_keys(type, properties, required);
      continue;
    }
    if (name.ends_with('?'))
      name.pop_back();
    else
      required.push_back(name);
    properties[name] = type_schema(type);
  }
}

}  // namespace

Json shape_schemas() {
  Json all = Json::object();
  for (const auto& [name, unused] : shapes()) {
    Json properties = Json::object(), required = Json::array();
    add_keys(name, properties, required);
    all[name] = {
        {"type", "object"}, {"required", std::move(required)}, {"properties", std::move(properties)}};
  }
  return all;
}

Json answer_schema(const std::string& method, const std::string& path) {
  constexpr std::string_view tenant = "/tenants/{tenant}";
  const auto key = method + " " + (path.starts_with(tenant) ? "T" + path.substr(tenant.size()) : path);
  const auto found = answers().find(key);
  if (found == answers().end()) throw Error(Errc::internal, "nobody has said what {} answers", key);
  const auto& shape = found->second;
  if (shape.empty()) return nullptr;
  if (shape == "stream") return {{"type", "string"}};
  if (!shape.starts_with("page ")) return reference_to(shape);
  return {{"type", "object"},
          {"required", {"data", "next_cursor"}},
          {"properties",
           {{"data", {{"type", "array"}, {"items", reference_to(shape.substr(5))}}},
            {"next_cursor", {{"type", {"string", "null"}}}}}}};
}

}  // namespace smscrm
