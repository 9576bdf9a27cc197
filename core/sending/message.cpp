#include "core/sending/message.hpp"

#include <algorithm>

namespace smscrm {
namespace {

// $1 is the tenant.
constexpr const char* select_messages =
    "SELECT m.id, m.kind, coalesce(c.slug, '') AS campaign_slug, m.contact_id, m.msisdn,"
    " coalesce(s.address, '') AS sender, m.status, m.skip_reason, m.parts, m.attempt, m.provider_sid,"
    " coalesce(trim_scale(m.price)::text, '') AS price, m.currency, m.error_code, m.error, m.body, "
    "m.created_at,"
    " m.status_at, m.claimed_at"
    " FROM message m LEFT JOIN campaign c ON c.tenant_id = $1 AND c.id = m.campaign_id"
    " LEFT JOIN sender s ON s.tenant_id = $1 AND s.id = m.sender_id WHERE m.tenant_id = $1 ";

Message read(const Row& row) {
  Message message;
  message.id = row["id"].as<MessageId>();
  message.kind = row["kind"].as<std::string>();
  message.campaign_slug = row["campaign_slug"].as<std::string>();
  message.contact = as_optional<ContactId>(row["contact_id"]);
  message.msisdn = row["msisdn"].as<std::string>();
  message.sender = row["sender"].as<std::string>();
  message.status = parse_message_status(row["status"].as<std::string>());
  message.skip_reason = row["skip_reason"].as<std::string>();
  message.parts = row["parts"].as<int>();
  message.attempt = row["attempt"].as<int>();
  message.provider_sid = row["provider_sid"].as<std::string>();
  message.price = row["price"].as<std::string>();
  message.currency = row["currency"].as<std::string>();
  message.error_code = as_optional<int>(row["error_code"]);
  message.error = row["error"].as<std::string>();
  message.body = row["body"].as<std::string>();
  message.created_at = row["created_at"].as<Timestamp>();
  message.status_at = row["status_at"].as<Timestamp>();
  message.claimed_at = as_optional<Timestamp>(row["claimed_at"]);
  return message;
}

const std::vector<MessageStatus> bad_ends{MessageStatus::undelivered, MessageStatus::failed};
bool is_bad(MessageStatus status) { return std::ranges::find(bad_ends, status) != bad_ends.end(); }

std::vector<std::string> words_of(const std::vector<MessageStatus>& statuses) {
  std::vector<std::string> words;
  for (const auto status : statuses) words.emplace_back(to_string(status));
  return words;
}

}  // namespace

Listing<Message> list_messages(TenantId tenant, const MessageFilter& filter) {
  Listing<Message> listing{select_messages, "m.id DESC", {to_param(tenant)}, read};
  auto& sql = listing.sql;
  if (filter.campaign) {
    sql += fmt::format("AND m.campaign_id = {} ", listing.param(to_param(filter.campaign->id)));
    sql += fmt::format("AND m.id >= {} ", listing.param(to_param(filter.campaign->first_message)));
    sql += fmt::format("AND m.id <= {} ", listing.param(to_param(filter.campaign->last_message)));
  }
  if (!filter.statuses.empty())
    sql += fmt::format("AND m.status = ANY({}::message_status[]) ",
                       listing.param(to_param(words_of(filter.statuses))));
  // Neither the status of a message nor its error is in an index, which each change of one would have to
  // change. Bad ends are rare, and each was told as an event.
  const bool only_bad = !filter.statuses.empty() && std::ranges::all_of(filter.statuses, is_bad);
  if (only_bad || filter.error_code) {
    sql += fmt::format(
        "AND m.id IN (SELECT e.message_id FROM message_event e WHERE e.tenant_id = $1"
        " AND e.status IN ('undelivered', 'failed') AND e.status = ANY({}::message_status[])",
        listing.param(to_param(words_of(only_bad ? filter.statuses : bad_ends))));
    if (filter.error_code)
      sql += fmt::format(" AND e.error_code = {}", listing.param(to_param(*filter.error_code)));
    sql += ") ";
  }
  if (filter.error_code)
    sql += fmt::format("AND m.error_code = {} ", listing.param(to_param(*filter.error_code)));
  if (!filter.kind.empty()) sql += fmt::format("AND m.kind = {} ", listing.param(filter.kind));
  if (!filter.kind.empty() && filter.kind != "campaign") sql += "AND m.campaign_id IS NULL ";
  if (filter.sender) sql += fmt::format("AND m.sender_id = {} ", listing.param(to_param(*filter.sender)));
  if (filter.since) sql += fmt::format("AND m.status_at >= {} ", listing.param(to_param(*filter.since)));
  if (!filter.msisdn.empty()) {
    const auto number = listing.param(filter.msisdn);
    sql += fmt::format("AND m.msisdn = {} ", number);
    // Numbers are indexed through their contacts, and alone where there is none.
    if (!filter.campaign)
      sql += fmt::format(
          "AND (m.contact_id IS NULL OR"
          " m.contact_id = (SELECT id FROM contact WHERE tenant_id = $1 AND msisdn = {})) ",
          number);
  }
  if (filter.before) sql += fmt::format("AND m.id < {} ", listing.param(to_param(*filter.before)));
  return listing;
}

std::optional<Message> find_campaign_message(Tx& tx, TenantId tenant, const Campaign& campaign,
                                             const std::string& msisdn) {
  const auto find = [&](const std::string& where) {
    return exec(tx,
                std::string{select_messages} +
                    "AND m.campaign_id = $2 AND m.id BETWEEN $3 AND $4 AND m.msisdn = $5 " + where,
                tenant, campaign.id, campaign.first_message, campaign.last_message, msisdn);
  };
  const auto by_contact =
      find("AND m.contact_id = (SELECT id FROM contact WHERE tenant_id = $1 AND msisdn = $5)");
  if (!by_contact.empty()) return read(by_contact.front());
  // A contact that was not touched since, give or take what clocks differ, had the number then.
  const bool is_the_same = !exec(tx,
                                 "SELECT FROM contact WHERE tenant_id = $1 AND msisdn = $2"
                                 "   AND updated_at < $3::timestamptz - interval '5 minutes'",
                                 tenant, msisdn, campaign.launched_at)
                                .empty();
  if (is_the_same) return std::nullopt;
  const auto all = find("ORDER BY m.id DESC LIMIT 1");
  if (all.empty()) return std::nullopt;
  return read(all.front());
}

Message get_message(Tx& tx, TenantId tenant, MessageId id) {
  const auto rows = exec(tx, std::string{select_messages} + "AND m.id = $2", tenant, id);
  if (rows.empty())
    throw Error(Errc::not_found, "there is no message {}", id.value)
        .with_hint("\"smscrm message list\" shows the latest");
  return read(rows.front());
}

std::vector<MessageAttempt> list_message_attempts(Tx& tx, TenantId tenant, MessageId id) {
  std::vector<MessageAttempt> attempts;
  for (const auto& row :
       exec(tx,
            "SELECT attempt, status, provider_sid, parts, error_code, detail, claimed_at, ended_at"
            "  FROM message_attempt WHERE tenant_id = $1 AND message_id = $2 ORDER BY attempt",
            tenant, id))
    attempts.push_back({row["attempt"].as<int>(), parse_message_status(row["status"].as<std::string>()),
                        row["provider_sid"].as<std::string>(), row["parts"].as<int>(),
                        as_optional<int>(row["error_code"]), row["detail"].as<std::string>(),
                        as_optional<Timestamp>(row["claimed_at"]), row["ended_at"].as<Timestamp>()});
  return attempts;
}

std::vector<MessageEvent> list_message_events(Tx& tx, TenantId tenant, MessageId id) {
  std::vector<MessageEvent> events;
  for (const auto& row : exec(tx,
                              "SELECT recorded_at, status, source, provider_sid, error_code, detail"
                              "  FROM message_event WHERE tenant_id = $1 AND message_id = $2"
                              " ORDER BY recorded_at, message_rank(status)",
                              tenant, id))
    events.push_back({row["recorded_at"].as<Timestamp>(),
                      parse_message_status(row["status"].as<std::string>()), row["source"].as<std::string>(),
                      row["provider_sid"].as<std::string>(), as_optional<int>(row["error_code"]),
                      row["detail"].as<std::string>()});
  return events;
}

}  // namespace smscrm
