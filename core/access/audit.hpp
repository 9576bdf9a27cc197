// The audit: who changed what, from where, when (migrations/0055_audit.sql). Triggers write the entries, so
// no module can forget one; here they are read, sealed into a chain and proven.
//
// What "verify" proves: no entry of the chain was changed, taken out, put in or moved since it was sealed,
// and the chain is the one whose heads were signed. The key is derived from the key file, which the database
// never has. Somebody with the database and the key could still forge a whole history; an anchor that was
// kept elsewhere (a line of the log, a file) shows that, too.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/db/db.hpp"
#include "core/db/listing.hpp"
#include "core/net/crypto.hpp"

namespace smscrm {

using AuditEventId = Id<struct AuditEventTag>;

struct AuditEvent {
  AuditEventId id;
  Timestamp at;
  std::string login;  // user of the database, which nobody else can say
  std::string doer, via, request;
  std::string action;     // "campaign.update"
  std::string object_id;  // empty: of `rows` many
  std::int64_t rows = 1;
  std::optional<std::string> object_name, before, after;  // JSON; nullopt: none, or erased
  std::optional<std::int64_t> position;                   // in the chain; nullopt: not sealed yet
  std::string hash;                                       // 32 bytes, once it is sealed
};

// Of one tenant, or (nullopt) of the installation: users, sign-ins, what belongs to no tenant.
using AuditOwner = std::optional<TenantId>;

struct AuditFilter {
  std::string doer = {};    // exactly; empty: all
  std::string action = {};  // "campaign.update", or "campaign" for all of a kind
  std::string object_id = {};
  std::optional<Timestamp> since = {}, until = {};
  std::optional<AuditEventId> before = {};  // only older ones
};

// Newest first.
Listing<AuditEvent> list_audit(AuditOwner owner, const AuditFilter& filter);
// Throws Error{not_found}.
AuditEvent get_audit_event(Tx& tx, AuditOwner owner, AuditEventId id);

// The head of a chain, signed: what somebody else keeps.
struct AuditCheckpoint {
  AuditOwner owner;
  std::int64_t size = 0;
  std::string hash;  // 32 bytes
  Timestamp at;
  std::string signature;
};

// One line: "smscrm-audit-1 TENANT SIZE HASH AT SIGNATURE", hash and signature in hexadecimal, TENANT 0 for
// the installation.
std::string format_checkpoint(const AuditCheckpoint& checkpoint);
// Throws Error{invalid}.
AuditCheckpoint parse_checkpoint(std::string_view line);

// Gives what is committed its places, at most `most` entries, and signs the heads that grew. As the worker.
std::vector<AuditCheckpoint> seal_audit(Tx& tx, const SecretKey& key, int most, Timestamp at);

// For how long the oldest entry, of any owner, has waited to be sealed; 0: all are. As the worker.
std::chrono::seconds unsealed_for(Tx& tx, Timestamp at);

// nullopt: nothing is sealed yet.
std::optional<AuditCheckpoint> find_checkpoint(Tx& tx, AuditOwner owner);

struct AuditProof {
  std::int64_t entries = 0, checkpoints = 0;
  std::int64_t unsealed = 0;  // committed, and not in the chain yet
  std::int64_t erased = 0;    // whose personal part is gone; their place in the chain holds
  std::string fault;          // empty: it holds
  std::int64_t fault_at = 0;  // the position
  bool holds() const { return fault.empty(); }
};

// Reads the whole chain and computes everything anew. `anchor`: a checkpoint that was kept elsewhere.
AuditProof verify_audit(Tx& tx, AuditOwner owner, const SecretKey& key,
                        const std::optional<AuditCheckpoint>& anchor);

}  // namespace smscrm
