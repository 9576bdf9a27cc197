#include "core/lane/brake.hpp"

#include "core/base/bounds.hpp"

namespace smscrm {

bool pull_brake(Tx& tx, TenantId tenant, const std::string& by, const std::string& reason, Timestamp at) {
  check_length(reason, longest_name, "a reason");
  check_has_lane(tx, tenant);
  return exec(tx,
              "UPDATE lane SET paused_at = $2, pause_code = NULL, pause_reason = $3, paused_by = $4"
              " WHERE tenant_id = $1 AND paused_at IS NULL",
              tenant, at, reason, by)
             .affected_rows() > 0;
}

std::string find_brake(Tx& tx, TenantId tenant) {
  const auto rows =
      exec(tx, "SELECT paused_by FROM lane WHERE tenant_id = $1 AND paused_at IS NOT NULL", tenant);
  return rows.empty() ? "" : rows.front()[0].as<std::string>();
}

std::string describe(const LanePause& pause, const std::string& by) {
  auto reason = pause.reason;  // the provider's words, often whole sentences
  if (reason.ends_with('.')) reason.pop_back();
  return fmt::format("sending is paused since {}{}{}{}{}", format_rfc3339(pause.since),
                     by.empty() ? "" : " by " + by, reason.empty() ? "" : ": ", reason,
                     pause.code ? fmt::format(" (error {})", *pause.code) : "");
}

}  // namespace smscrm
