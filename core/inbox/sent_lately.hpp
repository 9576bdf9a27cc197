// What was sent to people lately, where it decides which words of their texts are their own
// (core/consent/own_words.hpp).
#pragma once

#include <vector>

#include "core/inbox/inbound.hpp"

namespace smscrm {

// The readings of a batch, in its order, with what we sent to each number lately taken into account. Reads it
// in one statement, and only where it may make a difference (depends_on_sent): to stored texts that say STOP,
// YES or "when do you open?" it does not.
std::vector<OptOutReading> read_with_sent(Tx& tx, const Tenant& tenant, const std::vector<NewInbound>& batch);

}  // namespace smscrm
