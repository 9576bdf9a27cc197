#include "core/tenant/plan_version.hpp"

#include "core/base/zones.hpp"

namespace smscrm {

// xmin, the transaction that wrote a row's version, changes with every UPDATE, whoever forgets a timestamp.
// Of the lane, whose row changes with each renewal, it is the pause.
std::map<TenantId, std::string> read_plan_versions(Tx& tx, const std::vector<TenantId>& tenants) {
  std::map<TenantId, std::string> versions;
  const auto zones = " " + time_zone_stamp();
  for (const auto& row :
       exec(tx,
            "SELECT t.id, concat_ws(' ', t.xmin, coalesce(a.xmin::text, '-'), coalesce(l.paused_at::text, "
            "'-'), CASE WHEN t.law_hours <> 'off' THEN hours_version() END,"
            "  (SELECT string_agg(concat(s.id, ':', s.xmin), ' ' ORDER BY s.id) FROM sender s"
            "    WHERE s.tenant_id = t.id AND s.removed_at IS NULL))"
            "  FROM tenant t LEFT JOIN account a ON a.tenant_id = t.id LEFT JOIN lane l ON l.tenant_id = t.id"
            " WHERE t.id = ANY($1::bigint[])",
            tenants))
    versions.emplace(row[0].as<TenantId>(), row[1].as<std::string>() + zones);
  return versions;
}

}  // namespace smscrm
