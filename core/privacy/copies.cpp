#include "core/privacy/copies.hpp"

#include <algorithm>

#include "core/fence/fence.hpp"

namespace smscrm {

using namespace std::chrono_literals;

std::vector<ProviderCopy> claim_copies(Tx& tx, int most, Timestamp at) {
  std::vector<ProviderCopy> copies;
  if (is_fenced(tx)) return copies;
  for (const auto& row :
       exec(tx,
            "UPDATE erasure_copy c SET due_at = $2::timestamptz + interval '2 min' FROM ("
            "   SELECT tenant_id, provider_sid FROM erasure_copy"
            "    WHERE state = 'waiting' AND due_at <= $2 AND tenant_id = ("
            "            SELECT tenant_id FROM erasure_copy WHERE state = 'waiting' AND due_at <= $2"
            "             ORDER BY due_at LIMIT 1)"
            "    ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED) d"
            " WHERE c.tenant_id = d.tenant_id AND c.provider_sid = d.provider_sid"
            " RETURNING c.tenant_id, c.provider_sid, c.attempts",
            most, at))
    copies.push_back(
        {row["tenant_id"].as<TenantId>(), row["provider_sid"].as<std::string>(), row["attempts"].as<int>()});
  return copies;
}

void record_copy(Tx& tx, const ProviderCopy& copy, const DeleteAnswer& answer, Timestamp at) {
  const int attempts = copy.attempts + 1;
  const bool is_gone = answer.kind == DeleteAnswer::Kind::gone;
  const bool has_failed = !is_gone && attempts >= most_attempts;
  const auto pause = std::min<std::chrono::seconds>(24h, 1h * (1 << std::min(attempts - 1, 5)));
  exec(tx,
       "UPDATE erasure_copy SET state = $3, attempts = $4, due_at = $5, error = left($6, 500)"
       " WHERE tenant_id = $1 AND provider_sid = $2 AND state = 'waiting'",
       copy.tenant, copy.provider_sid,
       is_gone      ? "erased"
       : has_failed ? "failed"
                    : "waiting",
       attempts, at + pause, is_gone ? "" : answer.reason);
}

void give_back_copies(Tx& tx, const std::vector<ProviderCopy>& copies, Timestamp due) {
  std::vector<std::string> sids;
  for (const auto& copy : copies) sids.push_back(copy.provider_sid);
  if (sids.empty()) return;
  exec(tx,
       "UPDATE erasure_copy SET due_at = $3 WHERE tenant_id = $1 AND provider_sid = ANY($2::text[])"
       "   AND state = 'waiting'",
       copies.front().tenant, sids, due);
}

}  // namespace smscrm
