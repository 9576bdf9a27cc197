// Inbound texts: stored once, however often the provider repeats itself, and their keywords obeyed.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/consent/keyword.hpp"
#include "core/consent/opt_out_text.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

struct NewInbound {
  std::string provider_sid;
  std::string msisdn;   // from: the key of the address (core/phone/address.hpp), most often E.164
  std::string address;  // the sender of ours that it was sent to, in any notation of its number
  std::string body;     // may be empty (media alone)
  std::string media;    // JSON: [{"url", "type"}]
  // The provider knew the keyword and has answered it already (Twilio's OptOutType: STOP, START, HELP).
  std::optional<Keyword> handled;
  // What its words say, read by the caller without what we sent: the transaction does not wait for it. Read
  // again where that may matter (core/inbox/sent_lately.hpp). Counts when it is no keyword.
  OptOutReading reading = {};
  std::string service = {};  // messaging service that the address belongs to; empty: none
  bool texted = true;        // by SMS, MMS or RCS. By another channel a no counts, and a yes does not.
};

struct InboundOutcome {
  bool repeated = false;  // it was stored before; nothing was done but what `reply` says
  // A clear opt-out in other words is a stop, too.
  Keyword keyword = Keyword::none;
  // What to answer at once; empty: nothing. When repeated, the confirmation of an opt-out that still holds
  // and whose webhook was refused before, once.
  std::string reply;
};

// Stores a batch of one tenant, appends opt-outs and opt-ins to the consent ledger and counts replies for the
// campaign that each answers: the one of the newest message to that number. Outcomes are in the order given.
//
// A STOP holds for what the tenant chose (core/consent/opt_out_scope.hpp), an opt-out in other words for all
// that the tenant sends. Either is confirmed at most once: not when that was opted out of before. A START, or
// a word that joins a list, ends the opt-out of the tenant and those that cover the sender that it was texted
// to, and no other's. Texts that may be opt-outs are put up for review (core/inbox/opt_out_review.hpp); the
// tenant's own keywords are answered through the ledger of messages (core/inbox/keyword_reply.hpp), once an
// inbound text.
std::vector<InboundOutcome> record_inbound(Tx& tx, const Tenant& tenant, CounterSlot slot,
                                           const std::vector<NewInbound>& written, Timestamp at);

// These texts are stored, but their webhooks were answered so that the provider repeats them and has texted
// nothing.
void mark_refused(Tx& tx, TenantId tenant, const std::vector<std::string>& provider_sids);

// Those of these numbers that a request may still be on its way to: what a STOP's acknowledgement waits for.
// All of them while a claim is open that may have read the old consent; it never waits for one.
std::set<std::string> list_in_flight(Tx& tx, TenantId tenant, const std::vector<std::string>& msisdns);

}  // namespace smscrm
