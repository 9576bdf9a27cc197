// The sealed audit, in the order of its chain: as core/access/access_json.hpp has it.
#include "core/export/table.hpp"

namespace smscrm {

ExportTable table_of_audit(const ExportRequest& request) {
  ExportTable table;
  auto& params = table.params;
  params = {to_param(request.tenant ? request.tenant->id.value : 0)};
  table.columns = {
      {"entry", CellType::plain, "r.id"},
      {"at", CellType::time, "r.at"},
      {"doer", CellType::text, "r.doer"},
      {"login", CellType::text, "r.login"},
      {"via", CellType::plain, "r.via"},
      {"request", CellType::text, "r.request"},
      {"action", CellType::plain, "r.action"},
      {"object", CellType::text, "r.object_id"},
      {"name", CellType::text, "coalesce(r.object_name, '')"},
      {"rows", CellType::plain, "r.rows"},
      {"before", CellType::json, "r.before::json"},
      {"after", CellType::json, "r.after::json"},
      {"position", CellType::plain, "r.position"},
      {"hash", CellType::plain, "encode(r.hash, 'hex')"},
  };
  table.rows =
      "SELECT a.id, a.at, a.doer, a.login, a.via, a.request, a.action, a.object_id, a.object_name, a.rows,"
      " a.before, a.after, a.position, a.hash"
      " FROM audit_event a WHERE a.tenant_id = $1 AND a.position IS NOT NULL";
  if (request.after)
    table.rows += fmt::format(" AND a.position > {}", add_param(params, to_param(request.after->place)));
  table.rows += within_time(request.filter, "a.at", params);
  table.rows += " ORDER BY a.position";
  return table;
}

}  // namespace smscrm
