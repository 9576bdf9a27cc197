// Unknown outcomes: a request may have left and nobody heard the answer. A receipt resolves them
// (core/sending/receipt.hpp); else the provider's list does; else its silence does, once a grace period is
// over.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/lane/lane.hpp"
#include "core/provider/provider.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

struct Unresolved {
  MessageId id;
  std::string msisdn, body;
  std::string from, service;  // as it was sent; `from` empty: the service chose
  Timestamp claimed_at;
};

// Unknown messages whose turn has come, to be asked for; each has its turn again after half a minute. Empty
// when the lane is another's.
std::vector<Unresolved> claim_unresolved(Tx& tx, const Lane& lane, int limit, Timestamp at);

// Whether the provider's entry can be that message: same sender, made no earlier than a minute before the
// claim (clocks differ), and the same words.
enum class Match { none, all_but_words, full };
Match match(const Unresolved& message, const ListedMessage& listed);

// When it was claimed, by the provider's clock as its reply shows it: dates in its list are of that clock.
// Never later than by ours, so that no entry is missed.
Timestamp claimed_at_provider(const Unresolved& message, const HttpResult& reply, Timestamp at);

struct Resolution {
  MessageId id;
  Timestamp
      asked_at;  // what the provider did not have then, it may have by now; the epoch: absence proves nothing
  std::vector<ListedMessage> matches;   // full ones, newest first
  std::vector<std::string> lookalikes;  // ids of those that match in all but words
};

struct ResolveSummary {
  int found = 0, resent = 0, held = 0, undecided = 0;
};

// An entry that belongs to no other message of ours to that number decides. Without one, a message that was
// unknown for `grace` or longer when the provider was asked goes back to waiting, or is held for somebody
// to decide (core/sending/message_resolve.hpp) where the policy says so. A lookalike that is nobody else's
// leaves it undecided: the provider may have changed the words, and to be wrong here is to send twice; it is
// asked again after ever longer waits. Messages that a receipt has raised meanwhile are left alone.
ResolveSummary record_resolutions(Tx& tx, const Lane& lane, UnknownPolicy policy,
                                  std::chrono::milliseconds grace, const std::vector<Resolution>& resolutions,
                                  Timestamp at);

}  // namespace smscrm
