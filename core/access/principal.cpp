#include "core/access/principal.hpp"

namespace smscrm {

Verdict decide(const Principal& who, std::string_view scope, std::optional<TenantId> tenant, Timestamp at) {
  const auto* wanted = find_scope(scope);
  if (!wanted) return Verdict::denied;
  if (who.key) {
    if (!tenant || who.tenant != *tenant) return Verdict::hidden;
    return wanted->least && !wanted->fresh && who.scopes.count(scope) > 0 ? Verdict::allowed
                                                                          : Verdict::denied;
  }
  if (!wanted->least) {
    if (!who.is_operator) return Verdict::hidden;
  } else {
    const auto role = tenant ? who.roles.find(*tenant) : who.roles.end();
    if (role == who.roles.end()) return Verdict::hidden;
    if (role->second < *wanted->least) return Verdict::denied;
  }
  return wanted->fresh && at - who.fresh_at > fresh_for ? Verdict::stale : Verdict::allowed;
}

}  // namespace smscrm
