#include "core/sending/single.hpp"

#include "core/base/text.hpp"
#include "core/db/joins.hpp"
#include "core/fence/fence.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "core/text/encoding.hpp"

namespace smscrm {
namespace {

std::string_view to_string(SingleKind kind) {
  switch (kind) {
    case SingleKind::reply:
      return "reply";
    case SingleKind::test:
      return "test";
    case SingleKind::transactional:
      return "transactional";
  }
  throw Error(Errc::internal, "a kind of message without a name");
}

void count_waiting(Tx& tx, TenantId tenant, std::int64_t messages, Timestamp at) {
  CounterChanges counters;
  counters.add_made(std::nullopt, messages);
  counters.add_status(std::nullopt, MessageStatus::waiting, messages);
  apply_counters(tx, tenant, launch_slot, counters, at);
}

}  // namespace

MessageId queue_single(Tx& tx, TenantId tenant, const NewSingle& single, Timestamp at) {
  if (trim(single.body).empty()) throw Error(Errc::invalid, "a message needs a body");
  if (const auto size = measure(single.body); size.units > max_body_units)
    throw Error(Errc::invalid, "the body has {} characters as an SMS; at most {} can be sent", size.units,
                max_body_units);
  require_unfenced(tx);
  const auto id =
      exec(tx,
           "INSERT INTO message (tenant_id, contact_id, sender_id, created_at, status_at, status, kind,"
           " msisdn, body) VALUES ($1, $2, $3, $4, $4, 'waiting', $5, $6, $7) RETURNING id",
           tenant, single.contact, single.sender, at, to_string(single.kind), single.msisdn, single.body)
          .front()[0]
          .as<MessageId>();
  exec(tx, "INSERT INTO work_due (tenant_id, message_id, due_at, task) VALUES ($1, $2, $3, 'send')", tenant,
       id, at);
  count_waiting(tx, tenant, 1, at);
  return id;
}

void queue_replies(Tx& tx, TenantId tenant, const std::vector<NewSingle>& replies, Timestamp at) {
  if (replies.empty()) return;
  std::vector<std::string> msisdns, bodies;
  std::vector<std::optional<SenderId>> senders;
  for (const auto& reply : replies) {
    msisdns.push_back(reply.msisdn);
    bodies.push_back(reply.body);
    senders.push_back(reply.sender);
  }
  std::vector<MessageId> ids;
  for (const auto& row :
       exec(tx,
            "INSERT INTO message (tenant_id, contact_id, sender_id, created_at, status_at, status, kind, "
            "msisdn,"
            "                     body)"
            " SELECT $1::bigint, c.id, u.sender_id, $2::timestamptz, $2::timestamptz, 'waiting', 'reply',"
            "        u.msisdn, u.body"
            "   FROM unnest($3::text[], $4::text[], $5::bigint[]) AS u(msisdn, body, sender_id)"
            "   LEFT JOIN LATERAL (SELECT id FROM contact WHERE tenant_id = $1 AND " +
                one_with("msisdn", "u.msisdn") + ") c ON true RETURNING id",
            tenant, at, msisdns, bodies, senders))
    ids.push_back(row[0].as<MessageId>());
  exec(tx,
       "INSERT INTO work_due (tenant_id, message_id, due_at, task)"
       " SELECT $1::bigint, u.id, $3::timestamptz, 'send' FROM unnest($2::bigint[]) AS u(id)",
       tenant, ids, at);
  count_waiting(tx, tenant, static_cast<std::int64_t>(ids.size()), at);
}

std::string status_callback_url(const std::string& public_url, const std::string& tenant_slug,
                                MessageId message) {
  return fmt::format("{}/webhooks/twilio/{}/status/{}#rc=3&rp=all", public_url, tenant_slug, message.value);
}

}  // namespace smscrm
