#include "core/access/access_json.hpp"

namespace smscrm {
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
          {"disabled_at", or_null(user.disabled_at)},
          {"created_at", format_rfc3339(user.created_at)}};
}

Json member_to_json(const User& user, TenantId tenant) {
  Json role;
  for (const auto& membership : user.memberships)
    if (membership.tenant == tenant) role = to_string(membership.role);
  return {{"user", user.id.value},
          {"email", user.email},
          {"name", user.name},
          {"role", std::move(role)},
          {"password", user.has_password},
          {"second_factor", user.has_totp},
          {"disabled_at", or_null(user.disabled_at)},
          {"created_at", format_rfc3339(user.created_at)}};
}

Json to_json(const User& user, const std::string& link, Timestamp expires_at) {
  auto record = to_json(user);
  record["link"] = link;
  record["link_expires_at"] = format_rfc3339(expires_at);
  return record;
}

Json second_factor_to_json(const User& user, int recovery_codes) {
  return {{"email", user.email}, {"second_factor", user.has_totp}, {"recovery_codes", recovery_codes}};
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
          {"expires_at", or_null(key.expires_at)},
          {"last_used_at", or_null(key.last_used_at)},
          {"last_used_from", key.last_used_from},
          {"revoked_at", or_null(key.revoked_at)}};
}

Json to_json(const MadeApiKey& made, Timestamp at) {
  auto record = to_json(made.key, at);
  record["secret"] = made.text;
  return record;
}

Json to_json(const AuditEvent& event) {
  const auto part = [](const std::optional<std::string>& text) {
    return text ? Json::parse(*text) : Json{};
  };
  return {{"entry", event.id.value},
          {"at", format_rfc3339(event.at)},
          {"doer", event.doer},
          {"login", event.login},
          {"via", event.via},
          {"request", event.request},
          {"action", event.action},
          {"object", event.object_id},
          {"name", event.object_name.value_or("")},
          {"rows", event.rows},
          {"before", part(event.before)},
          {"after", part(event.after)},
          {"position", event.position ? Json(*event.position) : Json{}},
          {"hash", hex_encode(event.hash)}};
}

Json to_json(const AuditCheckpoint& checkpoint) {
  return {{"tenant", checkpoint.owner ? checkpoint.owner->value : 0},
          {"size", checkpoint.size},
          {"hash", hex_encode(checkpoint.hash)},
          {"at", format_rfc3339(checkpoint.at)},
          {"line", format_checkpoint(checkpoint)}};
}

Json to_json(const AuditProof& proof) {
  return {{"holds", proof.holds()},         {"entries", proof.entries}, {"checkpoints", proof.checkpoints},
          {"unsealed", proof.unsealed},     {"erased", proof.erased},   {"fault", proof.fault},
          {"fault_at", proof.holds() ? Json{} : Json(proof.fault_at)}};
}

Json to_json(const Scope& scope, bool may) {
  return {{"right", scope.name},
          {"may", may},
          {"least_role", scope.least ? to_string(*scope.least) : "operator"},
          {"fresh", scope.fresh},
          {"about", scope.about}};
}

}  // namespace smscrm
