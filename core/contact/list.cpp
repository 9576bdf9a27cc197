#include "core/contact/list.hpp"

#include <nlohmann/json.hpp>

#include "core/base/bounds.hpp"
#include "core/base/text.hpp"

namespace smscrm {
namespace {

List read(const Row& row) {
  return {.id = row["id"].as<ListId>(),
          .slug = row["slug"].as<std::string>(),
          .name = row["name"].as<std::string>(),
          .created_at = row["created_at"].as<Timestamp>()};
}

// `change` is a statement on the contacts in `given` that are not NULL in id; $1 tenant, $2 list, $3 numbers.
constexpr const char* with_given =
    "WITH given AS (SELECT u.msisdn, u.n, c.id FROM unnest($3::text[]) WITH ORDINALITY AS u(msisdn, n)"
    "                 LEFT JOIN contact c ON c.tenant_id = $1 AND c.msisdn = u.msisdn),"
    " changed AS (";
constexpr const char* then_count =
    " RETURNING 1) SELECT (SELECT count(*) FROM changed) AS changed,"
    " (SELECT coalesce(json_agg(msisdn ORDER BY n), '[]') FROM given WHERE id IS NULL) AS unknown";

ListChanged read_changed(const Result& rows) {
  const auto row = rows.front();
  return {.changed = row["changed"].as<std::int64_t>(),
          .unknown = nlohmann::json::parse(row["unknown"].c_str()).get<std::vector<std::string>>()};
}

}  // namespace

List add_list(Tx& tx, TenantId tenant, const std::string& slug, const std::string& name) {
  check_slug(slug, "list");
  check_length(name, longest_name, "a list's name");
  check_room(exec(tx, "SELECT count(*) FROM list WHERE tenant_id = $1", tenant).front()[0].as<std::int64_t>(),
             most_lists, "lists");
  const auto rows = exec(tx,
                         "INSERT INTO list (tenant_id, slug, name) VALUES ($1, $2, $3)"
                         " ON CONFLICT (tenant_id, slug) DO NOTHING RETURNING id, slug, name, created_at",
                         tenant, slug, name);
  if (rows.empty()) throw Error(Errc::conflict, "there is a list \"{}\" already", slug);
  return read(rows.front());
}

std::optional<List> find_list(Tx& tx, TenantId tenant, std::string_view name) {
  constexpr const char* select = "SELECT id, slug, name, created_at FROM list WHERE tenant_id = $1 AND ";
  const auto rows = looks_like_id(name) ? exec(tx, std::string{select} + "id = $2", tenant, name)
                                        : exec(tx, std::string{select} + "slug = $2", tenant, name);
  if (rows.empty()) return std::nullopt;
  return read(rows.front());
}

List get_list(Tx& tx, TenantId tenant, std::string_view name) {
  if (auto list = find_list(tx, tenant, name)) return *std::move(list);
  std::vector<std::string> slugs;
  for (const auto& row : exec(tx, "SELECT slug FROM list WHERE tenant_id = $1", tenant))
    slugs.push_back(row[0].as<std::string>());
  Error error(Errc::not_found, "there is no list \"{}\"", name);
  if (const auto near = nearest(name, slugs))
    throw std::move(error).with_hint(fmt::format("did you mean \"{}\"?", *near));
  throw std::move(error).with_hint("\"smscrm list list\" names them all");
}

std::vector<ListSize> list_lists(Tx& tx, TenantId tenant) {
  std::vector<ListSize> lists;
  for (const auto& row :
       exec(tx,
            "SELECT l.id, l.slug, l.name, l.created_at, coalesce(m.contacts, 0) AS contacts"
            "  FROM list l LEFT JOIN (SELECT list_id, count(*) AS contacts FROM list_member"
            "                          WHERE tenant_id = $1 GROUP BY list_id) m ON m.list_id = l.id"
            " WHERE l.tenant_id = $1 ORDER BY l.slug",
            tenant)) {
    ListSize list;
    static_cast<List&>(list) = read(row);
    list.contacts = row["contacts"].as<std::int64_t>();
    lists.push_back(std::move(list));
  }
  return lists;
}

std::int64_t count_list_members(Tx& tx, TenantId tenant, ListId list) {
  return exec(tx, "SELECT count(*) FROM list_member WHERE tenant_id = $1 AND list_id = $2", tenant, list)
      .front()[0]
      .as<std::int64_t>();
}

ListChanged add_list_members(Tx& tx, TenantId tenant, ListId list, const std::vector<std::string>& msisdns,
                             Timestamp at) {
  return read_changed(exec(tx,
                           std::string{with_given} +
                               "INSERT INTO list_member (tenant_id, list_id, contact_id, added_at)"
                               " SELECT DISTINCT $1::bigint, $2::bigint, id, $4::timestamptz"
                               "   FROM given WHERE id IS NOT NULL ORDER BY id ON CONFLICT DO NOTHING" +
                               then_count,
                           tenant, list, msisdns, at));
}

ListChanged remove_list_members(Tx& tx, TenantId tenant, ListId list,
                                const std::vector<std::string>& msisdns) {
  return read_changed(exec(tx,
                           std::string{with_given} +
                               "DELETE FROM list_member WHERE tenant_id = $1 AND list_id = $2"
                               " AND contact_id IN (SELECT id FROM given)" +
                               then_count,
                           tenant, list, msisdns));
}

void check_not_in_segments(Tx& tx, TenantId tenant, const std::string& slug) {
  const auto segments = exec(tx,
                             "SELECT s.slug FROM segment_reference r JOIN segment s ON s.tenant_id = $1"
                             "                                                     AND s.id = r.segment_id"
                             " WHERE r.tenant_id = $1 AND r.kind = 'list' AND r.slug = $2 ORDER BY 1 LIMIT 1",
                             tenant, slug);
  // Or a draft's own rule, in which it stands as a word.
  const auto drafts = exec(tx,
                           "SELECT slug FROM campaign WHERE tenant_id = $1 AND status = 'draft'"
                           "   AND starts_with(audience, 'where ')"
                           "   AND audience ~* ('(^|[^a-z0-9_-])' || $2::text || '([^a-z0-9_-]|$)')"
                           " ORDER BY slug LIMIT 1",
                           tenant, slug);
  if (!drafts.empty())
    throw Error(Errc::conflict, "the rule of campaign \"{}\" asks for list \"{}\"",
                drafts.front()[0].as<std::string>(), slug)
        .with_hint("launch or change it first");
  if (segments.empty()) return;
  const auto segment = segments.front()[0].as<std::string>();
  throw Error(Errc::conflict, "segment \"{}\" asks for list \"{}\"", segment, slug)
      .with_hint(fmt::format("change it first: smscrm segment update {}", segment));
}

void delete_list(Tx& tx, TenantId tenant, const List& list) {
  const auto drafts = exec(tx,
                           "SELECT slug FROM campaign WHERE tenant_id = $1 AND status = 'draft'"
                           "   AND audience IN ('list:' || $2, 'list:' || $3) ORDER BY slug LIMIT 1",
                           tenant, list.slug, list.id);
  if (!drafts.empty()) {
    const auto slug = drafts.front()[0].as<std::string>();
    throw Error(Errc::conflict, "campaign \"{}\" is meant for list \"{}\"", slug, list.slug)
        .with_hint(fmt::format("launch it first, or run \"smscrm campaign cancel {}\"", slug));
  }
  check_not_in_segments(tx, tenant, list.slug);
  exec(tx, "DELETE FROM list WHERE tenant_id = $1 AND id = $2", tenant, list.id);
}

}  // namespace smscrm
