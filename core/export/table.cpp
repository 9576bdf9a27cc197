#include "core/export/table.hpp"

#include "core/segment/compile.hpp"

namespace smscrm {

std::string add_param(std::vector<Param>& params, Param value) {
  params.push_back(std::move(value));
  return fmt::format("${}", params.size());
}

ContactCondition people_condition(Tx& tx, const ExportRequest& request, Timestamp at,
                                  std::vector<Param>& params) {
  const auto& filter = request.filter;
  ContactCondition condition{"", "true"};
  if (filter.rule) {
    const auto& tenant = request.tenant.value();
    const auto compiled =
        compile_rule(tx, tenant.id, filter.rule->rule, {at, tenant.timezone}, params, filter.rule->slug);
    condition = {compiled.joins, compiled.where};
  }
  if (filter.list)
    condition.where += fmt::format(
        " AND EXISTS (SELECT FROM list_member x WHERE x.tenant_id = $1 AND x.list_id = {}"
        "                AND x.contact_id = c.id)",
        add_param(params, to_param(filter.list->id)));
  if (!filter.tag.empty())
    condition.where +=
        fmt::format(" AND c.id IN (SELECT tagged_contacts($1, {}))", add_param(params, filter.tag));
  return condition;
}

std::string of_people(Tx& tx, const ExportRequest& request, Timestamp at, const std::string& column,
                      const std::string& key, std::vector<Param>& params) {
  if (!request.filter.is_of_people()) return "";
  const auto people = people_condition(tx, request, at, params);
  return fmt::format(" AND {} IN (SELECT c.{} FROM contact c{} WHERE c.tenant_id = $1 AND {})", column, key,
                     people.joins, people.where);
}

std::string within_time(const ExportFilter& filter, const std::string& column, std::vector<Param>& params) {
  std::string sql;
  if (filter.since) sql += fmt::format(" AND {} >= {}", column, add_param(params, to_param(*filter.since)));
  if (filter.until) sql += fmt::format(" AND {} < {}", column, add_param(params, to_param(*filter.until)));
  return sql;
}

std::string names_by_id(Tx& tx, const ExportRequest& request, Named what, std::vector<Param>& params) {
  const char* sql = nullptr;
  switch (what) {
    case Named::campaigns:
      sql = "SELECT coalesce(jsonb_object_agg(id, slug), '{}')::text FROM campaign WHERE tenant_id = $1";
      break;
    case Named::senders:
      sql = "SELECT coalesce(jsonb_object_agg(id, address), '{}')::text FROM sender WHERE tenant_id = $1";
      break;
    case Named::lists:
      sql = "SELECT coalesce(jsonb_object_agg(id, slug), '{}')::text FROM list WHERE tenant_id = $1";
      break;
  }
  const auto names = exec(tx, sql, request.tenant.value().id).front()[0].as<std::string>();
  return add_param(params, names) + "::jsonb";
}

}  // namespace smscrm
