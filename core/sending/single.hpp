// Messages on their way out: everything that changes a message after the launch, but receipts.
//
// The ledger: a claim (core/sending/claim.hpp) commits the intent (body, parts, attempt, epoch) before the
// request leaves; the write-back (core/sending/record.hpp) commits the outcome. What a crash or a lost reply
// leaves between the two (core/sending/recover.hpp) is `unknown` and is resolved
// (core/sending/resolve.hpp), never sent again blindly.
//
// Counters of a campaign move in the same transactions, in sender_slot. "parts" is the sum of message.parts
// over all its messages at any time: the claim adds them, a message that goes back or is refused takes them
// out again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/db/db.hpp"

namespace smscrm {

enum class SingleKind { reply, test, transactional };

struct NewSingle {
  SingleKind kind = SingleKind::reply;
  std::string msisdn;              // to, E.164
  std::string body;                // as it shall be sent
  std::optional<SenderId> sender;  // nullopt: the claim chooses
  std::optional<ContactId> contact;
};

// Queues a message of no campaign, which goes before all campaigns. Do-not-text entries and opt-outs hold for them too and
// are checked when it is claimed; a missing opt-in and quiet hours do not. Publish a wake-up after the
// commit. Throws Error{invalid} for an empty body and for one over max_body_units.
MessageId queue_single(Tx& tx, TenantId tenant, const NewSingle& single, Timestamp at);

// The same for replies that were checked before, in two statements however many there are.
void queue_replies(Tx& tx, TenantId tenant, const std::vector<NewSingle>& replies, Timestamp at);

// Twilio refuses more than 1,600 characters (error 21617) and counts those outside GSM-7 more than once:
// taken as UTF-16 units here.
inline constexpr int max_body_units = 1600;

// Where receipts of a message come in. The fragment makes Twilio try again when we do not answer, or answer
// 5xx; it is neither sent nor signed.
// Rule: twilio.com/docs/usage/webhooks/webhooks-connection-overrides.
std::string status_callback_url(const std::string& public_url, const std::string& tenant_slug,
                                MessageId message);

}  // namespace smscrm
