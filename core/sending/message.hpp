// Reading messages: what was sent, to whom, and what became of it. Launches write them
// (core/campaign/launch.hpp), and core/sending/single.hpp and receipts change them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/campaign/campaign.hpp"
#include "core/db/listing.hpp"
#include "core/ledger/message_status.hpp"

namespace smscrm {

struct Message {
  MessageId id;
  std::string kind;           // "campaign", "reply", "test" or "transactional"
  std::string campaign_slug;  // empty: of none
  std::optional<ContactId> contact;
  std::string msisdn;  // to
  std::string sender;  // address; empty until claimed
  MessageStatus status;
  std::string skip_reason;  // empty unless skipped
  int parts = 0;            // 0 until rendered
  int attempt = 0;          // requests that may have left
  std::string provider_sid;
  std::string price, currency;    // decimal; empty until the provider says
  std::optional<int> error_code;  // the provider's
  std::string error;
  std::string body;  // as it was sent; of a campaign's message, empty until claimed
  Timestamp created_at, status_at;
  std::optional<Timestamp> claimed_at;
};

struct MessageFilter {
  std::optional<Campaign> campaign;
  std::vector<MessageStatus> statuses = {};  // any of them; empty: all
  std::string msisdn;                        // empty: all
  std::string kind;                          // empty: all
  std::optional<SenderId> sender;
  std::optional<int> error_code;    // the provider's, with which it was refused or did not arrive
  std::optional<Timestamp> since;   // whose status changed then or later
  std::optional<MessageId> before;  // only older ones: the page after this message
};

// Newest first. By number alone, those of a contact since deleted are not found; by campaign and number, all.
Listing<Message> list_messages(TenantId tenant, const MessageFilter& filter);

// What a launched campaign has for a number, a deleted contact's too. Looked up by the contact that has the
// number; only where the contact may be another than at the launch, the whole campaign is read for it.
std::optional<Message> find_campaign_message(Tx& tx, TenantId tenant, const Campaign& campaign,
                                             const std::string& msisdn);

// Throws Error{not_found}.
Message get_message(Tx& tx, TenantId tenant, MessageId id);

// One that did not decide: the message was sent again after it, or is to be.
struct MessageAttempt {
  int attempt = 0;       // 1, 2 …
  MessageStatus status;  // undelivered or failed: by receipt; unknown: it never arrived
  std::string provider_sid;
  int parts = 0;  // that were billed
  std::optional<int> error_code;
  std::string detail;
  std::optional<Timestamp> claimed_at;
  Timestamp ended_at;
};

std::vector<MessageAttempt> list_message_attempts(Tx& tx, TenantId tenant, MessageId id);  // oldest first

struct MessageEvent {
  Timestamp recorded_at;
  MessageStatus status;
  std::string source;  // "send", "receipt", "reconcile" or "operator"
  std::string provider_sid;
  std::optional<int> error_code;
  std::string detail;
};

std::vector<MessageEvent> list_message_events(Tx& tx, TenantId tenant, MessageId id);  // oldest first

}  // namespace smscrm
