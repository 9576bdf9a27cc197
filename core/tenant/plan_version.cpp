#include "core/tenant/plan_version.hpp"

namespace smscrm {

// xmin, the transaction that wrote a row's version, changes with every UPDATE, whoever forgets a timestamp.
// Of the lane, whose row changes with each renewal, it is the pause.
std::map<TenantId, std::string> read_plan_versions(Tx& tx, const std::vector<TenantId>& tenants) {
  std::map<TenantId, std::string> versions;
  for (const auto& row :
       exec(tx,
            "SELECT t.id, concat_ws(' ', t.xmin, coalesce(a.xmin::text, '-'), coalesce(l.paused_at::text, "
            "'-'),"
            "  (SELECT string_agg(concat(s.id, ':', s.xmin), ' ' ORDER BY s.id) FROM sender s"
            "    WHERE s.tenant_id = t.id AND s.removed_at IS NULL))"
            "  FROM tenant t LEFT JOIN account a ON a.tenant_id = t.id LEFT JOIN lane l ON l.tenant_id = t.id"
            " WHERE t.id = ANY($1::bigint[])",
            tenants))
    versions.emplace(row[0].as<TenantId>(), row[1].as<std::string>());
  return versions;
}

}  // namespace smscrm
