// Tells whether what a sender knows of a tenant is out of date, at the price of one small statement.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/db/db.hpp"

namespace smscrm {

// Each stands for the settings of a tenant, its account, its senders and a pause of its lane, as they are
// committed, for the hours of the law where it keeps them, and for this machine's time zones: another one
// when any of them was changed. Read it before what it stands for, so that a change between the two is seen
// later. Nothing for a tenant that does not exist.
std::map<TenantId, std::string> read_plan_versions(Tx& tx, const std::vector<TenantId>& tenants);

}  // namespace smscrm
