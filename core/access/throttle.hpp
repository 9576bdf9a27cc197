// Failures to sign in, counted by account and by address. ASVS 4.0.3, 2.2.1: after five of them waits that
// grow, at most 100 an hour and account, and never a lock that a stranger could cause for ever: the waits end
// with the hour. The counts are in PostgreSQL, so they hold on all daemons, and without it nobody comes in.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"

namespace smscrm {

// What failures are counted by: "user:7", "email:nobody@example.com", "address:192.0.2.1"; IPv6 by its /64.
std::string throttle_address(std::string_view address);

// How long to wait before the next attempt; zero: none. Locks the subjects until the end of the transaction,
// so that attempts at one time are counted one after the other.
std::chrono::seconds sign_in_wait(Tx& tx, const std::vector<std::string>& subjects, Timestamp at);

void record_sign_in_failure(Tx& tx, const std::vector<std::string>& subjects, Timestamp at);
// One that was counted before it was known to be right.
void take_back_sign_in_failure(Tx& tx, const std::vector<std::string>& subjects);
// What they came in by has no failures any more; the address keeps its own.
void forget_sign_in_failures(Tx& tx, const std::string& subject);
// Those that count no more; for the daemon, now and then.
void prune_sign_in_failures(Tx& tx, Timestamp at);

}  // namespace smscrm
