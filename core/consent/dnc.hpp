// The do-not-contact list: numbers never to text, whatever they agreed to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/db/listing.hpp"

namespace smscrm {

struct DncEntry {
  std::string msisdn;
  std::string reason;  // empty when none was given
  Timestamp added_at;
};

// Numbers that are there already keep their reason. Returns how many were added.
std::int64_t add_dnc(Tx& tx, TenantId tenant, const std::vector<std::string>& msisdns,
                     const std::string& reason, Timestamp at);

// Returns how many were there.
std::int64_t remove_dnc(Tx& tx, TenantId tenant, const std::vector<std::string>& msisdns);

// By number, after `after`; begin with an empty one.
Listing<DncEntry> list_dnc(TenantId tenant, const std::string& after);

}  // namespace smscrm
