// Hashes of passwords: argon2id (RFC 9106) by libsodium, in its string form.
#pragma once

#include <string>
#include <string_view>

namespace smscrm {

// 64 MiB and three passes: about a fifth of a second of one core, so never on a thread that serves others.
// Throws Error{unavailable} when that much memory is not to be had.
std::string hash_password(std::string_view password);

// Takes as long as hash_password, also for what is no hash at all.
bool verify_password(std::string_view hash, std::string_view password);

// Whether it was made with other costs than hash_password has now, and is to be made again when the password
// is at hand.
bool is_outdated_hash(const std::string& hash);

}  // namespace smscrm
