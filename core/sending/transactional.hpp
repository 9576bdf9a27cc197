// Single texts that somebody, or a program, sends to one number: a receipt, a code, word from support.
#pragma once

#include <map>
#include <string>

#include "core/sending/campaign_sample.hpp"

namespace smscrm {

struct NewTransactional {
  std::string msisdn;                         // to, E.164
  std::string body;                           // with fields and short links as templates have them
  std::map<std::string, std::string> values;  // of fields; they go before the contact's own
  std::string sender;                         // its address; empty: the claim chooses
  std::string key;                            // the same key again gives the first message; empty: none
};

struct QueuedMessage {
  MessageId id;
  bool replayed = false;
};

// Queues the text ahead of all campaigns (core/sending/single.hpp); `shorten` is asked for its short links.
// Opt-outs and the do-not-contact list hold for it, a missing opt-in and quiet hours do not. Publish a wake-up
// after the commit. Throws Error{refused} when the number may not be texted, by that sender, or the tenant has
// nothing to send with; Error{invalid} for a body that is empty, too long, or has fields without a value and
// without a default; Error{conflict} when the key was used for another text; Error{not_found} for the sender.
QueuedMessage queue_transactional(Tx& tx, TenantId tenant, const NewTransactional& message,
                                  const Shorten& shorten, Timestamp at);

}  // namespace smscrm
