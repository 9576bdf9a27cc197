// Taking back what an import said in people's names.
#pragma once

#include <cstdint>

#include "core/consent/consent.hpp"

namespace smscrm {

struct ConsentWithdrawal {
  std::int64_t withdrawn = 0;  // numbers that may no longer be texted for what the import said
  std::int64_t kept = 0;       // numbers that stay opted in, by another import, a keyword or an operator
  std::int64_t opt_outs = 0;   // numbers that it opted out, and that stay so
};

// Appends a withdrawal for every number that the import opted in, and sets their states to what the rest of
// the ledger says of them. What people said themselves stays, before or after, and so does every opt-out.
// `source`: the reason in words. Once for an import, after its end.
ConsentWithdrawal withdraw_import_consent(Tx& tx, TenantId tenant, ImportId import,
                                          const std::string& source);

}  // namespace smscrm
