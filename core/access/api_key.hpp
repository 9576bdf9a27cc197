// API keys of programs: of one tenant, with scopes, an expiry and networks. Shown once; what is kept is a
// digest of the secret. A key dies with the membership of whoever made it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/access/principal.hpp"
#include "core/db/db.hpp"

namespace smscrm {

struct NewApiKey {
  std::string name;
  std::vector<std::string> scopes;
  std::vector<std::string> networks;    // "192.0.2.0/24", "2001:db8::/32"; none: from everywhere
  std::optional<Timestamp> expires_at;  // nullopt: never
};

struct ApiKey : NewApiKey {
  ApiKeyId id;
  std::optional<UserId> created_by;  // nullopt: made in a shell
  std::string creator;               // their address
  Timestamp created_at;
  std::optional<Timestamp> last_used_at;
  std::string last_used_from;
  std::optional<Timestamp> revoked_at;  // may lie ahead, while it is being rotated

  // "active", "expired" or "revoked".
  std::string_view state(Timestamp at) const;
};

struct MadeApiKey {
  ApiKey key;
  std::string text;  // what the program holds; nobody can show it again
};

// `maker`: nullopt in a shell; else the key's scopes must be within their role, for one that was lent more
// would outlive it. Throws Error{invalid} for a scope that keys cannot have, a network that is none and an
// expiry in the past, Error{denied} for a scope beyond the maker's role.
MadeApiKey add_api_key(Tx& tx, TenantId tenant, const NewApiKey& added, const std::optional<Principal>& maker,
                       Timestamp at);

// By name, or by id when `name` is all digits. A name may be used again once its key is revoked: the newest
// counts. Throws Error{not_found}.
ApiKey get_api_key(Tx& tx, TenantId tenant, std::string_view name);
std::vector<ApiKey> list_api_keys(Tx& tx, TenantId tenant);  // newest first

// From `when` on it is refused, on all daemons; by default now.
void revoke_api_key(Tx& tx, TenantId tenant, ApiKeyId key, Timestamp when);

// A new key like it; the old one ends after `overlap`. Throws Error{conflict} when it has ended.
MadeApiKey rotate_api_key(Tx& tx, TenantId tenant, const ApiKey& old, std::chrono::seconds overlap,
                          Timestamp at);

struct KeyUse {
  std::optional<Principal> who;  // nullopt: refused
  const char* refusal = "";      // for the log and the audit, never for the caller
};
// Whether the text is a key that may be used now, from there. Notes its use, once a minute.
KeyUse use_api_key(Tx& tx, std::string_view text, const std::string& address, Timestamp at);

}  // namespace smscrm
