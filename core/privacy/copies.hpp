// What the provider keeps of people who were erased: asked to delete it, message by message, until it has.
#pragma once

#include <string>
#include <vector>

#include "core/db/db.hpp"
#include "core/provider/provider.hpp"

namespace smscrm {

struct ProviderCopy {
  TenantId tenant;
  std::string provider_sid;
  int attempts = 0;  // before this one
};

// At most `most` that are due, of one tenant, for whoever calls alone: the next may take them two minutes
// later. None while the database is fenced: a copy of it has nothing deleted at the provider.
std::vector<ProviderCopy> claim_copies(Tx& tx, int most, Timestamp at);

// What came of it. One that the provider does not give up yet is asked for again after an hour, then after
// twice as long, up to a day; after `most_attempts`, some weeks, it has failed.
inline constexpr int most_attempts = 24;
void record_copy(Tx& tx, const ProviderCopy& copy, const DeleteAnswer& answer, Timestamp at);

// Takes back the attempt of what was claimed and not asked for.
void give_back_copies(Tx& tx, const std::vector<ProviderCopy>& copies, Timestamp due);

}  // namespace smscrm
