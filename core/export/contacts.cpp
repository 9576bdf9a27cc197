// Contacts, as an import reads them.
#include "core/export/table.hpp"
#include "core/import/columns.hpp"

namespace smscrm {
namespace {

// PostgreSQL's select list has 1,664 places.
constexpr std::size_t most_attributes = 1'500;

// The state and the proof of it: the event of the ledger that decided, as {state, source, time}. By the
// index, the newest first. One whose time lay in the future decided at another.
const std::string consent_of_contact = [] {
  const auto proof = [](const char* condition) {
    return fmt::format(
        "(SELECT ARRAY[e.source, {}] FROM consent_event e"
        "  WHERE e.tenant_id = s.tenant_id AND e.msisdn = s.msisdn AND e.scope = ''"
        "    AND e.action = CASE s.state WHEN 'opted_in' THEN 'opt_in' ELSE 'opt_out' END{}"
        "  ORDER BY e.id DESC LIMIT 1)",
        time_text("e.occurred_at"), condition);
  };
  return fmt::format(
      "(SELECT array_prepend(s.state, coalesce({}, {}, ARRAY['', {}]))"
      "   FROM consent s WHERE s.tenant_id = c.tenant_id AND s.msisdn = c.msisdn)",
      proof(" AND e.occurred_at = s.changed_at"), proof(""), time_text("s.changed_at"));
}();

bool has_rows(Tx& tx, TenantId tenant, const char* table) {
  return exec(tx, fmt::format("SELECT EXISTS (SELECT FROM {} WHERE tenant_id = $1)", table), tenant)
      .front()[0]
      .as<bool>();
}

// Of all contacts, whomever the filter wants: the header is the same for each part of them.
std::vector<std::string> attribute_names(Tx& tx, TenantId tenant) {
  std::vector<std::string> names;
  for (const auto& row : exec(tx,
                              "SELECT DISTINCT k.name COLLATE \"C\" AS name FROM contact c,"
                              " LATERAL (SELECT jsonb_object_keys(c.attributes) AS name OFFSET 0) k"
                              " WHERE c.tenant_id = $1 AND c.attributes <> '{}' ORDER BY 1",
                              tenant))
    names.push_back(row["name"].as<std::string>());
  return names;
}

// Each attribute under its header, which may be another than its name.
std::string members_of(const std::vector<std::string>& names, std::vector<Param>& params) {
  std::vector<std::string> odd, headers;
  for (const auto& name : names)
    if (auto header = header_of_attribute(name); header != name) {
      odd.push_back(name);
      headers.push_back(std::move(header));
    }
  if (odd.empty()) return "r.attributes";
  return fmt::format(
      "(SELECT coalesce(jsonb_object_agg(coalesce(o.header, a.key), a.value), '{{}}')"
      "   FROM jsonb_each(r.attributes) a"
      "   LEFT JOIN unnest({}::text[], {}::text[]) o(name, header) ON o.name = a.key)",
      add_param(params, to_param(odd)), add_param(params, to_param(headers)));
}

// What changes of a person beside the contact itself, too.
std::string changed_since(Tx& tx, const ExportCursor& cursor) {
  const auto people = [&](const char* table, const char* key) {
    return fmt::format("c.{0} IN (SELECT x.{1} FROM {2} x WHERE x.tenant_id = $1 AND {3})",
                       std::string_view{key} == "contact_id" ? "id" : key, key, table,
                       written_since(tx, cursor, "x"));
  };
  // The ledger, for a consent that is taken back leaves no row of its state.
  return fmt::format(" AND ({} OR {} OR {} OR {} OR {} OR {})", written_since(tx, cursor, "c"),
                     people("consent", "msisdn"), people("consent_event", "msisdn"),
                     people("consent_scope", "msisdn"), people("dnc", "msisdn"),
                     people("list_member", "contact_id"));
}

}  // namespace

ExportTable table_of_contacts(Tx& tx, const ExportRequest& request, Timestamp at) {
  const auto tenant = request.tenant.value().id;
  const auto& filter = request.filter;
  ExportTable table;
  auto& params = table.params;
  params = {to_param(tenant)};
  const auto names = attribute_names(tx, tenant);
  if (names.size() > most_attributes)
    throw Error(Errc::refused, "the contacts have {} attributes, more than a file may have columns",
                names.size());

  // What has no rows is not looked up a million times.
  const std::string lists = has_rows(tx, tenant, "list_member")
                                ? fmt::format(
                                      "ARRAY(SELECT {} ->> x.list_id::text FROM list_member x"
                                      " WHERE x.tenant_id = c.tenant_id AND x.contact_id = c.id)",
                                      names_by_id(tx, request, Named::lists, params))
                                : "'{}'::text[]";
  const std::string scopes =
      has_rows(tx, tenant, "consent_scope")
          ? "(SELECT array_agg(x.scope ORDER BY x.scope) FROM consent_scope x"
            "  WHERE x.tenant_id = c.tenant_id AND x.msisdn = c.msisdn AND x.state = 'opted_out')"
          : "NULL::text[]";
  const std::string dnc = has_rows(tx, tenant, "dnc")
                              ? fmt::format(
                                    "(SELECT ARRAY[x.reason, {}] FROM dnc x"
                                    "  WHERE x.tenant_id = c.tenant_id AND x.msisdn = c.msisdn)",
                                    time_text("x.added_at"))
                              : "NULL::text[]";
  const auto people = people_condition(tx, request, at, params);
  table.rows = fmt::format(
      "SELECT c.id, c.msisdn, c.first_name, c.last_name, c.email, c.timezone, c.country, c.external_id,"
      " c.attributes, c.tags, c.created_at, c.updated_at, {} AS consent, {} AS lists, {} AS scopes, {} AS "
      "dnc",
      consent_of_contact, lists, scopes, dnc);

  // A no is whatever keeps all texts from the number. What keeps some senders' alone from it cannot be said
  // to an import: there is no yes either then.
  constexpr const char* says_yes = "r.consent[1] = 'opted_in' AND r.scopes IS NULL AND r.dnc IS NULL";
  const auto proof = [&](int place, const char* of_dnc) {
    return fmt::format(
        "CASE WHEN r.consent[1] = 'opted_out' OR ({}) THEN r.consent[{}] WHEN r.dnc IS NOT NULL THEN {} END",
        says_yes, place, of_dnc);
  };
  table.columns = {
      {"phone", CellType::plain, "r.msisdn"},
      {"first_name", CellType::text, "r.first_name"},
      {"last_name", CellType::text, "r.last_name"},
      {"email", CellType::text, "r.email"},
      {"timezone", CellType::word, "r.timezone"},
      {"country", CellType::word, "r.country"},
      {"external_id", CellType::text, "r.external_id"},
      {"tags", CellType::list, "r.tags"},
      {"consent", CellType::plain,
       fmt::format(
           "CASE WHEN r.consent[1] = 'opted_out' OR r.dnc IS NOT NULL THEN 'no' WHEN {} THEN 'yes' END",
           says_yes)},
      {"consent_source", CellType::text,
       proof(2, "'do not contact' || coalesce(': ' || nullif(r.dnc[1], ''), '')")},
      {"consent_at", CellType::plain, proof(3, "r.dnc[2]")},
  };
  if (request.form == ExportForm::csv || !request.columns.empty()) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      table.rows += fmt::format(", c.attributes ->> {} AS a{}", add_param(params, names[i]), i);
      table.columns.push_back({header_of_attribute(names[i]), CellType::text, fmt::format("r.a{}", i)});
    }
  } else {
    table.members = members_of(names, params);
  }
  for (auto& column : std::vector<ExportColumn>{
           {"smscrm_id", CellType::plain, "r.id"},
           {"smscrm_lists", CellType::list, "r.lists"},
           {"smscrm_opted_out_of", CellType::list, "coalesce(r.scopes, '{}')"},
           {"smscrm_do_not_contact", CellType::flag, "r.dnc IS NOT NULL"},
           {"smscrm_created_at", CellType::time, "r.created_at"},
           {"smscrm_updated_at", CellType::time, "r.updated_at"},
       })
    table.columns.push_back(std::move(column));

  table.rows += fmt::format(" FROM contact c{} WHERE c.tenant_id = $1 AND {}{}", people.joins, people.where,
                            within_time(filter, "c.updated_at", params));
  if (filter.campaign)
    table.rows += fmt::format(
        " AND c.id IN (SELECT m.contact_id FROM message m"
        "               WHERE m.tenant_id = $1 AND m.campaign_id = {} AND m.id BETWEEN {} AND {})",
        add_param(params, to_param(filter.campaign->id)),
        add_param(params, to_param(filter.campaign->first_message)),
        add_param(params, to_param(filter.campaign->last_message)));
  if (request.after) table.rows += changed_since(tx, *request.after);
  table.rows += " ORDER BY c.id";
  return table;
}

}  // namespace smscrm
