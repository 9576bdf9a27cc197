// Senders: the addresses that a tenant's messages come from.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"

namespace smscrm {

enum class SenderKind { long_code, toll_free, short_code, alphanumeric, messaging_service };

std::string_view to_string(SenderKind kind);
// Throws Error{invalid}.
SenderKind parse_sender_kind(std::string_view word);

struct Sender {
  SenderId id;
  std::string address;  // "+15005550006", "12345", "ACME" or "MG…", as Twilio takes it in From
  SenderKind kind;
  double rate;                                 // parts per second
  std::optional<std::int64_t> daily_cap = {};  // parts a day (core/lane/daily_cap.hpp); nullopt: any
  std::string pool = {};  // senders that an opt-out may hold for together; empty: a pool of its own
};

// What an address is by its shape: "+" and digits a long code or toll-free number, 3 to 8 digits a short
// code, "MG" and 32 hex digits a messaging service, else 1 to 11 letters, digits, blanks and "+-_&" with at
// least one letter: an alphanumeric sender. Throws Error{invalid}.
// Rule: https://www.twilio.com/docs/glossary/what-alphanumeric-sender-id
SenderKind classify_sender(std::string_view address);

// Parts per second that Twilio gives to a sender of that kind in the US unless more was bought: long code 1,
// toll-free 3, short code 100, alphanumeric 10. A messaging service's own is not known: 100.
// Rule: Twilio support 115002943027, "Understanding Twilio rate limits and message queues".
double default_rate(SenderKind kind);

// Adds a sender, or revives a removed one under its old id. No rate: the default of its kind.
// Throws Error{invalid} for the address, the name of the pool, or a rate or cap that is not positive,
// Error{conflict} when it is there.
Sender add_sender(Tx& tx, TenantId tenant, const std::string& address, std::optional<double> rate,
                  std::optional<std::int64_t> daily_cap = std::nullopt, const std::string& pool = {});

std::vector<Sender> list_senders(Tx& tx, TenantId tenant);  // by id; removed ones are left out

// Throws Error{not_found}.
Sender get_sender(Tx& tx, TenantId tenant, const std::string& address);

// Writes rate, daily cap and pool of a sender. One that leaves a pool takes its opt-outs along, as opt-outs
// of the sender itself: a move ends none. Waits for open claims when the pool changes, as add_sender does for
// a removed sender that comes back to another pool. Throws Error{not_found}, and Error{invalid} as
// add_sender.
Sender update_sender(Tx& tx, TenantId tenant, const Sender& changed);

// Its messages still refer to it, so the row stays. Throws Error{not_found}, and Error{conflict} when a
// running or paused campaign would be left without a sender.
void remove_sender(Tx& tx, TenantId tenant, const std::string& address, Timestamp at);

}  // namespace smscrm
