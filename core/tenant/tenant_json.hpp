// Tenants and their accounts as JSON. Secrets are never in it, only whether there are any.
#pragma once

#include <chrono>

#include "core/base/json.hpp"
#include "core/tenant/account.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

Json to_json(const Tenant& tenant);
Json to_json(const Account& account);

// The provider takes the account's credentials, and took so long to say so.
Json account_check_to_json(const Account& account, std::chrono::microseconds took);

}  // namespace smscrm
