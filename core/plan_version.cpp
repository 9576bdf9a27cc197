#include "core/plan_version.hpp"

namespace smscrm {

// xmin, the transaction that wrote a row's version, changes with every UPDATE, whoever forgets a timestamp.
std::string read_plan_version(Tx& tx, TenantId tenant) {
  const auto rows = exec(tx,
                         "SELECT concat_ws(' ', t.xmin, coalesce(a.xmin::text, '-'),"
                         "  (SELECT string_agg(concat(s.id, ':', s.xmin), ' ' ORDER BY s.id) FROM sender s"
                         "    WHERE s.tenant_id = $1 AND s.removed_at IS NULL))"
                         "  FROM tenant t LEFT JOIN account a ON a.tenant_id = t.id WHERE t.id = $1",
                         tenant);
  return rows.empty() ? "" : rows.front()[0].as<std::string>();
}

}  // namespace smscrm
