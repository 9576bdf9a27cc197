#include "core/inbox/conversation.hpp"

#include <algorithm>

#include "core/inbox/inbox.hpp"
#include "core/sending/message.hpp"

namespace smscrm {

std::vector<Exchange> list_conversation(Tx& tx, TenantId tenant, const std::string& msisdn, int limit) {
  std::vector<Exchange> exchanges;
  MessageFilter sent;
  sent.msisdn = msisdn;
  for (const auto& message : collect(tx, list_messages(tenant, sent), limit))
    if (message.status != MessageStatus::skipped)
      exchanges.push_back({.at = message.claimed_at.value_or(message.created_at),
                           .body = message.body,
                           .status = std::string{to_string(message.status)},
                           .address = message.sender,
                           .campaign = message.campaign_slug,
                           .message = message.id});
  InboxFilter received;
  received.msisdn = msisdn;
  for (const auto& inbound : collect(tx, list_inbound(tenant, received), limit)) {
    // Newest first, as all of it is for now.
    if (!inbound.reply.empty())
      exchanges.push_back({.at = inbound.received_at,
                           .body = inbound.reply,
                           .status = "answered",
                           .address = inbound.address,
                           .campaign = "",
                           .received = inbound.id});
    exchanges.push_back({.at = inbound.received_at,
                         .inbound = true,
                         .body = inbound.body,
                         .status = "received",
                         .address = inbound.address,
                         .campaign = inbound.campaign,
                         .received = inbound.id});
  }
  std::stable_sort(exchanges.begin(), exchanges.end(),
                   [](const Exchange& one, const Exchange& other) { return one.at > other.at; });
  if (exchanges.size() > static_cast<std::size_t>(limit))
    exchanges.erase(exchanges.begin() + limit, exchanges.end());
  std::reverse(exchanges.begin(), exchanges.end());
  return exchanges;
}

Json to_json(const Exchange& exchange) {
  return {{"at", format_rfc3339(exchange.at)},
          {"direction", exchange.inbound ? "in" : "out"},
          {"status", exchange.status},
          {"body", exchange.body},
          {"sender", exchange.address},
          {"campaign", exchange.campaign},
          {"message", or_null(exchange.message)},
          {"inbound", or_null(exchange.received)}};
}

}  // namespace smscrm
