// The proof of the reports: rows counted again, beside what was counted as they changed.
#pragma once

#include "core/report/report.hpp"

namespace smscrm {

// One check for each kind of figure, and one more for each of the first hundred that differ. All of the
// tenant, in a transaction that began with use_one_snapshot; a minute for ten million messages.
std::vector<VerifyCheck> verify_rollup(Tx& tx, TenantId tenant);

}  // namespace smscrm
