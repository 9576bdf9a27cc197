// The queue of texts that may be opt-outs (core/consent/opt_out_text.hpp) and that somebody has to read in
// time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/db/listing.hpp"
#include "core/ledger/campaign_counter.hpp"

namespace smscrm {

// By when an opt-out that came at `received` must be honoured: ten business days later, Monday to Friday in
// UTC. Holidays are not counted, so that it is rather early than late. Rule: 47 CFR 64.1200(a)(10).
Timestamp review_due(Timestamp received);

struct OptOutReview {
  InboundId inbound;
  std::string msisdn, body, rule;
  std::string not_own;   // core/inbox/inbox.hpp
  std::string campaign;  // slug; empty: it answers none
  Timestamp received_at, due_at;
};

// Queues texts that were just stored.
void add_reviews(Tx& tx, TenantId tenant, const std::vector<InboundId>& inbound, Timestamp received);

// Those nobody has decided, the most urgent first; after the one of that text, if one is given.
Listing<OptOutReview> list_reviews(TenantId tenant, std::optional<InboundId> after = {});

// What was held for it is looked at again: wake the senders after the commit.
// It was an opt-out: recorded in the ledger as the person's own words, the text counts as one for its
// campaign. It was none: nothing changes. Both throw Error{not_found}, and Error{conflict} when it was
// decided already.
void accept_review(Tx& tx, TenantId tenant, InboundId inbound, Timestamp at);
void dismiss_review(Tx& tx, TenantId tenant, InboundId inbound, Timestamp at);

// Whether a text of the number is to be read before anything leaves for it (core/gate/review.cpp).
bool is_held_for_review(Tx& tx, TenantId tenant, const std::string& msisdn);

struct ReviewLoad {
  std::int64_t waiting = 0;
  std::optional<Timestamp> next_due;  // nullopt: none waits
};
ReviewLoad count_reviews(Tx& tx);  // of all tenants

// The proof in the ledger: the rule that read the text, and its first hundred characters.
std::string opt_out_proof(const std::string& rule, const std::string& body);

}  // namespace smscrm
