// Opting many people out at once.
#pragma once

#include <string>
#include <vector>

#include "core/consent/consent.hpp"

namespace smscrm {

// Records an opt-out by the operator of those numbers that are not opted out in `scope` already, in a few
// statements. Returns how many they were.
std::int64_t opt_out_many(Tx& tx, TenantId tenant, const std::vector<std::string>& msisdns,
                          const std::string& source, Timestamp at, const std::string& scope = {});

// How many of them it would be.
std::int64_t count_not_opted_out(Tx& tx, TenantId tenant, const std::vector<std::string>& msisdns,
                                 const std::string& scope = {});

}  // namespace smscrm
