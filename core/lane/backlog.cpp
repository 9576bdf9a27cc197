#include "core/lane/backlog.hpp"

#include <algorithm>

namespace smscrm {
namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

constexpr auto worth_a_word = 5s;  // shorter waits are those of every message

}  // namespace

// The queue moves on through what was claimed in `pace` of the time that it took to claim it; what was
// claimed since the one that left last is still before us.
std::chrono::seconds estimate_backlog(const std::vector<QueueSample>& samples, Timestamp at) {
  const auto has_left = [](const QueueSample& sample) { return sample.left_at.has_value(); };
  const auto last = std::find_if(samples.rbegin(), samples.rend(), has_left);
  if (last == samples.rend() || last == samples.rbegin()) return 0s;  // the newest has left: nothing waits
  const auto first = std::find_if(samples.begin(), samples.end(), has_left);
  double pace = 1;
  if (const Seconds took = *last->left_at - *first->left_at; took > 0s)
    pace = std::clamp(Seconds{last->claimed_at - first->claimed_at} / took, 0.001, 1.0);
  const Seconds ahead = samples.back().claimed_at - last->claimed_at;
  const Seconds wait = Seconds{*last->left_at - at} + ahead / pace;
  return std::clamp(
      std::chrono::duration_cast<std::chrono::seconds>(std::min(wait, Seconds{longest_backlog})), 0s,
      longest_backlog);
}

Backlogs read_backlogs(Tx& tx, TenantId tenant, Timestamp at) {
  std::map<SenderId, std::vector<QueueSample>> samples;
  // Claims at ages that grow by two fifths, and of each a message of every sender that is among its first.
  for (const auto& row :
       exec(tx,
            "SELECT DISTINCT ON (r.claimed_at, m.sender_id) m.sender_id, r.claimed_at,"
            "       (SELECT min(e.recorded_at) FROM message_event e WHERE e.tenant_id = $1"
            "           AND e.message_id = m.id AND e.provider_sid = m.provider_sid"
            "           AND e.status IN ('sent', 'delivered', 'undelivered')) AS left_at"
            "  FROM (SELECT DISTINCT ON (r.claimed_at) r.* FROM generate_series(0, 31) AS g(n) CROSS JOIN "
            "LATERAL"
            "         (SELECT claimed_at, first_message, last_message FROM claimed_range WHERE tenant_id = $1"
            "             AND claimed_at <= $2::timestamptz - make_interval(secs => power(1.4, g.n) - 1)"
            "             AND claimed_at > $2::timestamptz - interval '10 h'"
            "           ORDER BY claimed_at DESC LIMIT 1) r ORDER BY r.claimed_at) r"
            "  CROSS JOIN LATERAL"
            "       (SELECT id, sender_id, provider_sid FROM message WHERE tenant_id = $1"
            "           AND id BETWEEN r.first_message AND r.last_message AND claimed_at = r.claimed_at"
            "           AND sender_id IS NOT NULL"
            "           AND status IN ('queued', 'sending', 'sent', 'delivered', 'undelivered')"
            "         ORDER BY id LIMIT 20) m"
            " ORDER BY r.claimed_at, m.sender_id, m.id",
            tenant, at))
    samples[row["sender_id"].as<SenderId>()].push_back(
        {row["claimed_at"].as<Timestamp>(), as_optional<Timestamp>(row["left_at"])});
  Backlogs backlogs;
  for (const auto& [sender, of_it] : samples)
    if (const auto wait = estimate_backlog(of_it, at); wait >= worth_a_word) backlogs[sender] = wait;
  return backlogs;
}

std::chrono::seconds shortest_backlog(const Backlogs& backlogs, const std::vector<Sender>& senders,
                                      const std::vector<SenderId>& chosen) {
  std::optional<std::chrono::seconds> shortest;
  for (const auto& sender : senders) {
    if (!chosen.empty() && std::find(chosen.begin(), chosen.end(), sender.id) == chosen.end()) continue;
    const auto known = backlogs.find(sender.id);
    const auto wait = known == backlogs.end() ? 0s : known->second;
    shortest = std::min(shortest.value_or(wait), wait);
  }
  return shortest.value_or(0s);
}

}  // namespace smscrm
