#include "core/inbox/inbox.hpp"

namespace smscrm {
namespace {

// The name by a look of its own for each text: a join would read all contacts where the planner does not know
// how many there are.
constexpr const char* select_inbound =
    "SELECT i.id, i.msisdn, i.address, i.body, i.keyword, i.reply, i.rule, i.not_own, i.media::text AS media,"
    " i.message_id, i.received_at, i.read_at, i.answer_id, i.answered_at, coalesce(c.slug, '') AS campaign,"
    " coalesce((SELECT trim(p.first_name || ' ' || p.last_name) FROM contact p"
    "            WHERE p.tenant_id = $1 AND p.msisdn = i.msisdn), '') AS contact_name"
    " FROM inbound i LEFT JOIN campaign c ON c.tenant_id = $1 AND c.id = i.campaign_id WHERE i.tenant_id = "
    "$1 ";

Inbound read(const Row& row) {
  Inbound inbound;
  inbound.id = row["id"].as<InboundId>();
  inbound.msisdn = row["msisdn"].as<std::string>();
  inbound.address = row["address"].as<std::string>();
  inbound.body = row["body"].as<std::string>();
  inbound.keyword = row["keyword"].as<std::string>();
  inbound.reply = row["reply"].as<std::string>();
  inbound.media = row["media"].as<std::string>();
  inbound.rule = row["rule"].as<std::string>();
  inbound.not_own = row["not_own"].as<std::string>();
  inbound.campaign = row["campaign"].as<std::string>();
  inbound.contact_name = row["contact_name"].as<std::string>();
  inbound.message = as_optional<MessageId>(row["message_id"]);
  inbound.received_at = row["received_at"].as<Timestamp>();
  inbound.read_at = as_optional<Timestamp>(row["read_at"]);
  inbound.answer = as_optional<MessageId>(row["answer_id"]);
  inbound.answered_at = as_optional<Timestamp>(row["answered_at"]);
  return inbound;
}

}  // namespace

Listing<Inbound> list_inbound(TenantId tenant, const InboxFilter& filter) {
  return {std::string{select_inbound} +
              "AND ($2 = '' OR c.slug = $2) AND ($3 = '' OR i.msisdn = $3)"
              " AND (NOT $4 OR i.read_at IS NULL) AND ($5 OR i.keyword = '')"
              " AND ($6::bigint IS NULL OR i.id < $6)",
          "i.id DESC",
          {to_param(tenant), filter.campaign, filter.msisdn, to_param(filter.unread_only),
           to_param(filter.keywords), to_param(filter.before)},
          read};
}

Inbound get_inbound(Tx& tx, TenantId tenant, InboundId id) {
  const auto rows = exec(tx, std::string{select_inbound} + "AND i.id = $2", tenant, id);
  if (rows.empty())
    throw Error(Errc::not_found, "there is no inbound text {}", id.value)
        .with_hint("\"smscrm inbox list\" shows them");
  return read(rows.front());
}

void mark_read(Tx& tx, TenantId tenant, InboundId id, Timestamp at) {
  exec(tx, "UPDATE inbound SET read_at = $3 WHERE tenant_id = $1 AND id = $2 AND read_at IS NULL", tenant, id,
       at);
}

void mark_answered(Tx& tx, TenantId tenant, InboundId id, MessageId answer, Timestamp at) {
  mark_read(tx, tenant, id, at);
  exec(tx, "UPDATE inbound SET answer_id = $3, answered_at = $4 WHERE tenant_id = $1 AND id = $2", tenant, id,
       answer, at);
}

}  // namespace smscrm
