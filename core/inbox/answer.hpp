// What somebody answers to a text of the inbox. (Keywords are answered by core/inbox/keyword_reply.hpp.)
#pragma once

#include <string>

#include "core/inbox/inbox.hpp"

namespace smscrm {

struct InboxAnswer {
  MessageId message;
  std::string msisdn;  // to
};

// Queues the answer (core/sending/single.hpp), from the sender that was written to while it is still ours,
// and notes it with the text, which is read then. Publish a wake-up after the commit. Throws
// Error{not_found}; Error{refused} when the number is on the do-not-contact list or opted out of that sender,
// by whatever covers it, or of every one, while a text of it is up for review, and when it is no number; and
// Error{invalid} for an empty body and for one that is too long.
InboxAnswer answer_inbound(Tx& tx, TenantId tenant, InboundId id, const std::string& body, Timestamp at);

}  // namespace smscrm
