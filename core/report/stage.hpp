// How far a campaign is, for whoever waits for it.
#pragma once

#include <string_view>

#include "core/report/report.hpp"

namespace smscrm {

enum class Stage {
  draft,
  sending,  // something is still to leave, or the provider is asked whether it left
  sent,     // nothing leaves by itself but later attempts; or it is canceled, and some of it is not settled
  settled,  // every message has its last word, or nobody is asked for it any more
};

std::string_view to_string(Stage stage);

// What `sent` does not wait for, as of a report.
struct ToCome {
  std::int64_t retries = 0;   // undelivered messages whose next attempt is later
  std::int64_t verdicts = 0;  // messages that wait for somebody's word: unknown or perhaps an opt-out
  std::int64_t receipts = 0;  // messages that the provider has
};

struct Standing {
  Stage stage = Stage::draft;
  ToCome to_come;
};

// `receipt_overdue`: after how long a silent message is asked about, which counts the days until nobody asks
// any more (core/sending/reconcile.hpp).
Standing read_standing(Tx& tx, TenantId tenant, const Campaign& campaign, const CampaignReport& report,
                       std::chrono::milliseconds receipt_overdue, Timestamp at);

// "48 messages are to be tried again, 59 receipts are still to come"; empty: nothing is.
std::string describe(const ToCome& to_come);

}  // namespace smscrm
