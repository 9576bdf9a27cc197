#include "core/access/principal.hpp"

namespace smscrm {

Permission decide(const Principal& who, std::string_view scope, std::optional<TenantId> tenant,
                  Timestamp at) {
  const auto* wanted = find_scope(scope);
  if (!wanted) return Permission::denied;
  if (who.key) {
    if (!tenant || who.tenant != *tenant) return Permission::hidden;
    return wanted->least && !wanted->fresh && who.scopes.count(scope) > 0 ? Permission::allowed
                                                                          : Permission::denied;
  }
  if (!wanted->least) {
    if (!who.is_operator) return Permission::hidden;
  } else {
    const auto role = tenant ? who.roles.find(*tenant) : who.roles.end();
    if (role == who.roles.end()) return Permission::hidden;
    if (role->second < *wanted->least) return Permission::denied;
  }
  return wanted->fresh && at - who.fresh_at > fresh_for ? Permission::stale : Permission::allowed;
}

}  // namespace smscrm
