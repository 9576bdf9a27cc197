#include "core/consent/opt_out_many.hpp"

#include "core/db/joins.hpp"

namespace smscrm {
namespace {

std::vector<std::string> find_not_opted_out(Tx& tx, TenantId tenant, const std::vector<std::string>& msisdns,
                                            const std::string& scope) {
  set_joins(tx, Joins::by_lookup);
  std::vector<std::string> numbers;
  for (const auto& row :
       exec(tx,
            "SELECT u.msisdn"
            "  FROM (SELECT DISTINCT $1::bigint AS tenant_id, msisdn FROM unnest($2::text[]) AS n(msisdn)"
            "        OFFSET 0) u"
            " WHERE NOT CASE WHEN $3 = '' THEN EXISTS ("
            "         SELECT FROM consent c WHERE c.tenant_id = u.tenant_id AND c.msisdn = u.msisdn"
            "            AND c.state = 'opted_out')"
            "       ELSE EXISTS ("
            "         SELECT FROM consent_scope c WHERE c.tenant_id = u.tenant_id AND c.msisdn = u.msisdn"
            "            AND c.scope = $3 AND c.state = 'opted_out') END"
            " ORDER BY u.msisdn",
            tenant, msisdns, scope))
    numbers.push_back(row[0].as<std::string>());
  return numbers;
}

}  // namespace

std::int64_t opt_out_many(Tx& tx, TenantId tenant, const std::vector<std::string>& msisdns,
                          const std::string& source, Timestamp at, const std::string& scope) {
  std::vector<ConsentChange> changes;
  for (auto& msisdn : find_not_opted_out(tx, tenant, msisdns, scope))
    changes.push_back({.msisdn = std::move(msisdn),
                       .action = ConsentAction::opt_out,
                       .method = ConsentMethod::operator_,
                       .source = source,
                       .occurred_at = at,
                       .scope = scope});
  record_consent(tx, tenant, changes);
  return static_cast<std::int64_t>(changes.size());
}

std::int64_t count_not_opted_out(Tx& tx, TenantId tenant, const std::vector<std::string>& msisdns,
                                 const std::string& scope) {
  return static_cast<std::int64_t>(find_not_opted_out(tx, tenant, msisdns, scope).size());
}

}  // namespace smscrm
