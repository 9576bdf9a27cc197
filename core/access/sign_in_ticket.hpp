// Tickets of those who gave their password and owe the second factor: good for five minutes, for one sign-in.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/access/principal.hpp"
#include "core/db/db.hpp"

namespace smscrm {

inline constexpr std::chrono::minutes sign_in_ticket_life{5};

// Takes away those that have ended, too.
std::string new_sign_in_ticket(Tx& tx, UserId user, Timestamp at);

// Whose it is, nullopt when it is unknown, used or too old, or its user was disabled or changed since. Locked
// until the end of the transaction: two attempts with it come one after the other.
std::optional<UserId> find_sign_in_ticket(Tx& tx, std::string_view ticket, Timestamp at);

// It has been used.
void end_sign_in_ticket(Tx& tx, std::string_view ticket);

}  // namespace smscrm
