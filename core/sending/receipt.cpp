#include "core/sending/receipt.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "core/base/text.hpp"
#include "core/consent/consent.hpp"
#include "core/consent/opt_out_scope.hpp"
#include "core/db/joins.hpp"
#include "core/event/event.hpp"
#include "core/lane/lane.hpp"
#include "core/phone/address.hpp"
#include "core/phone/place.hpp"
#include "core/sending/receipt_retry.hpp"

namespace smscrm {
namespace {

struct Current {
  MessageStatus status;
  std::optional<CampaignId> campaign;
  std::string provider_sid;
  std::string msisdn;
  int retries = 0;
  std::optional<Timestamp> claimed_at;
  std::optional<SenderId> sender;
  std::optional<int> error_code;
  const Receipt* raised_by = nullptr;
};

using Messages = std::unordered_map<MessageId, Current>;

Messages lock_told(Tx& tx, TenantId tenant, std::vector<MessageId> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  Messages messages;
  for (const auto& row : exec(tx,
                              fmt::format("SELECT m.id, m.status, m.campaign_id, m.provider_sid, m.msisdn,"
                                          "       m.retries, m.claimed_at, m.sender_id, m.error_code"
                                          "  FROM {} m FOR UPDATE OF m",
                                          look_up("message")),
                              tenant, ids))
    messages.emplace(row["id"].as<MessageId>(),
                     Current{parse_message_status(row["status"].as<std::string>()),
                             as_optional<CampaignId>(row["campaign_id"]),
                             row["provider_sid"].as<std::string>(), row["msisdn"].as<std::string>(),
                             row["retries"].as<int>(), as_optional<Timestamp>(row["claimed_at"]),
                             as_optional<SenderId>(row["sender_id"]), as_optional<int>(row["error_code"])});
  return messages;
}

void append_events(Tx& tx, TenantId tenant, const std::vector<const Receipt*>& known, ReceiptSource source,
                   Timestamp at) {
  std::vector<MessageId> messages;
  std::vector<std::string> sids, statuses, details;
  std::vector<std::optional<int>> codes;
  for (const auto* receipt : known) {
    messages.push_back(receipt->message);
    sids.push_back(receipt->provider_sid);
    statuses.emplace_back(to_string(receipt->status));
    codes.push_back(receipt->error_code);
    details.push_back(receipt->detail);
  }
  exec(tx,
       "INSERT INTO message_event (tenant_id, message_id, provider_sid, status, source, error_code, detail, "
       "recorded_at)"
       " SELECT $1, u.message_id, u.sid, u.status::message_status, $7, u.code, u.detail, $8"
       "   FROM unnest($2::bigint[], $3::text[], $4::text[], $5::integer[], $6::text[])"
       "     AS u(message_id, sid, status, code, detail) ORDER BY u.message_id"
       " ON CONFLICT DO NOTHING",
       tenant, messages, sids, statuses, codes, details,
       source == ReceiptSource::receipt ? "receipt" : "reconcile", at);
}

// PostgreSQL takes neither NUL nor broken UTF-8.
std::string as_json(const Form& form) {
  auto object = nlohmann::json::object();
  for (const auto& [name, value] : form) object[readable_utf8(name)] = readable_utf8(value);
  return object.dump();
}

void keep_strays(Tx& tx, TenantId tenant, const std::vector<const Receipt*>& strays, Timestamp at) {
  std::vector<MessageId> messages;
  std::vector<std::string> forms;
  for (const auto* receipt : strays) {
    messages.push_back(receipt->message);
    forms.push_back(as_json(receipt->form));
  }
  exec(tx,
       "INSERT INTO receipt_stray (tenant_id, message_id, form, received_at)"
       " SELECT $1, u.message_id, u.form::jsonb, $4 FROM unnest($2::bigint[], $3::text[]) AS u(message_id, "
       "form)",
       tenant, messages, forms, at);
}

// Attempts of these messages that ended, by their id at the provider.
std::set<std::pair<MessageId, std::string>> read_ended(Tx& tx, TenantId tenant, const Messages& messages) {
  std::set<std::pair<MessageId, std::string>> ended;
  std::vector<MessageId> retried;
  for (const auto& [id, message] : messages)
    if (message.retries > 0) retried.push_back(id);
  if (retried.empty()) return ended;
  for (const auto& row : exec(tx,
                              "SELECT u.id AS message_id, a.provider_sid FROM unnest($2::bigint[]) AS u(id)"
                              " CROSS JOIN LATERAL (SELECT provider_sid FROM message_attempt"
                              "    WHERE tenant_id = $1 AND " +
                                  all_with("message_id", "u.id") + ") a WHERE a.provider_sid <> ''",
                              tenant, retried))
    ended.emplace(row["message_id"].as<MessageId>(), row["provider_sid"].as<std::string>());
  return ended;
}

// Those that may be tried again wait for it: they are not raised.
int send_back(Tx& tx, TenantId tenant, const RetryRoom& room, Messages& messages, CounterChanges& counters,
              Timestamp at) {
  std::vector<Retry> retries;
  for (auto& [id, message] : messages) {
    if (message.raised_by == nullptr ||
        !may_retry(room, *message.raised_by, message.campaign, message.retries, at))
      continue;
    retries.push_back({*message.raised_by, message.campaign});
    counters.move(message.campaign, message.status, MessageStatus::waiting, message.sender);
    message.raised_by = nullptr;
  }
  record_retries(tx, tenant, retries, at);
  return static_cast<int>(retries.size());
}

// Returns those raised.
std::vector<MessageId> raise_messages(Tx& tx, TenantId tenant, const Messages& messages, Timestamp at) {
  std::vector<MessageId> ids, were_due;
  std::vector<std::string> statuses, sids, details;
  std::vector<std::optional<int>> codes;
  for (const auto& [id, message] : messages) {
    if (message.raised_by == nullptr) continue;
    ids.push_back(id);
    statuses.emplace_back(to_string(message.raised_by->status));
    sids.push_back(message.raised_by->provider_sid);
    codes.push_back(message.raised_by->error_code);
    details.push_back(message.raised_by->detail);
    if (message.status == MessageStatus::unknown || message.status == MessageStatus::waiting)
      were_due.push_back(id);
  }
  if (ids.empty()) return ids;
  exec(tx,
       "UPDATE message m SET status = u.status::message_status, status_at = $7,"
       "       provider_sid = CASE WHEN m.provider_sid = '' THEN u.sid ELSE m.provider_sid END,"
       "       error_code = coalesce(u.code, m.error_code),"
       "       error = CASE WHEN u.detail = '' THEN m.error ELSE u.detail END"
       "  FROM unnest($2::bigint[], $3::text[], $4::text[], $5::integer[], $6::text[])"
       "          AS u(id, status, sid, code, detail)" +
           place_of("message", "u.id") + " WHERE m.ctid = l.place",
       tenant, ids, statuses, sids, codes, details, at);
  if (!were_due.empty())
    exec(tx, "DELETE FROM work_due WHERE " + looked_up("work_due", "message_id"), tenant, were_due);
  return ids;
}

void count_raised(CounterChanges& counters, const Current& message, Timestamp at) {
  const auto status = message.raised_by->status;
  counters.move(message.campaign, message.status, status, message.sender);
  const auto told = message.raised_by->error_code;
  counters.add_error(message.campaign, status, told ? told : message.error_code, message.sender);
  if (status == MessageStatus::delivered && message.claimed_at)
    counters.add_latency(message.campaign, message.sender, *message.claimed_at, at);
}

// Of messages that are locked; `billed` has no message twice.
int record_charges(Tx& tx, TenantId tenant, const std::vector<const Receipt*>& billed,
                   CounterChanges& counters) {
  std::unordered_map<MessageId, const Receipt*> by_message;
  std::vector<MessageId> asked;
  for (const auto* receipt : billed)
    if (by_message.emplace(receipt->message, receipt).second) asked.push_back(receipt->message);
  std::vector<MessageId> ids;
  std::vector<int> parts;
  std::vector<std::optional<std::string>> prices;
  std::vector<std::string> currencies;
  int priced = 0;
  for (const auto& row : exec(tx,
                              fmt::format("SELECT m.id, m.campaign_id, m.parts, m.price IS NULL AS unpriced,"
                                          "       m.sender_id, m.msisdn"
                                          "  FROM {} m",
                                          look_up("message")),
                              tenant, asked)) {
    const auto id = row["id"].as<MessageId>();
    const auto& receipt = *by_message.at(id);
    const int before = row["parts"].as<int>();
    const int after = receipt.parts.value_or(before);
    const bool unpriced = row["unpriced"].as<bool>() && receipt.price;
    if (after == before && !unpriced) continue;
    ids.push_back(id);
    parts.push_back(after);
    prices.push_back(unpriced ? receipt.price : std::nullopt);
    currencies.push_back(unpriced ? receipt.currency : "");
    priced += unpriced;
    const auto campaign = as_optional<CampaignId>(row["campaign_id"]);
    const Payer payer{as_optional<SenderId>(row["sender_id"]),
                      std::string{find_country_of_number(row["msisdn"].as<std::string>())}};
    counters.add_parts(campaign, after - before, payer);
    if (unpriced) counters.add_money(campaign, receipt.currency, std::stod(*receipt.price), payer);
  }
  if (!ids.empty())
    exec(tx,
         "UPDATE message m SET parts = u.parts, price = coalesce(u.price, m.price),"
         "       currency = CASE WHEN u.price IS NULL THEN m.currency ELSE u.currency END"
         "  FROM unnest($2::bigint[], $3::int[], $4::numeric[], $5::text[])"
         "          AS u(id, parts, price, currency)" +
             place_of("message", "u.id") + " WHERE m.ctid = l.place",
         tenant, ids, parts, prices, currencies);
  return priced;
}

// An error of the account or a sender: the lane stops.
void pause_if_misconfigured(Tx& tx, TenantId tenant, const Messages& messages, Timestamp at) {
  const Current* last = nullptr;  // that left
  for (const auto& [id, message] : messages)
    if (message.raised_by != nullptr && message.raised_by->misconfigured && message.claimed_at &&
        (last == nullptr || *message.claimed_at > *last->claimed_at))
      last = &message;
  if (last == nullptr) return;
  const auto& words = last->raised_by->detail;
  pause_lane(tx, tenant, last->raised_by->error_code,
             words.empty() ? "the provider takes messages and then fails them" : words, *last->claimed_at,
             at);
}

// As a STOP to the sender would, or to the messaging service where there was none.
void record_opt_outs(Tx& tx, TenantId tenant, const Messages& messages, Timestamp at) {
  std::vector<MessageId> ids;
  for (const auto& [id, message] : messages)
    if (message.raised_by != nullptr && message.raised_by->opted_out) ids.push_back(id);
  if (ids.empty()) return;
  const auto scopes = read_opt_out_scopes(tx, tenant);
  std::vector<ConsentChange> changes;
  for (const auto& row :
       exec(tx,
            fmt::format("SELECT m.id, coalesce(s.address, a.messaging_service, '') AS address"
                        "  FROM {} m"
                        "  LEFT JOIN account a ON a.tenant_id = $1"
                        "  LEFT JOIN sender s ON s.tenant_id = $1 AND s.id = m.sender_id"
                        " ORDER BY m.id",
                        look_up("message")),
            tenant, ids)) {
    const auto id = row["id"].as<MessageId>();
    const auto& message = messages.at(id);
    for (auto& scope : scopes.of_stop(row["address"].as<std::string>(), ""))
      changes.push_back({.msisdn = message.msisdn,
                         .action = ConsentAction::opt_out,
                         .method = ConsentMethod::provider,
                         .source = fmt::format("error {}", message.raised_by->error_code.value_or(0)),
                         .occurred_at = at,
                         .message = id,
                         .scope = std::move(scope)});
  }
  record_consent(tx, tenant, changes);
}

}  // namespace

Receipt receipt_of(MessageId message, const ListedMessage& listed) {
  Receipt receipt{message, listed.provider_id, listed.status, listed.error_code, listed.error, {}};
  receipt.opted_out = listed.error_class == ErrorClass::opt_out;
  receipt.misconfigured = listed.error_class == ErrorClass::configuration;
  receipt.retry = listed.retry;
  receipt.parts = listed.parts;
  receipt.price = listed.price;
  receipt.currency = listed.currency;
  return receipt;
}

bool is_number_of(std::string_view address, std::string_view msisdn) {
  return address == msisdn || address_key(address) == address_key(msisdn);
}

ReceiptSummary record_receipts(Tx& tx, TenantId tenant, CounterSlot slot,
                               const std::vector<Receipt>& receipts, ReceiptSource source, Timestamp at) {
  ReceiptSummary summary;
  if (receipts.empty()) return summary;
  std::vector<MessageId> ids;
  for (const auto& receipt : receipts) ids.push_back(receipt.message);
  if (std::any_of(receipts.begin(), receipts.end(), [](const Receipt& r) { return r.misconfigured; }))
    lock_lane_of(tx, tenant);
  const auto room = lock_for_retries(tx, tenant, receipts, at);  // campaigns come before messages
  auto messages = lock_told(tx, tenant, std::move(ids));
  const auto ended = read_ended(tx, tenant, messages);

  std::vector<const Receipt*> known, strays, billed;
  for (const auto& receipt : receipts) {
    const auto at_message = messages.find(receipt.message);
    // Ids return after a failover to a database that lacks the last of them: what is heard of the former
    // message with that id says nothing of this one.
    if (at_message == messages.end() ||
        (receipt.to && !is_number_of(*receipt.to, at_message->second.msisdn))) {
      strays.push_back(&receipt);
      ++summary.stray;
      continue;
    }
    known.push_back(&receipt);
    auto& message = at_message->second;
    if (ended.count({receipt.message, receipt.provider_sid}) > 0) {
      const bool after_all = receipt.status == MessageStatus::delivered &&
                             message.status == MessageStatus::waiting && message.raised_by == nullptr;
      if (after_all) message.raised_by = &receipt;
      ++(after_all ? summary.raised : summary.repeated);
      continue;
    }
    const auto& sid = message.raised_by != nullptr && message.provider_sid.empty()
                          ? message.raised_by->provider_sid
                          : message.provider_sid;
    if (!sid.empty() && sid != receipt.provider_sid) {
      ++summary.foreign;
      continue;
    }
    if (receipt.price || receipt.parts) billed.push_back(&receipt);
    const auto reached = message.raised_by != nullptr ? message.raised_by->status : message.status;
    if (rank(receipt.status) > rank(reached)) {
      message.raised_by = &receipt;
      ++summary.raised;
    } else {
      ++summary.repeated;
    }
  }

  if (!known.empty()) append_events(tx, tenant, known, source, at);
  if (!strays.empty()) keep_strays(tx, tenant, strays, at);
  CounterChanges counters;
  if (!billed.empty()) summary.priced = record_charges(tx, tenant, billed, counters);
  summary.retried = send_back(tx, tenant, room, messages, counters, at);
  record_message_events(tx, tenant, raise_messages(tx, tenant, messages, at), at);

  for (const auto& [id, message] : messages)
    if (message.raised_by != nullptr) count_raised(counters, message, at);
  record_opt_outs(tx, tenant, messages, at);
  pause_if_misconfigured(tx, tenant, messages, at);
  apply_counters(tx, tenant, slot, counters, at);
  return summary;
}

}  // namespace smscrm
