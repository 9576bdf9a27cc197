// Click classes over history: when the rules of classify_click (core/link/link.hpp) have changed, what was
// stored can be brought up to them.
#pragma once

#include <cstdint>

#include "core/db/db.hpp"
#include "core/ledger/campaign_counter.hpp"

namespace smscrm {

struct Reclassified {
  std::int64_t clicks = 0;         // whose class changed
  std::int64_t persons = 0;        // more of them are a person's; negative: fewer
  std::int64_t unique_clicks = 0;  // as many more
};

// Classes of all clicks of a tenant, their unique clicks and the counters of campaigns, in a few statements
// whatever their number; exact while clicks come in.
Reclassified reclassify_clicks(Tx& tx, TenantId tenant);

}  // namespace smscrm
