#include "core/consent/dnc.hpp"

#include "core/base/bounds.hpp"

namespace smscrm {

std::int64_t add_dnc(Tx& tx, TenantId tenant, const std::vector<std::string>& msisdns,
                     const std::string& reason, Timestamp at) {
  check_length(reason, longest_reason, "the reason");
  return static_cast<std::int64_t>(
      exec(tx,
           "INSERT INTO dnc (tenant_id, msisdn, reason, added_at)"
           " SELECT $1, u.msisdn, $3, $4 FROM unnest($2::text[]) AS u(msisdn) ORDER BY u.msisdn"
           " ON CONFLICT DO NOTHING",
           tenant, msisdns, reason, at)
          .affected_rows());
}

std::int64_t remove_dnc(Tx& tx, TenantId tenant, const std::vector<std::string>& msisdns) {
  return static_cast<std::int64_t>(
      exec(tx, "DELETE FROM dnc WHERE tenant_id = $1 AND msisdn = ANY($2::text[])", tenant, msisdns)
          .affected_rows());
}

Listing<DncEntry> list_dnc(TenantId tenant, const std::string& after) {
  return {"SELECT msisdn, reason, added_at FROM dnc WHERE tenant_id = $1 AND msisdn > $2",
          "msisdn",
          {to_param(tenant), after},
          [](const Row& row) {
            return DncEntry{.msisdn = row["msisdn"].as<std::string>(),
                            .reason = row["reason"].as<std::string>(),
                            .added_at = row["added_at"].as<Timestamp>()};
          }};
}

}  // namespace smscrm
