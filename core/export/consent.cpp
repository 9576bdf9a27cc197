// The ledger of consent, the proofs in it: as core/consent/consent_json.hpp has them.
#include "core/export/table.hpp"

namespace smscrm {

ExportTable table_of_consent(Tx& tx, const ExportRequest& request, Timestamp at) {
  ExportTable table;
  auto& params = table.params;
  params = {to_param(request.tenant.value().id)};
  table.columns = {
      {"id", CellType::plain, "r.id"},
      {"recorded_at", CellType::time, "r.recorded_at"},
      {"occurred_at", CellType::time, "r.occurred_at"},
      {"phone", CellType::plain, "r.msisdn"},
      {"action", CellType::plain, "r.action"},
      {"method", CellType::plain, "r.method"},
      {"scope", CellType::text, "r.scope"},
      {"source", CellType::text, "r.source"},
      {"import", CellType::plain, "r.import_id"},
      {"inbound", CellType::plain, "r.inbound_id"},
      {"message", CellType::plain, "r.message_id"},
  };
  table.rows =
      "SELECT e.id, e.recorded_at, e.occurred_at, e.msisdn, e.action, e.method, e.scope, e.source, "
      "e.import_id,"
      " e.inbound_id, e.message_id FROM consent_event e WHERE e.tenant_id = $1";
  table.rows += within_time(request.filter, "e.recorded_at", params);
  table.rows += of_people(tx, request, at, "e.msisdn", "msisdn", params);
  if (request.after) table.rows += " AND " + written_since(tx, *request.after, "e");
  table.rows += " ORDER BY e.id";
  return table;
}

}  // namespace smscrm
