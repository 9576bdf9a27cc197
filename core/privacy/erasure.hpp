// Erasure of a person: GDPR Art. 17, CCPA 1798.105. What is personal goes, counts stay, and of the number a
// keyed hash (core/consent/erased.hpp), so that nobody is brought back by a file. What a sender has to prove
// stays without the number: that there was a yes or a no, when, and by which way (Art. 17(3)(e)).
//
// A job in steps: what is here goes at once; a message that is under way loses its number when its receipts
// have come, and what the provider keeps is asked for until it is gone. The daemon goes on with it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/db/listing.hpp"
#include "core/net/crypto.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

using ErasureId = Id<struct ErasureTag>;

struct Erasure {
  ErasureId id;
  Timestamp asked_at;
  std::optional<Timestamp> done_at;          // nullopt: something is left to do
  std::string reason;                        // as it was given
  std::map<std::string, std::int64_t> rows;  // how many went or lost what was personal, by table
  // Messages and texts that the provider keeps.
  std::int64_t copies = 0, copies_waiting = 0, copies_failed = 0;
};

// Begins an erasure: takes the person out of what is found at once, and has nothing sent to them any more.
// Waits for open claims and lets none begin meanwhile, so that it should be committed soon. `msisdn`: a key
// (core/phone/address.hpp). Throws Error{not_found} when nothing is held under it, Error{conflict} while an
// import of the tenant runs, which could bring the person back, Error{refused} under a legal hold,
// Error{invalid} for a reason of more than 1,000 characters.
Erasure erase_person(Tx& tx, const Tenant& tenant, const SecretKey& key, const std::string& msisdn,
                     const std::string& reason, Timestamp at);

// Goes on with one, unless somebody else does: goes through whole tables for what is left of the person, and
// keeps nobody waiting.
Erasure continue_erasure(Tx& tx, TenantId tenant, ErasureId id, Timestamp at);

// Goes on with at most `most` erasures that are due, oldest first, others than those that somebody else goes
// on with: each at once, and every quarter of an hour while messages are under way. Returns how many are done
// now.
int continue_erasures(Tx& tx, int most, Timestamp at);

// Newest first. Throws Error{not_found}.
Listing<Erasure> list_erasures(TenantId tenant, std::optional<ErasureId> before = std::nullopt);
Erasure get_erasure(Tx& tx, TenantId tenant, ErasureId id);

Json to_json(const Erasure& erasure);

}  // namespace smscrm
