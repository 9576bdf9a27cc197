// Unknown messages that are held for somebody to decide (UnknownPolicy::hold): the provider was asked, and
// does not have them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/campaign/campaign.hpp"
#include "core/db/db.hpp"

namespace smscrm {

enum class OperatorVerdict {
  sent,    // it arrived: as after an acceptance, receipts still count
  resend,  // it did not: send it again
  failed,  // it did not, and is not to be sent again
};
// "sent", "resend" or "failed"; throws Error{invalid}.
OperatorVerdict parse_verdict(std::string_view word);

std::int64_t count_held(Tx& tx, TenantId tenant);
std::int64_t count_held(Tx& tx, TenantId tenant, CampaignId campaign);
// Unknown ones that the provider is still asked about: nobody may decide them yet.
std::int64_t count_asked(Tx& tx, TenantId tenant, CampaignId campaign);

// Decides one message. `by` says who did, and is kept with the message: in its events, or in the attempt that
// ends when it is sent again. Wake the senders after the commit. A message of a canceled campaign is canceled
// where it would be sent again. Throws Error{not_found}, Error{conflict} when its outcome is known, and
// Error{refused} while the provider is still asked about it: to be wrong then is to text somebody twice.
void resolve_message(Tx& tx, TenantId tenant, MessageId message, OperatorVerdict verdict,
                     const std::string& by, Timestamp at);

// All that are held of a campaign. Returns how many. Throws Error{refused} when none is, and the provider is
// still asked about some.
std::int64_t resolve_messages(Tx& tx, TenantId tenant, CampaignId campaign, OperatorVerdict verdict,
                              const std::string& by, Timestamp at);

}  // namespace smscrm
