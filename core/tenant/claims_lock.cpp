#include "core/tenant/claims_lock.hpp"

namespace smscrm {
namespace {

// Advisory locks are numbers that all users of a database share; the high half says that this one is ours.
constexpr std::int64_t claim_locks = std::int64_t{0x534d53} << 40;

}  // namespace

void lock_claims_shared(Tx& tx, TenantId tenant) {
  exec(tx, "SELECT pg_advisory_xact_lock_shared($1)", claim_locks + tenant.value);
}

void lock_claims_exclusive(Tx& tx, TenantId tenant) {
  exec(tx, "SELECT pg_advisory_xact_lock($1)", claim_locks + tenant.value);
}

bool try_lock_claims_exclusive(Tx& tx, TenantId tenant) {
  return exec(tx, "SELECT pg_try_advisory_xact_lock($1)", claim_locks + tenant.value).front()[0].as<bool>();
}

void recall_held(Tx& tx, TenantId tenant, const std::vector<std::string>& reasons, Timestamp at,
                 const std::string& msisdn) {
  exec(tx,
       "UPDATE work_due d SET due_at = $2"
       " WHERE d.tenant_id = $1 AND d.task = 'send' AND d.due_at > $2 AND d.hold = ANY ($3::text[])"
       "   AND ($4 = '' OR (SELECT msisdn FROM message m WHERE m.tenant_id = $1 AND m.id = d.message_id) = "
       "$4)",
       tenant, at, reasons, msisdn);
}

}  // namespace smscrm
