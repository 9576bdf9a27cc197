// Secrets that people and programs hold, and that we know by their digest alone: session tokens, one-time
// links, recovery codes, API keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/access/principal.hpp"

namespace smscrm {

// 256 random bits in base64url (RFC 4648 section 5), 43 characters.
std::string new_token();

// What is kept of a secret that nobody can guess: its SHA-256.
std::string token_digest(std::string_view token);

// Ten letters and digits that cannot be taken for each other, as "k7m4x-p2qwz": 50 bits, for typing.
std::string new_recovery_code();
// Its digest, however it is typed: blanks, dashes and case do not count.
std::string recovery_digest(std::string_view code);

// "smscrm_17k3_SECRETCHECK": tenant and number of the key, 190 random bits and a check of six characters, so
// that a mistyped key costs no look-up and a leaked one is found by its form.
std::string format_api_key(TenantId tenant, ApiKeyId key, std::string_view secret);
std::string new_api_key_secret();  // 32 characters of base62

struct ApiKeyName {
  TenantId tenant;
  ApiKeyId key;
  std::string_view secret;  // inside the text given
};
// nullopt for what is no key, or was mistyped.
std::optional<ApiKeyName> parse_api_key(std::string_view text);

}  // namespace smscrm
