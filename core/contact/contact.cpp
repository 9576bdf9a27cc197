#include "core/contact/contact.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/text.hpp"
#include "core/phone/country.hpp"
#include "core/phone/place.hpp"
#include "core/tenant/claims_lock.hpp"

namespace smscrm {
namespace {

constexpr const char* columns =
    "c.id, c.msisdn, c.first_name, c.last_name, c.email, c.timezone, c.country, c.region, c.external_id,"
    " c.attributes,"
    " to_json(c.tags) AS tags, c.created_at, c.updated_at";

// Of a contact c: $2 tag, $3 list, $4 search, $5 the search's digits; empty ones do not restrict.
constexpr const char* filter_condition =
    " ($2 = '' OR c.id IN (SELECT tagged_contacts($1, $2)))"
    " AND ($3::bigint IS NULL OR EXISTS (SELECT FROM list_member m WHERE m.tenant_id = $1"
    "                                       AND m.list_id = $3 AND m.contact_id = c.id))"
    " AND ($4 = '' OR strpos(lower(concat_ws(' ', c.first_name, c.last_name, c.email, c.external_id)),"
    "                        lower($4)) > 0"
    "      OR ($5 <> '' AND strpos(c.msisdn, $5) > 0))";

ContactCondition condition_of(const ContactFilter& filter, std::vector<Param>& params) {
  return filter.condition ? filter.condition(params) : ContactCondition{"", "true"};
}

// A search that looks like (part of) a number finds it however it is written.
std::string digits_of(std::string_view search) {
  std::string digits;
  for (const char c : search) {
    if (c >= '0' && c <= '9')
      digits += c;
    else if (std::string_view{"+-.() "}.find(c) == std::string_view::npos)
      return {};
  }
  return digits;
}

Contact read(const Row& row) {
  Contact contact;
  contact.id = row["id"].as<ContactId>();
  contact.msisdn = row["msisdn"].as<std::string>();
  contact.first_name = row["first_name"].as<std::string>();
  contact.last_name = row["last_name"].as<std::string>();
  contact.email = row["email"].as<std::string>();
  contact.timezone = row["timezone"].as<std::string>();
  contact.country = row["country"].as<std::string>();
  contact.region = row["region"].as<std::string>();
  contact.external_id = row["external_id"].as<std::string>();
  const auto attributes = nlohmann::json::parse(row["attributes"].c_str());
  for (const auto& [name, value] : attributes.items())
    contact.attributes[name] = value.is_string() ? value.get<std::string>() : value.dump();
  contact.tags = nlohmann::json::parse(row["tags"].c_str()).get<std::vector<std::string>>();
  contact.created_at = row["created_at"].as<Timestamp>();
  contact.updated_at = row["updated_at"].as<Timestamp>();
  return contact;
}

void check_text(std::string_view text, std::string_view noun) {
  if (!is_valid_utf8(text)) throw Error(Errc::invalid, "the {} is not UTF-8", noun);
  if (text.find('\0') != std::string_view::npos) throw Error(Errc::invalid, "the {} holds a NUL byte", noun);
}

void check_fields(const ContactChange& change) {
  check_text(change.first_name.value_or(""), "first name");
  check_text(change.last_name.value_or(""), "last name");
  check_text(change.email.value_or(""), "email address");
  check_text(change.external_id.value_or(""), "external id");
  if (change.email && !change.email->empty() && !is_email(*change.email))
    throw Error(Errc::invalid, "\"{}\" is not an email address", *change.email);
  if (change.timezone && !change.timezone->empty()) check_timezone(*change.timezone);
  if (change.country && !change.country->empty()) check_country(*change.country);
  for (const auto& [name, value] : change.attributes) {
    if (name.empty()) throw Error(Errc::invalid, "an attribute needs a name");
    check_text(name, "name of an attribute");
    check_text(value, "attribute " + name);
  }
}

void check_fields(const NewContact& contact) {
  ContactChange all;
  all.first_name = contact.first_name;
  all.last_name = contact.last_name;
  all.email = contact.email;
  all.timezone = contact.timezone;
  all.country = contact.country;
  all.external_id = contact.external_id;
  all.attributes = contact.attributes;
  check_fields(all);
}

std::optional<std::string> read_region(const std::optional<std::string>& typed) {
  return typed && !typed->empty() ? parse_region(*typed) : typed;
}

// Names are in lower case, as templates and rules ask for them.
std::string to_text(const std::map<std::string, std::string>& attributes) {
  auto json = nlohmann::json::object();
  for (const auto& [name, value] : attributes) json[to_lower(name)] = value;
  return json.dump();
}

std::vector<std::string> in_lower_case(std::vector<std::string> names) {
  for (auto& name : names) name = to_lower(name);
  return names;
}

[[noreturn]] void throw_unknown(const std::string& msisdn) {
  throw Error(Errc::not_found, "there is no contact {}", msisdn)
      .with_hint(fmt::format("add it with \"smscrm contact add {}\"", msisdn));
}

}  // namespace

bool is_email(std::string_view text) {
  const auto at = text.find('@');
  return at != 0 && at != std::string_view::npos && at + 1 != text.size() &&
         text.find_first_of(" \t\r\n") == std::string_view::npos;
}

std::optional<std::string> normalize_tag(std::string_view tag) {
  auto text = to_lower(trim(tag));
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (text.empty() || text.size() > 64 || text.find_first_of(",;|") != std::string::npos ||
      std::ranges::any_of(text, is_control) || !is_valid_utf8(text))
    return std::nullopt;
  return text;
}

std::vector<std::string> normalize_tags(const std::vector<std::string>& tags) {
  std::vector<std::string> normal;
  for (const auto& tag : tags) {
    auto text = normalize_tag(tag);
    if (!text)
      throw Error(Errc::invalid, "\"{}\" is not a tag; write 1 to 64 characters without , ; and |", tag);
    normal.push_back(std::move(*text));
  }
  std::sort(normal.begin(), normal.end());
  normal.erase(std::unique(normal.begin(), normal.end()), normal.end());
  return normal;
}

Contact add_contact(Tx& tx, TenantId tenant, const NewContact& contact) {
  check_fields(contact);
  const auto rows =
      exec(tx,
           fmt::format("INSERT INTO contact AS c (tenant_id, msisdn, first_name, last_name, email, timezone,"
                       " country, external_id, attributes, tags, region)"
                       " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
                       " ON CONFLICT (tenant_id, msisdn) DO NOTHING RETURNING {}",
                       columns),
           tenant, contact.msisdn, contact.first_name, contact.last_name, contact.email, contact.timezone,
           contact.country, contact.external_id, to_text(contact.attributes), normalize_tags(contact.tags),
           read_region(contact.region));
  if (rows.empty())
    throw Error(Errc::conflict, "there is a contact {} already", contact.msisdn)
        .with_hint(fmt::format("change it with \"smscrm contact update {}\"", contact.msisdn));
  return read(rows.front());
}

void record_consent_of_added(Tx& tx, TenantId tenant, const std::string& msisdn, const std::string& source,
                             Timestamp at) {
  const auto status = get_consent_status(tx, tenant, msisdn);
  if (status.state == ConsentState::opted_out || !status.opted_out_of.empty())
    throw Error(Errc::refused, "{} {}", msisdn, explain(status))
        .with_hint(
            "add it without a consent; whoever has agreed since is opted in by \"smscrm consent opt-in\"");
  record_consent(tx, tenant,
                 {{.msisdn = msisdn,
                   .action = ConsentAction::opt_in,
                   .method = ConsentMethod::operator_,
                   .source = source,
                   .occurred_at = at}});
}

std::optional<Contact> find_contact(Tx& tx, TenantId tenant, const std::string& msisdn) {
  const auto rows =
      exec(tx, fmt::format("SELECT {} FROM contact c WHERE c.tenant_id = $1 AND c.msisdn = $2", columns),
           tenant, msisdn);
  if (rows.empty()) return std::nullopt;
  return read(rows.front());
}

std::string get_contact_number(Tx& tx, TenantId tenant, ContactId id) {
  const auto rows = exec(tx, "SELECT msisdn FROM contact WHERE tenant_id = $1 AND id = $2", tenant, id);
  if (rows.empty()) throw Error(Errc::not_found, "there is no contact {}", id.value);
  return rows.front()[0].as<std::string>();
}

Contact update_contact(Tx& tx, TenantId tenant, const std::string& msisdn, const ContactChange& change,
                       Timestamp at) {
  check_fields(change);
  const auto rows =
      exec(tx,
           fmt::format("UPDATE contact c SET first_name = coalesce($3, c.first_name),"
                       " last_name = coalesce($4, c.last_name), email = coalesce($5, c.email),"
                       " timezone = coalesce($6, c.timezone), country = coalesce($7, c.country),"
                       " external_id = coalesce($8, c.external_id), region = coalesce($12, c.region),"
                       " attributes = (c.attributes || $9::jsonb) - $10::text[], updated_at = $11"
                       " WHERE c.tenant_id = $1 AND c.msisdn = $2 RETURNING {}",
                       columns),
           tenant, msisdn, change.first_name, change.last_name, change.email, change.timezone, change.country,
           change.external_id, to_text(change.attributes), in_lower_case(change.forget_attributes), at,
           read_region(change.region));
  if (rows.empty()) throw_unknown(msisdn);
  if (change.timezone || change.region) recall_held(tx, tenant, {"quiet_hours", "unknown_zone"}, at, msisdn);
  return read(rows.front());
}

void delete_contact(Tx& tx, TenantId tenant, const std::string& msisdn) {
  lock_claims_exclusive(tx, tenant);
  const auto gone = exec(tx, "DELETE FROM contact WHERE tenant_id = $1 AND msisdn = $2", tenant, msisdn);
  if (gone.affected_rows() == 0) throw_unknown(msisdn);
}

ContactView get_contact_view(Tx& tx, TenantId tenant, const std::string& msisdn) {
  const auto rows = exec(
      tx,
      fmt::format("SELECT {}, l.lists, m.messages, m.recent, i.received_at AS inbound_at,"
                  " coalesce(i.body, '') AS inbound_body"
                  "  FROM contact c"
                  "  CROSS JOIN LATERAL (SELECT coalesce(json_agg(li.slug ORDER BY li.slug), '[]') AS lists"
                  "                        FROM list_member lm JOIN list li ON li.tenant_id = lm.tenant_id"
                  "                                                       AND li.id = lm.list_id"
                  "                       WHERE lm.tenant_id = c.tenant_id AND lm.contact_id = c.id) l"
                  "  CROSS JOIN LATERAL (SELECT count(*) AS messages, count(*) FILTER"
                  "                             (WHERE created_at > now() - interval '30 days') AS recent"
                  "                        FROM message"
                  "                       WHERE tenant_id = c.tenant_id AND contact_id = c.id) m"
                  "  LEFT JOIN LATERAL (SELECT received_at, body FROM inbound"
                  "                      WHERE tenant_id = c.tenant_id AND msisdn = c.msisdn"
                  "                      ORDER BY id DESC LIMIT 1) i ON true"
                  " WHERE c.tenant_id = $1 AND c.msisdn = $2",
                  columns),
      tenant, msisdn);
  if (rows.empty()) throw_unknown(msisdn);
  const auto row = rows.front();
  ContactView view;
  view.contact = read(row);
  view.lists = nlohmann::json::parse(row["lists"].c_str()).get<std::vector<std::string>>();
  view.consent = get_consent_status(tx, tenant, msisdn);
  view.messages = row["messages"].as<std::int64_t>();
  view.recent_messages = row["recent"].as<std::int64_t>();
  view.last_inbound_at = as_optional<Timestamp>(row["inbound_at"]);
  view.last_inbound = row["inbound_body"].as<std::string>();
  return view;
}

Listing<Contact> list_contacts(TenantId tenant, const ContactFilter& filter, ContactId after) {
  std::vector<Param> params{to_param(tenant),         filter.tag,     to_param(filter.list), filter.search,
                            digits_of(filter.search), to_param(after)};
  const auto more = condition_of(filter, params);
  return {fmt::format("SELECT {} FROM contact c{} WHERE c.tenant_id = $1 AND c.id > $6 AND {} AND {}",
                      columns, more.joins, filter_condition, more.where),
          "c.id", std::move(params), read};
}

Tagged tag_contacts(Tx& tx, TenantId tenant, const ContactSelection& selection,
                    const std::vector<std::string>& add, const std::vector<std::string>& remove,
                    Timestamp at) {
  // The new tags are computed from the row as it is when it is locked, not from the snapshot of `wanted`.
  constexpr const char* new_tags =
      "ARRAY(SELECT DISTINCT u.tag COLLATE \"C\" FROM unnest(c.tags || $7::text[]) AS u(tag)"
      "       WHERE u.tag <> ALL ($8::text[]) OR u.tag = ANY ($7::text[]) ORDER BY 1)";
  std::vector<Param> params{to_param(tenant),
                            selection.filter.tag,
                            to_param(selection.filter.list),
                            selection.filter.search,
                            digits_of(selection.filter.search),
                            to_param(selection.msisdns),
                            to_param(normalize_tags(add)),
                            to_param(normalize_tags(remove)),
                            to_param(at)};
  const auto more = condition_of(selection.filter, params);
  const auto row =
      exec_with(
          tx,
          fmt::format(
              "WITH wanted AS MATERIALIZED (SELECT c.id, c.msisdn FROM contact c{2}"
              "                              WHERE c.tenant_id = $1"
              "                                AND ($6::text[] IS NULL OR c.msisdn = ANY ($6)) AND {0}"
              "                                AND {3}),"
              " changed AS (UPDATE contact c SET tags = {1}, updated_at = $9 FROM wanted w"
              "              WHERE c.tenant_id = $1 AND c.id = w.id AND c.tags <> {1} RETURNING 1)"
              " SELECT (SELECT count(*) FROM wanted) AS matched, (SELECT count(*) FROM changed) AS changed,"
              "        (SELECT coalesce(json_agg(u.msisdn ORDER BY u.n), '[]')"
              "           FROM unnest($6::text[]) WITH ORDINALITY AS u(msisdn, n)"
              "          WHERE u.msisdn NOT IN (SELECT w.msisdn FROM wanted w)) AS unknown",
              filter_condition, new_tags, more.joins, more.where),
          params)
          .front();
  return {.matched = row["matched"].as<std::int64_t>(),
          .changed = row["changed"].as<std::int64_t>(),
          .unknown = nlohmann::json::parse(row["unknown"].c_str()).get<std::vector<std::string>>()};
}

}  // namespace smscrm
