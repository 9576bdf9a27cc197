#include "core/campaign/template.hpp"

#include "core/base/bounds.hpp"
#include "core/base/text.hpp"
#include "core/text/message_template.hpp"

namespace smscrm {
namespace {

constexpr const char* columns = "id, slug, body, created_at, updated_at";

StoredTemplate read(const Row& row) {
  StoredTemplate stored;
  stored.id = row["id"].as<TemplateId>();
  stored.slug = row["slug"].as<std::string>();
  stored.body = row["body"].as<std::string>();
  stored.created_at = row["created_at"].as<Timestamp>();
  stored.updated_at = row["updated_at"].as<Timestamp>();
  return stored;
}

void check(const NewTemplate& checked) {
  check_slug(checked.slug, "template");
  if (trim(checked.body).empty()) throw Error(Errc::invalid, "template \"{}\" has no body", checked.slug);
  check_length(checked.body, longest_body, "a template's body");
  parse_template(checked.body);
}

}  // namespace

StoredTemplate add_template(Tx& tx, TenantId tenant, const NewTemplate& added) {
  check(added);
  const auto rows = exec(tx,
                         fmt::format("INSERT INTO template (tenant_id, slug, body) VALUES ($1, $2, $3)"
                                     " ON CONFLICT (tenant_id, slug) DO NOTHING RETURNING {}",
                                     columns),
                         tenant, added.slug, added.body);
  if (rows.empty()) throw Error(Errc::conflict, "there is a template \"{}\" already", added.slug);
  return read(rows.front());
}

std::optional<StoredTemplate> find_template(Tx& tx, TenantId tenant, std::string_view name) {
  const auto rows = exec(tx,
                         fmt::format("SELECT {} FROM template WHERE tenant_id = $1 AND {} = $2", columns,
                                     looks_like_id(name) ? "id" : "slug"),
                         tenant, name);
  if (rows.empty()) return std::nullopt;
  return read(rows.front());
}

StoredTemplate get_template(Tx& tx, TenantId tenant, std::string_view name) {
  if (auto stored = find_template(tx, tenant, name)) return *std::move(stored);
  std::vector<std::string> slugs;
  for (const auto& row : exec(tx, "SELECT slug FROM template WHERE tenant_id = $1", tenant))
    slugs.push_back(row[0].as<std::string>());
  Error error(Errc::not_found, "there is no template \"{}\"", name);
  if (const auto near = nearest(name, slugs))
    throw std::move(error).with_hint(fmt::format("did you mean \"{}\"?", *near));
  throw std::move(error).with_hint("\"smscrm template list\" names them all");
}

std::vector<StoredTemplate> list_templates(Tx& tx, TenantId tenant) {
  std::vector<StoredTemplate> templates;
  for (const auto& row :
       exec(tx, fmt::format("SELECT {} FROM template WHERE tenant_id = $1 ORDER BY slug", columns), tenant))
    templates.push_back(read(row));
  return templates;
}

void update_template(Tx& tx, TenantId tenant, const StoredTemplate& changed, Timestamp at) {
  check(changed);
  if (const auto other = find_template(tx, tenant, changed.slug); other && other->id != changed.id)
    throw Error(Errc::conflict, "there is a template \"{}\" already", changed.slug);
  exec(tx, "UPDATE template SET slug = $3, body = $4, updated_at = $5 WHERE tenant_id = $1 AND id = $2",
       tenant, changed.id, changed.slug, changed.body, at);
}

void delete_template(Tx& tx, TenantId tenant, TemplateId id) {
  const auto users =
      exec(tx, "SELECT slug FROM campaign WHERE tenant_id = $1 AND template_id = $2 ORDER BY id LIMIT 1",
           tenant, id);
  if (!users.empty())
    throw Error(Errc::conflict, "campaign \"{}\" uses this template", users.front()[0].as<std::string>());
  exec(tx, "DELETE FROM template WHERE tenant_id = $1 AND id = $2", tenant, id);
}

}  // namespace smscrm
