// Unknown outcomes: a request may have left and nobody heard the answer. A receipt resolves them
// (core/receipt.hpp); else the provider's list does; else its silence does, once a grace period is over.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/lane.hpp"
#include "core/provider/provider.hpp"
#include "core/tenant.hpp"

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

// Whether the provider's entry can be that message: same words and sender, made no earlier than a minute
// before the claim (clocks differ).
bool is_match(const Unresolved& message, const ListedMessage& listed);

struct Resolution {
  MessageId id;
  std::vector<ListedMessage> matches;  // newest first; none: the provider does not have it
};

struct ResolveSummary {
  int found = 0, resent = 0, held = 0, undecided = 0;
};

// An entry that belongs to no other message of ours to that number decides. Without one, a message unknown
// for `grace` or longer goes back to waiting, or stays unknown for good where the policy says hold. Messages
// that a receipt has raised meanwhile are left alone.
ResolveSummary record_resolutions(Tx& tx, const Lane& lane, UnknownPolicy policy,
                                  std::chrono::milliseconds grace, const std::vector<Resolution>& resolutions,
                                  Timestamp at);

}  // namespace smscrm
