#include "core/sending/message_resolve.hpp"

#include "core/db/joins.hpp"
#include "core/event/event.hpp"
#include "core/lane/daily_cap.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "core/phone/place.hpp"
#include "core/sending/lock.hpp"
#include "core/sending/message.hpp"
#include "core/sending/work.hpp"

namespace smscrm {
namespace {

constexpr const char* hold_hint =
    "with \"smscrm tenant update --unknown-policy hold\" it is held once its absence is proven";

// Those of the messages that are held, decided.
std::int64_t resolve(Tx& tx, TenantId tenant, const std::vector<MessageId>& wanted, OperatorVerdict verdict,
                     const std::string& by, Timestamp at) {
  const auto canceled = lock_campaigns_of(tx, tenant, wanted);
  CounterChanges counters;
  UsageChanges usage;
  std::vector<MessageId> ids, again;
  std::vector<std::optional<CampaignId>> campaigns;  // of `again`
  std::vector<std::string> statuses;
  for (const auto& row :
       exec(tx,
            fmt::format("SELECT m.id, m.campaign_id, m.sender_id, m.claimed_at, m.parts, m.error_code,"
                        "       m.msisdn"
                        "  FROM {} m WHERE {} AND (SELECT d.task FROM work_due d WHERE d.tenant_id = $1"
                        "                  AND d.message_id = m.id) = 'hold'"
                        " FOR UPDATE OF m",
                        look_up("message"), as_filter("m.status = 'unknown'")),
            tenant, wanted)) {
    const auto campaign = as_optional<CampaignId>(row["campaign_id"]);
    auto status = verdict == OperatorVerdict::sent ? MessageStatus::sent : MessageStatus::failed;
    if (verdict == OperatorVerdict::resend)
      status = campaign && canceled.count(*campaign) > 0 ? MessageStatus::canceled : MessageStatus::waiting;
    ids.push_back(row["id"].as<MessageId>());
    statuses.emplace_back(to_string(status));
    if (status == MessageStatus::waiting) {
      again.push_back(ids.back());
      campaigns.push_back(campaign);
    }
    const auto sender = as_optional<SenderId>(row["sender_id"]);
    counters.move(campaign, MessageStatus::unknown, status, sender);
    counters.add_error(campaign, status, as_optional<int>(row["error_code"]), sender);
    if (verdict == OperatorVerdict::sent) continue;
    const auto parts = row["parts"].as<int>();
    usage.add(sender, row["claimed_at"].as<Timestamp>(), -parts);
    counters.add_parts(campaign, -parts,
                       {sender, std::string{find_country_of_number(row["msisdn"].as<std::string>())}});
  }
  if (ids.empty()) return 0;
  const auto detail = fmt::format("decided by {}", by);
  if (verdict == OperatorVerdict::resend)
    exec(tx,
         fmt::format(
             "INSERT INTO message_attempt (tenant_id, message_id, attempt, status, sender_id, parts, detail,"
             "                             claimed_at, ended_at)"
             " SELECT $1::bigint, m.id, m.attempt, 'unknown', m.sender_id, 0, $3, m.claimed_at, $4"
             "   FROM {} m",
             look_up("message")),
         tenant, ids, detail, at);
  else
    exec(
        tx,
        "INSERT INTO message_event (tenant_id, message_id, provider_sid, status, source, detail, recorded_at)"
        " SELECT $1::bigint, u.id, '', u.status::message_status, 'operator', $4, $5"
        "   FROM unnest($2::bigint[], $3::text[]) AS u(id, status) ON CONFLICT DO NOTHING",
        tenant, ids, statuses, detail, at);
  exec(tx,
       "UPDATE message m SET status = u.status::message_status, status_at = $4,"
       "       parts = CASE WHEN u.status = 'sent' THEN m.parts ELSE 0 END,"
       "       error = CASE WHEN u.status = 'failed' THEN $5 ELSE '' END"
       "  FROM unnest($2::bigint[], $3::text[]) AS u(id, status)" +
           place_of("message", "u.id") + " WHERE m.ctid = l.place",
       tenant, ids, statuses, at, detail);
  send_again(tx, tenant, again, campaigns, at);
  exec(tx, "DELETE FROM work_due WHERE " + looked_up("work_due", "message_id", "task = 'hold'"), tenant, ids);
  record_message_events(tx, tenant, ids, at);
  apply_counters(tx, tenant, launch_slot, counters, at);
  apply_usage(tx, tenant, usage);
  return static_cast<std::int64_t>(ids.size());
}

}  // namespace

OperatorVerdict parse_verdict(std::string_view word) {
  if (word == "sent") return OperatorVerdict::sent;
  if (word == "resend") return OperatorVerdict::resend;
  if (word == "failed") return OperatorVerdict::failed;
  throw Error(Errc::invalid, "\"{}\" decides nothing; write sent, resend or failed", word);
}

std::int64_t count_held(Tx& tx, TenantId tenant) {
  return exec(tx, "SELECT count(*) FROM work_due WHERE tenant_id = $1 AND task = 'hold'", tenant)
      .front()[0]
      .as<std::int64_t>();
}

std::int64_t count_held(Tx& tx, TenantId tenant, CampaignId campaign) {
  return exec(tx, "SELECT count(*) FROM work_due WHERE tenant_id = $1 AND campaign_id = $2 AND task = 'hold'",
              tenant, campaign)
      .front()[0]
      .as<std::int64_t>();
}

std::int64_t count_asked(Tx& tx, TenantId tenant, CampaignId campaign) {
  return exec(
             tx,
             "SELECT count(*) FROM work_due d JOIN message m ON m.tenant_id = $1 AND m.id = d.message_id"
             " WHERE d.tenant_id = $1 AND d.campaign_id = $2 AND d.task = 'resolve' AND m.status = 'unknown'",
             tenant, campaign)
      .front()[0]
      .as<std::int64_t>();
}

void resolve_message(Tx& tx, TenantId tenant, MessageId message, OperatorVerdict verdict,
                     const std::string& by, Timestamp at) {
  if (resolve(tx, tenant, {message}, verdict, by, at) > 0) return;
  const auto found = get_message(tx, tenant, message);
  if (found.status != MessageStatus::unknown)
    throw Error(Errc::conflict, "message {} is {}; only an unknown one can be resolved", message.value,
                to_string(found.status));
  throw Error(Errc::refused, "message {} may still be found: the provider is asked about it", message.value)
      .with_hint(hold_hint);
}

std::int64_t resolve_messages(Tx& tx, TenantId tenant, CampaignId campaign, OperatorVerdict verdict,
                              const std::string& by, Timestamp at) {
  std::vector<MessageId> held;
  for (const auto& row :
       exec(tx, "SELECT message_id FROM work_due WHERE tenant_id = $1 AND campaign_id = $2 AND task = 'hold'",
            tenant, campaign))
    held.push_back(row[0].as<MessageId>());
  const auto resolved = held.empty() ? 0 : resolve(tx, tenant, held, verdict, by, at);
  if (resolved > 0) return resolved;
  if (const auto asked = count_asked(tx, tenant, campaign); asked > 0)
    throw Error(Errc::refused, "{} unknown message{} may still be found: the provider is asked about {}",
                asked, asked == 1 ? "" : "s", asked == 1 ? "it" : "them")
        .with_hint(hold_hint);
  return 0;
}

}  // namespace smscrm
