// What a change of consent, hours, account or senders has to do about claims (core/sending/claim.hpp) that
// look at it: wait for those that are open, and have what they put off looked at again.
#pragma once

#include <string>
#include <vector>

#include "core/base/time.hpp"
#include "core/db/db.hpp"

namespace smscrm {

// Claims of a tenant hold the lock together until they commit; whoever changes what claims look at, and must
// not have missed one, takes it alone. Once lock_claims_exclusive returns, no claim that saw the old consent
// is still open, and later ones see what this transaction commits. Both end with the transaction.
void lock_claims_shared(Tx& tx, TenantId tenant);
void lock_claims_exclusive(Tx& tx, TenantId tenant);
// The same without waiting: false when a claim is open.
bool try_lock_claims_exclusive(Tx& tx, TenantId tenant);

// Has what the gate held for one of these reasons (core/gate) looked at again: for whoever changes what it
// was held for. `msisdn` empty: to whomever. What is to be tried again after a receipt keeps its time.
void recall_held(Tx& tx, TenantId tenant, const std::vector<std::string>& reasons, Timestamp at,
                 const std::string& msisdn = {});

}  // namespace smscrm
