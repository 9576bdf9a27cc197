// Consent: an append-only ledger of opt-ins and opt-outs, and what it says of a number now. Both go by
// number, not by contact: deleting a contact and importing it again revives nothing.
//
// An opt-out may hold for some senders only (core/consent/opt_out_scope.hpp). Each scope has a state of its
// own, which only changes in that scope touch: an opt-in of the tenant's leaves the opt-out of a sender
// standing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

// A withdrawal names an import that was undone: what it said in people's names, its opt-ins, counts no more.
enum class ConsentAction { opt_in, opt_out, withdrawal };
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
  std::string scope = {};  // core/consent/opt_out_scope.hpp; empty: all that the tenant sends
};

struct ConsentEvent : ConsentChange {
  Timestamp recorded_at;
};

// Appends to the ledger and brings the states up to date, each change in turn, in a few statements however
// many there are. The rule, within each scope, which fold_consent follows too:
// - of two changes the one that occurred later counts; at the same instant the opt-out does
// - an opt-out by keyword, text or provider counts whatever the clocks say, for it has just arrived
// - an opt-in of an import never overrides an opt-out, and is then not recorded at all
// An occurred_at in the future counts as the present in the state. Returns how many opt-ins of imports were
// left out. Withdrawals have a function of their own (core/consent/withdrawal.hpp).
std::int64_t record_consent(Tx& tx, TenantId tenant, const std::vector<ConsentChange>& changes);

// Records for `to` what is opted out of `from`, two scopes narrower than the tenant, as of now.
void copy_opt_outs(Tx& tx, TenantId tenant, const std::string& from, const std::string& to,
                   const std::string& source);

// The ledger of a number, oldest first; with `as_of`, what was recorded until then.
std::vector<ConsentEvent> list_consent_events(Tx& tx, TenantId tenant, const std::string& msisdn,
                                              std::optional<Timestamp> as_of = std::nullopt);

// The same of several numbers, one after the other.
std::vector<ConsentEvent> list_consent_events(Tx& tx, TenantId tenant,
                                              const std::vector<std::string>& msisdns);

struct FoldedConsent {
  ConsentState state = ConsentState::none;
  Timestamp changed_at{};  // of no use with none
};

// What a ledger, oldest first, says of its number in a scope.
FoldedConsent fold_ledger(const std::vector<ConsentEvent>& events, const std::string& scope = {});
// The state of it.
ConsentState fold_consent(const std::vector<ConsentEvent>& events, const std::string& scope = {});
// The scopes narrower than the tenant that it says are opted out, in order.
std::vector<std::string> fold_opted_out_scopes(const std::vector<ConsentEvent>& events);

// What decides whether a number may be texted.
struct ConsentStatus {
  ConsentState state = ConsentState::none;
  std::optional<Timestamp> changed_at;       // nullopt: the ledger knows nothing of the number
  std::optional<std::string> dnc_reason;     // nullopt: not on the do-not-contact list
  ConsentMode mode = ConsentMode::recorded;  // of the tenant
  std::optional<ConsentEvent> latest;        // of the ledger, for all that the tenant sends
  std::vector<std::string> opted_out_of;     // scopes narrower than the tenant, in order
  bool no_sender_left = false;               // and these cover every sender
};

ConsentStatus get_consent_status(Tx& tx, TenantId tenant, const std::string& msisdn);

// Whether opt-outs keep this sender from texting the number.
bool is_opted_out(const ConsentStatus& status, const std::string& address, const std::string& pool);

// Empty when the number may be texted, if only from some senders, else the skip reason of its messages, in
// this precedence: "dnc", "opted_out", "no_consent". Claims and audiences say the same in SQL.
std::string_view refusal(const ConsentStatus& status);

// The same as a sentence for people: "opted out on 2026-05-01 (keyword: STOP)", "opted in on 2026-05-01
// (import: web form), and opted out of sender +15005550006".
std::string explain(const ConsentStatus& status);

}  // namespace smscrm
