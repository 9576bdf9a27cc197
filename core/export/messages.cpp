// Messages, with what became of them: as core/sending/sending_json.hpp has them.
#include "core/export/table.hpp"

namespace smscrm {

ExportTable table_of_messages(Tx& tx, const ExportRequest& request, Timestamp at) {
  const auto& filter = request.filter;
  ExportTable table;
  auto& params = table.params;
  params = {to_param(request.tenant.value().id)};
  table.columns = {
      {"id", CellType::plain, "r.id"},
      {"kind", CellType::plain, "r.kind"},
      {"campaign", CellType::word, "r.campaign"},
      {"contact", CellType::plain, "r.contact_id"},
      {"phone", CellType::plain, "r.msisdn"},
      {"sender", CellType::text, "r.sender"},
      {"status", CellType::plain, "r.status"},
      {"skip_reason", CellType::word, "r.skip_reason"},
      {"parts", CellType::plain, "r.parts"},
      {"attempt", CellType::plain, "r.attempt"},
      {"provider_sid", CellType::text, "r.provider_sid"},
      {"cost", CellType::plain, "trim_scale(r.price)", ExportColumn::In::csv},
      {"currency", CellType::word, "r.currency", ExportColumn::In::csv},
      {"cost", CellType::json,
       "json_build_object('amount', coalesce(trim_scale(r.price)::text, ''), 'currency', r.currency)",
       ExportColumn::In::json},
      {"error_code", CellType::plain, "r.error_code"},
      {"error", CellType::text, "r.error"},
      {"body", CellType::text, "r.body"},
      {"created_at", CellType::time, "r.created_at"},
      {"claimed_at", CellType::time, "r.claimed_at"},
      {"status_at", CellType::time, "r.status_at"},
  };
  table.rows = fmt::format(
      "SELECT m.id, m.kind, coalesce({} ->> m.campaign_id::text, '') AS campaign, m.contact_id, m.msisdn,"
      " coalesce({} ->> m.sender_id::text, '') AS sender, m.status, m.skip_reason, m.parts, m.attempt,"
      " m.provider_sid, m.price, m.currency, m.error_code, m.error, m.body, m.created_at, m.claimed_at,"
      " m.status_at FROM message m WHERE m.tenant_id = $1",
      names_by_id(tx, request, Named::campaigns, params), names_by_id(tx, request, Named::senders, params));
  if (filter.campaign)
    table.rows += fmt::format(" AND m.campaign_id = {} AND m.id BETWEEN {} AND {}",
                              add_param(params, to_param(filter.campaign->id)),
                              add_param(params, to_param(filter.campaign->first_message)),
                              add_param(params, to_param(filter.campaign->last_message)));
  if (!filter.statuses.empty()) {
    std::vector<std::string> words;
    for (const auto status : filter.statuses) words.emplace_back(to_string(status));
    table.rows +=
        fmt::format(" AND m.status = ANY ({}::message_status[])", add_param(params, to_param(words)));
  }
  table.rows += within_time(filter, "m.status_at", params);
  table.rows += of_people(tx, request, at, "m.contact_id", "id", params);
  if (request.after) table.rows += " AND " + written_since(tx, *request.after, "m");
  table.rows += " ORDER BY m.id";
  return table;
}

}  // namespace smscrm
