// How long a tenant keeps what is personal, by kind. Nothing goes unless the tenant says so. What is old goes
// in steps of some thousand rows, each a short transaction of its own, so that nobody waits for them; counts
// and proofs of consent stay. A legal hold keeps everything, of the tenant or of one number.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.hpp"
#include "core/db/listing.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

struct RetentionKind {
  std::string_view name;
  int usual_days;  // what we suggest
  std::string_view about;
};

// texts    bodies of messages and of what people wrote
// agents   names of the programs that opened short links
// rejects  rows of imports that were refused
// changes  what imports changed: an import that is older cannot be undone any more
std::span<const RetentionKind> retention_kinds();

struct Retention {
  std::string kind;
  std::optional<int> days;      // nullopt: kept for ever
  std::int64_t rows = 0;        // that went, or lost what was personal, until now
  std::chrono::seconds lag{0};  // by how much the oldest row is too old
};

// All kinds. The lag is found by an index, a row for each part.
std::vector<Retention> list_retention(Tx& tx, TenantId tenant, Timestamp at);
// nullopt: for ever. Throws Error{invalid} for a kind that there is not, and unless 1 to 36,500 days.
void set_retention(Tx& tx, TenantId tenant, std::string_view kind, std::optional<int> days);

using LegalHoldId = Id<struct LegalHoldTag>;
struct LegalHold {
  LegalHoldId id;
  std::optional<std::string> msisdn;  // nullopt: all of the tenant
  std::string reason;
  Timestamp began_at;
  std::optional<Timestamp> released_at;
};

// Throws Error{invalid} without a reason, or with one of more than 1,000 characters.
LegalHold add_hold(Tx& tx, TenantId tenant, const std::optional<std::string>& msisdn,
                   const std::string& reason, Timestamp at);
// Throws Error{not_found}, Error{conflict} when it was released before.
LegalHold release_hold(Tx& tx, TenantId tenant, LegalHoldId id, Timestamp at);
Listing<LegalHold> list_legal_holds(TenantId tenant,
                                    std::optional<LegalHoldId> before = std::nullopt);  // newest first
// The one that keeps the number from being erased.
std::optional<LegalHold> find_hold(Tx& tx, TenantId tenant, const std::string& msisdn);

// One step of one part of one tenant, of at most `most` rows, that nobody else is at. False: nothing is left
// that is too old. `turn` says which: callers count it up.
bool tidy(Tx& tx, std::uint64_t turn, int most, Timestamp at);
// How many different turns there are; none while the database is fenced: what was restored may be looked at.
std::uint64_t count_tidy_turns(Tx& tx);
// The longest of all tenants that no legal hold keeps from it.
std::chrono::seconds retention_lag(Tx& tx, Timestamp at);

Json to_json(const Retention& retention);
Json to_json(const LegalHold& hold);

}  // namespace smscrm
