// What people wrote: as core/inbox/inbox_json.hpp has it.
#include "core/export/table.hpp"

namespace smscrm {

ExportTable table_of_inbox(Tx& tx, const ExportRequest& request, Timestamp at) {
  const auto& filter = request.filter;
  ExportTable table;
  auto& params = table.params;
  params = {to_param(request.tenant.value().id)};
  table.columns = {
      {"id", CellType::plain, "r.id"},
      {"received_at", CellType::time, "r.received_at"},
      {"phone", CellType::plain, "r.msisdn"},
      {"name", CellType::text, "r.name"},
      {"to", CellType::text, "r.address"},
      {"body", CellType::text, "r.body"},
      {"keyword", CellType::text, "r.keyword"},
      {"rule", CellType::word, "r.rule"},
      {"not_own", CellType::text, "r.not_own"},
      {"campaign", CellType::word, "r.campaign"},
      {"message", CellType::plain, "r.message_id"},
      {"reply", CellType::text, "r.reply"},
      {"media", CellType::json, "r.media"},
      {"read_at", CellType::time, "r.read_at"},
      {"answered_at", CellType::time, "r.answered_at"},
      {"answer", CellType::plain, "r.answer_id"},
  };
  table.rows = fmt::format(
      "SELECT i.id, i.received_at, i.msisdn, i.address, i.body, i.keyword, i.rule, i.not_own, i.message_id,"
      " i.reply, i.media, i.read_at, i.answered_at, i.answer_id,"
      " coalesce({} ->> i.campaign_id::text, '') AS campaign,"
      " coalesce((SELECT btrim(c.first_name || ' ' || c.last_name) FROM contact c"
      "            WHERE c.tenant_id = i.tenant_id AND c.msisdn = i.msisdn), '') AS name"
      " FROM inbound i WHERE i.tenant_id = $1",
      names_by_id(tx, request, Named::campaigns, params));
  if (filter.campaign)
    table.rows += fmt::format(" AND i.campaign_id = {}", add_param(params, to_param(filter.campaign->id)));
  table.rows += within_time(filter, "i.received_at", params);
  table.rows += of_people(tx, request, at, "i.msisdn", "msisdn", params);
  if (request.after) table.rows += " AND " + written_since(tx, *request.after, "i");
  table.rows += " ORDER BY i.id";
  return table;
}

}  // namespace smscrm
