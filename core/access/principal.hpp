// Who asks, and whether they may: the one place where that is decided, for the API and the console alike.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/access/scope.hpp"
#include "core/base/id.hpp"
#include "core/base/time.hpp"

namespace smscrm {

using UserId = Id<struct UserTag>;
using ApiKeyId = Id<struct ApiKeyTag>;

// A user in a session, or a program with a key.
struct Principal {
  UserId user;                                // of a key: who made it; 0 where it was made in a shell
  std::optional<ApiKeyId> key;                // set: only its scopes, in its tenant
  bool is_operator = false;                   // of the installation
  std::map<TenantId, Role> roles;             // of a user: in each of their tenants
  std::set<std::string, std::less<>> scopes;  // of a key
  TenantId tenant;                            // of a key
  Timestamp fresh_at;                         // of a session: when the password was last given
};

// How long a password that was given lets one do what is "fresh" in the matrix (ASVS 4.0.3, 3.7.1).
inline constexpr std::chrono::minutes fresh_for{10};

enum class Permission {
  allowed,
  hidden,  // the tenant is none of theirs: it is not there for them
  denied,  // a higher role may
  stale,   // they may once they have given their password again
};

// Whether `who` may do what `scope` names in `tenant`; without a tenant only what belongs to the
// installation. Unknown scopes are denied. A key never does what wants a fresh password: nobody is there to
// give it.
Permission decide(const Principal& who, std::string_view scope, std::optional<TenantId> tenant, Timestamp at);

}  // namespace smscrm
