// Consent: an append-only ledger of opt-ins and opt-outs, and what it says of a number now. Both go by
// number, not by contact: deleting a contact and importing it again revives nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"
#include "core/tenant.hpp"

namespace smscrm {

enum class ConsentAction { opt_in, opt_out };
// Who says so: an operator, a file, the person's own keyword or other words, or the provider (error 21610).
enum class ConsentMethod { operator_, import, keyword, provider, text };
enum class ConsentState { none, opted_in, opted_out };

std::string_view to_string(ConsentAction action);
std::string_view to_string(ConsentMethod method);
std::string_view to_string(ConsentState state);

struct ConsentChange {
  std::string msisdn;  // E.164
  ConsentAction action;
  ConsentMethod method;
  std::string source;     // the proof in words: "web form 2026", "STOP", "error 21610"
  Timestamp occurred_at;  // when the person acted
  std::optional<ImportId> import = {};
  std::optional<InboundId> inbound = {};
  std::optional<MessageId> message = {};
};

struct ConsentEvent : ConsentChange {
  Timestamp recorded_at;
};

// Appends to the ledger and brings the states up to date, each change in turn, in a few statements however
// many there are. The rule, which fold_consent follows too:
// - of two changes the one that occurred later counts; at the same instant the opt-out does
// - an opt-out by keyword, text or provider counts whatever the clocks say, for it has just arrived
// - an opt-in of an import never overrides an opt-out, and is then not recorded at all
// An occurred_at in the future counts as the present in the state. Returns how many opt-ins of imports were
// left out.
std::int64_t record_consent(Tx& tx, TenantId tenant, const std::vector<ConsentChange>& changes);

// The ledger of a number, oldest first; with `as_of`, what was recorded until then.
std::vector<ConsentEvent> list_consent_events(Tx& tx, TenantId tenant, const std::string& msisdn,
                                              std::optional<Timestamp> as_of = std::nullopt);

// What a ledger, oldest first, says of its number.
ConsentState fold_consent(const std::vector<ConsentEvent>& events);

// What decides whether a number may be texted.
struct ConsentStatus {
  ConsentState state = ConsentState::none;
  std::optional<Timestamp> changed_at;       // nullopt: the ledger knows nothing of the number
  std::optional<std::string> dnc_reason;     // nullopt: not on the do-not-contact list
  ConsentMode mode = ConsentMode::recorded;  // of the tenant
  std::optional<ConsentEvent> latest;        // of the ledger
};

ConsentStatus get_consent_status(Tx& tx, TenantId tenant, const std::string& msisdn);

// Empty when the number may be texted, else the skip reason of its messages, in this precedence: "dnc",
// "opted_out", "no_consent". Claims and audiences say the same in SQL.
std::string_view refusal(const ConsentStatus& status);

// The same as a sentence for people: "opted out on 2026-05-01 (keyword STOP)".
std::string explain(const ConsentStatus& status);

}  // namespace smscrm
