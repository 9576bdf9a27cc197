// The second factor: codes of six digits that change every 30 seconds. RFC 6238 with HMAC-SHA1, as
// authenticator applications have it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.hpp"

namespace smscrm {

std::string new_totp_secret();  // 20 random bytes

// What an application takes by hand, RFC 4648 base32 without padding, and as a QR code: "otpauth://totp/…".
std::string format_totp_secret(std::string_view secret);
std::string totp_url(std::string_view secret, std::string_view issuer, std::string_view account);

// The step (30 seconds since 1970) whose code this is: that of `at`, the one before or the one after. nullopt
// for any other code. Whoever takes it keeps the step and takes none up to it again (RFC 6238, 5.2).
std::optional<std::int64_t> find_totp_step(std::string_view secret, std::string_view code, Timestamp at);

// The code of a time, as an application shows it.
std::string totp_code(std::string_view secret, Timestamp at);

}  // namespace smscrm
