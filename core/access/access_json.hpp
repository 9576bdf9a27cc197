// Users, sessions, API keys and rights as programs see them. Never a secret, but where it is made.
#pragma once

#include <string>

#include "core/access/api_key.hpp"
#include "core/access/audit.hpp"
#include "core/access/scope.hpp"
#include "core/access/session.hpp"
#include "core/access/user.hpp"
#include "core/base/json.hpp"

namespace smscrm {

// {"user", "email", "name", "operator", "roles": {slug: role}, "password", "second_factor", "disabled_at",
// "created_at"}
Json to_json(const User& user);
// To those of a tenant alone, who learn nothing of others': "role" in the place of "operator" and "roles".
Json member_to_json(const User& user, TenantId tenant);
// At the one moment at which the link can be read: and "link", "link_expires_at".
Json to_json(const User& user, const std::string& link, Timestamp expires_at);
// {"email", "second_factor", "recovery_codes"}
Json second_factor_to_json(const User& user, int recovery_codes);

// {"session", "created_at", "seen_at", "expires_at", "address", "agent"}
Json to_json(const Session& session);

// {"key", "name", "state", "scopes", "networks", "created_by", "created_at", "expires_at", "last_used_at",
// "last_used_from", "revoked_at"}
Json to_json(const ApiKey& key, Timestamp at);
// At the one moment at which it can be read: and "secret".
Json to_json(const MadeApiKey& made, Timestamp at);

// {"entry", "at", "doer", "login", "via", "request", "action", "object", "name", "rows", "before", "after", "position",
// "hash"}: "before" and "after" are objects, of an update only what differs; "position" is null until it is
// sealed.
Json to_json(const AuditEvent& event);
// {"tenant", "size", "hash", "at", "line"}: "line" is what is kept elsewhere.
Json to_json(const AuditCheckpoint& checkpoint);
// {"holds", "entries", "checkpoints", "unsealed", "erased", "fault", "fault_at"}
Json to_json(const AuditProof& proof);

// {"right", "may", "least_role", "fresh", "about"}: whether somebody has it.
Json to_json(const Scope& scope, bool may);

}  // namespace smscrm
