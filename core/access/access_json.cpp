#include "core/access/access_json.hpp"

namespace smscrm {
namespace {

using Json = nlohmann::ordered_json;

Json time_or_null(const std::optional<Timestamp>& at) { return at ? Json(format_rfc3339(*at)) : Json(); }

}  // namespace

Json to_json(const User& user) {
  Json roles = Json::object();
  for (const auto& membership : user.memberships) roles[membership.slug] = to_string(membership.role);
  return {{"user", user.id.value},
          {"email", user.email},
          {"name", user.name},
          {"operator", user.is_operator},
          {"roles", std::move(roles)},
          {"password", user.has_password},
          {"second_factor", user.has_totp},
          {"disabled_at", time_or_null(user.disabled_at)},
          {"created_at", format_rfc3339(user.created_at)}};
}

Json to_json(const Session& session) {
  return {{"session", session.id.value},
          {"created_at", format_rfc3339(session.created_at)},
          {"seen_at", format_rfc3339(session.seen_at)},
          {"expires_at", format_rfc3339(session.expires_at)},
          {"address", session.address},
          {"agent", session.agent}};
}

Json to_json(const ApiKey& key, Timestamp at) {
  return {{"key", key.id.value},
          {"name", key.name},
          {"state", key.state(at)},
          {"scopes", key.scopes},
          {"networks", key.networks},
          {"created_by", key.creator},
          {"created_at", format_rfc3339(key.created_at)},
          {"expires_at", time_or_null(key.expires_at)},
          {"last_used_at", time_or_null(key.last_used_at)},
          {"last_used_from", key.last_used_from},
          {"revoked_at", time_or_null(key.revoked_at)}};
}

}  // namespace smscrm
