// Tells whether what a sender knows of a tenant is out of date, at the price of one small statement a claim.
#pragma once

#include <string>

#include "core/db/db.hpp"

namespace smscrm {

// Stands for the settings of the tenant, its account and its senders, as they are committed: another one when
// any of them was changed. Read it before what it stands for, so that a change between the two is seen later.
std::string read_plan_version(Tx& tx, TenantId tenant);

}  // namespace smscrm
