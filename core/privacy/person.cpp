#include "core/privacy/person.hpp"

#include <array>

#include "core/db/joins.hpp"
#include "core/segment/compile.hpp"
#include "core/segment/segment.hpp"

namespace smscrm {
namespace {

// A part and its rows: $1 is the tenant, $2 the number, $3 the contact, or null, $4 the ids of its messages.
struct Part : PersonPart {
  std::string rows;
  enum class Form { one, many } form = Form::many;
};

std::string utc(std::string_view column) {
  return fmt::format("to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", column);
}

constexpr std::string_view contact_key = "contact", segments_key = "segments", messages_key = "messages";

const std::vector<Part>& parts() {
  const auto of_messages = [](std::string_view table) {
    return fmt::format(
        "unnest($4::bigint[]) AS u(id) CROSS JOIN LATERAL (SELECT * FROM {} WHERE tenant_id = $1 AND {})",
        table, all_with("message_id", "u.id"));
  };
  static const std::vector<Part> all{
      {{contact_key, "Contact", "What the person is called, where they are, and what else is kept of them."},
       fmt::format("SELECT msisdn AS phone, first_name, last_name, email, timezone, country, region,"
                   "       external_id, attributes, tags, import_id AS import, {} AS created_at,"
                   "       {} AS updated_at FROM contact WHERE tenant_id = $1 AND msisdn = $2",
                   utc("created_at"), utc("updated_at")),
       Part::Form::one},
      {{"lists", "Lists", "The lists that the person is on."},
       fmt::format("SELECT l.slug AS list, l.name, m.import_id AS import, {} AS added_at"
                   "  FROM list_member m JOIN list l ON l.tenant_id = $1 AND l.id = m.list_id"
                   " WHERE m.tenant_id = $1 AND m.contact_id = $3::bigint ORDER BY l.slug",
                   utc("m.added_at"))},
      {{segments_key, "Segments", "The saved rules that hold the person at this moment."}, ""},
      {{"consent", "Consent",
        "Whether the person may be texted: by anybody here, or by the senders of a scope."},
       fmt::format("SELECT '' AS scope, state, {0} AS changed_at FROM consent"
                   "  WHERE tenant_id = $1 AND msisdn = $2"
                   " UNION ALL SELECT scope, state, {0} FROM consent_scope"
                   "  WHERE tenant_id = $1 AND msisdn = $2 ORDER BY scope",
                   utc("changed_at"))},
      {{"do_not_contact", "Do not contact", "The number is on the list of those that are never texted."},
       fmt::format("SELECT reason, {} AS added_at FROM dnc WHERE tenant_id = $1 AND msisdn = $2",
                   utc("added_at")),
       Part::Form::one},
      {{"consent_history", "History of consent",
        "Each yes and no, with its proof: it is kept because the sender has to prove it."},
       fmt::format(
           "SELECT id, action, method, source, scope, import_id AS import, inbound_id AS text_received,"
           "       message_id AS message, {} AS occurred_at, {} AS recorded_at FROM consent_event"
           " WHERE tenant_id = $1 AND msisdn = $2 ORDER BY id",
           utc("occurred_at"), utc("recorded_at"))},
      {{messages_key, "Messages", "What was sent to the person, and what was not, with the reason."},
       fmt::format(
           "SELECT m.id, c.slug AS campaign, m.kind, m.status, nullif(m.skip_reason, '') AS skipped_for,"
           "       m.msisdn AS \"to\", s.address AS \"from\", m.body, m.parts, m.price::text AS price,"
           "       nullif(m.currency, '') AS currency, nullif(m.provider_sid, '') AS provider_id,"
           "       m.error_code, nullif(m.error, '') AS error, {} AS created_at, {} AS sent_at,"
           "       {} AS status_at"
           "  FROM message m LEFT JOIN campaign c ON c.tenant_id = $1 AND c.id = m.campaign_id"
           "  LEFT JOIN sender s ON s.tenant_id = $1 AND s.id = m.sender_id"
           " WHERE m.tenant_id = $1 AND (m.msisdn = $2 OR m.contact_id = $3::bigint) ORDER BY m.id",
           utc("m.created_at"), utc("m.claimed_at"), utc("m.status_at"))},
      {{"attempts", "Earlier attempts",
        "Messages that were sent once more, and how the attempt before ended."},
       fmt::format("SELECT a.message_id AS message, a.attempt, a.status, nullif(a.provider_sid, '') AS"
                   "       provider_id, a.error_code, nullif(a.detail, '') AS detail, {} AS sent_at,"
                   "       {} AS ended_at FROM {} a ORDER BY a.message_id, a.attempt",
                   utc("a.claimed_at"), utc("a.ended_at"), of_messages("message_attempt"))},
      {{"receipts", "Receipts", "What the carrier told of each message."},
       fmt::format("SELECT e.message_id AS message, e.status, e.source, e.error_code,"
                   "       nullif(e.detail, '') AS detail, {} AS recorded_at"
                   "  FROM {} e ORDER BY e.message_id, e.recorded_at",
                   utc("e.recorded_at"), of_messages("message_event"))},
      {{"texts_received", "Texts from the person", "What the person wrote, and what was answered at once."},
       fmt::format("SELECT i.id, i.msisdn AS \"from\", i.address AS \"to\", i.body, i.media,"
                   "       nullif(i.keyword, '') AS understood_as, nullif(i.reply, '') AS reply,"
                   "       c.slug AS campaign, i.message_id AS message, r.decision AS reviewed_as,"
                   "       i.provider_sid AS provider_id, {} AS received_at"
                   "  FROM inbound i LEFT JOIN campaign c ON c.tenant_id = $1 AND c.id = i.campaign_id"
                   "  LEFT JOIN opt_out_review r ON r.tenant_id = $1 AND r.inbound_id = i.id"
                   " WHERE i.tenant_id = $1 AND i.msisdn = $2 ORDER BY i.id",
                   utc("i.received_at"))},
      {{"clicks", "Clicks", "Short links of these messages that were opened, and by what kind of program."},
       fmt::format("SELECT k.message_id AS message, l.target_url AS url, k.class, k.user_agent,"
                   "       {} AS clicked_at"
                   "  FROM click k JOIN link l ON l.tenant_id = $1 AND l.id = k.link_id"
                   " WHERE k.tenant_id = $1 AND k.message_id = ANY($4::bigint[]) AND k.message_id > 0"
                   " ORDER BY k.id",
                   utc("k.clicked_at"))},
      {{"imports", "Imports", "Files that named the person: what they changed, and rows that were refused."},
       fmt::format(
           "SELECT i.id, i.source AS file, h.before, NULL::text[] AS refused_row, NULL AS refused_for,"
           "       {0} AS started_at FROM import_change h"
           "  JOIN import i ON i.tenant_id = $1 AND i.id = h.import_id"
           " WHERE h.tenant_id = $1 AND h.contact_id = $3::bigint"
           " UNION ALL SELECT i.id, i.source, NULL, NULL, NULL, {0} FROM contact c"
           "  JOIN import i ON i.tenant_id = $1 AND i.id = c.import_id"
           " WHERE c.tenant_id = $1 AND c.msisdn = $2"
           " UNION ALL SELECT i.id, i.source, NULL, r.fields, r.reason, {0} FROM import_reject r"
           "  JOIN import i ON i.tenant_id = $1 AND i.id = r.import_id"
           " WHERE r.tenant_id = $1 AND EXISTS (SELECT FROM unnest(r.fields) AS f(cell)"
           "       WHERE is_number_in_cell(cell, $2))"
           " ORDER BY 1",
           utc("i.started_at"))},
      {{"told_to_others", "Told to others",
        "Systems that the sender has connected, and what they were told about the person."},
       fmt::format("SELECT w.slug AS system, audit_url(regexp_replace(w.url, '[?#].*$', '')) AS url, d.type, "
                   "d.data, d.state,"
                   "       {} AS created_at"
                   "  FROM webhook_delivery d JOIN webhook w ON w.tenant_id = $1 AND w.id = d.webhook_id"
                   " WHERE d.tenant_id = $1 AND d.order_key = $2 ORDER BY d.id",
                   utc("d.created_at"))},
      {{"changes", "Changes by hand", "When somebody here changed or looked up what is kept of the person."},
       fmt::format(
           "SELECT e.action, e.via, {} AS at FROM audit_event e"
           " WHERE e.tenant_id = $1 AND (has_number(concat(e.object_name, ' ', e.before, ' ', e.after), $2)"
           "          OR (e.action LIKE 'contact.%' AND e.object_id = $3::bigint::text))"
           " ORDER BY e.id",
           utc("e.at"))},
  };
  return all;
}

Json read_rows(Tx& tx, const Part& part, const std::vector<Param>& params) {
  auto rows = Json::array();
  // What a statement does not name has no type.
  static constexpr const char* typed =
      "WITH typed AS (SELECT $1::bigint, $2::text, $3::bigint, $4::bigint[])";
  for (const auto& row :
       exec_with(tx, fmt::format("{} SELECT row_to_json(r) FROM ({}) r", typed, part.rows), params))
    rows.push_back(Json::parse(row[0].c_str()));
  if (part.form == Part::Form::many) return rows;
  return rows.empty() ? Json() : rows.front();
}

Json segments_of(Tx& tx, const Tenant& tenant, const std::string& msisdn, Timestamp at) {
  auto held = Json::array();
  for (const auto& segment : list_segments(tx, tenant.id)) {
    std::vector<Param> params{to_param(tenant.id)};
    try {
      const auto rule =
          compile_rule(tx, tenant.id, parse_rule(segment.rule), {at, tenant.timezone}, params, segment.slug);
      params.push_back(msisdn);
      if (!exec_with(tx,
                     fmt::format("SELECT FROM contact c{} WHERE c.tenant_id = $1 AND c.msisdn = ${} AND {}",
                                 rule.joins, params.size(), rule.where),
                     params)
               .empty())
        held.push_back({{"segment", segment.slug}, {"rule", segment.rule}});
    } catch (const RuleError& error) {
      // Of a list, say, that is gone: whom it would hold is not known.
      held.push_back({{"segment", segment.slug}, {"rule", segment.rule}, {"unreadable", error.what()}});
    }
  }
  return held;
}

}  // namespace

std::span<const PersonPart> person_parts() {
  static const std::vector<PersonPart> all{parts().begin(), parts().end()};
  return all;
}

Json collect_person(Tx& tx, const Tenant& tenant, const std::string& msisdn, Timestamp at) {
  const auto contact =
      exec(tx, "SELECT id FROM contact WHERE tenant_id = $1 AND msisdn = $2", tenant.id, msisdn);
  const auto id = contact.empty() ? std::nullopt : std::optional{contact.front()[0].as<ContactId>()};
  std::vector<std::int64_t> messages;
  Json person{{"schema", person_schema},
              {"phone", msisdn},
              {"tenant", {{"slug", tenant.slug}, {"name", tenant.name}}},
              {"at", format_rfc3339(at)}};
  bool holds = false;
  for (const auto& part : parts()) {
    if (part.key == segments_key) {
      person[std::string{part.key}] = id ? segments_of(tx, tenant, msisdn, at) : Json::array();
      continue;
    }
    auto rows =
        read_rows(tx, part, {to_param(tenant.id), to_param(msisdn), to_param(id), to_param(messages)});
    if (part.key == messages_key)
      for (const auto& row : rows) messages.push_back(row["id"].get<std::int64_t>());
    holds = holds || !rows.empty();
    person[std::string{part.key}] = std::move(rows);
  }
  if (!holds)
    throw Error(Errc::not_found, "nothing is held about {}", msisdn)
        .with_hint("\"smscrm contact list --search\" finds by a part of name or number");
  return person;
}

void record_person_export(Tx& tx, TenantId tenant, const std::string& msisdn, Timestamp at) {
  exec(tx, "INSERT INTO export (tenant_id, kind, what, began_at) VALUES ($1, 'person', $2, $3)", tenant,
       dump(Json{{"phone", msisdn}}), at);
}

}  // namespace smscrm
