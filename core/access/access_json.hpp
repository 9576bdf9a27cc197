// Users, sessions and API keys as programs see them. Never a secret.
#pragma once

#include <nlohmann/json.hpp>

#include "core/access/api_key.hpp"
#include "core/access/session.hpp"
#include "core/access/user.hpp"

namespace smscrm {

// {"user", "email", "name", "operator", "roles": {slug: role}, "password", "second_factor", "disabled_at",
// "created_at"}
nlohmann::ordered_json to_json(const User& user);

// {"session", "created_at", "seen_at", "expires_at", "address", "agent"}
nlohmann::ordered_json to_json(const Session& session);

// {"key", "name", "state", "scopes", "networks", "created_by", "created_at", "expires_at", "last_used_at",
// "last_used_from", "revoked_at"}
nlohmann::ordered_json to_json(const ApiKey& key, Timestamp at);

}  // namespace smscrm
