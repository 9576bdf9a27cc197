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

void recall_put_off(Tx& tx, TenantId tenant, Timestamp at) {
  exec(tx,
       "UPDATE work_due d SET due_at = $2 FROM campaign c, message m"
       " WHERE d.tenant_id = $1 AND d.task = 'send' AND d.due_at > $2"
       "   AND c.tenant_id = $1 AND c.id = d.campaign_id AND c.kind = 'marketing'"
       "   AND m.tenant_id = $1 AND m.id = d.message_id AND m.retries = 0",
       tenant, at);
}

}  // namespace smscrm
