// Hits on short links, each as it was stored; those that were only counted (core/link/more_clicks.hpp) are
// not among them.
#include "core/export/table.hpp"

namespace smscrm {

ExportTable table_of_clicks(Tx& tx, const ExportRequest& request, Timestamp at) {
  const auto& filter = request.filter;
  const auto tenant = request.tenant.value().id;
  ExportTable table;
  auto& params = table.params;
  params = {to_param(tenant)};
  table.columns = {
      {"id", CellType::plain, "r.id"},
      {"clicked_at", CellType::time, "r.clicked_at"},
      {"class", CellType::plain, "r.class"},
      {"reason", CellType::word, "r.reason"},
      {"phone", CellType::plain, "r.msisdn"},
      {"contact", CellType::plain, "r.contact_id"},
      {"campaign", CellType::word,
       fmt::format("coalesce({} ->> r.link[3], '')", names_by_id(tx, request, Named::campaigns, params))},
      {"message", CellType::plain, "nullif(r.message_id, 0)"},
      {"link", CellType::plain, "r.link_id"},
      {"link_name", CellType::text, "r.link[1]"},
      {"target_url", CellType::text, "r.link[2]"},
      {"method", CellType::text, "r.method"},
      {"purpose", CellType::text, "r.purpose"},
      {"user_agent", CellType::text, "r.user_agent"},
  };
  table.rows =
      "SELECT k.id, k.clicked_at, k.class, k.reason, k.contact_id, k.message_id, k.link_id, k.method, "
      "k.purpose,"
      " k.user_agent,"
      " (SELECT m.msisdn FROM message m WHERE m.tenant_id = k.tenant_id AND m.id = k.message_id) AS msisdn,"
      " (SELECT ARRAY[l.name, l.target_url, l.campaign_id::text] FROM link l"
      "   WHERE l.tenant_id = k.tenant_id AND l.id = k.link_id) AS link"
      " FROM click k WHERE k.tenant_id = $1";
  if (filter.campaign) {
    std::vector<std::int64_t> links;
    for (const auto& row : exec(tx, "SELECT id FROM link WHERE tenant_id = $1 AND campaign_id = $2", tenant,
                                filter.campaign->id))
      links.push_back(row["id"].as<std::int64_t>());
    table.rows += fmt::format(" AND k.link_id = ANY ({}::bigint[])", add_param(params, to_param(links)));
  }
  table.rows += within_time(filter, "k.clicked_at", params);
  table.rows += of_people(tx, request, at, "k.contact_id", "id", params);
  if (request.after) table.rows += " AND " + written_since(tx, *request.after, "k");
  table.rows += " ORDER BY k.id";
  return table;
}

}  // namespace smscrm
