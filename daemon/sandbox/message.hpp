// A message as the sandbox keeps it, and the words that Twilio has for it.
// Outside rules are those of Twilio's Messages resource
// (https://www.twilio.com/docs/messaging/api/message-resource) and its OpenAPI file (twilio_api_v2010), of
// which tests/data has the schemas.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.hpp"

namespace smscrm {

enum class TwilioStatus {
  accepted,   // by a messaging service, no sender chosen yet
  scheduled,  // until its SendAt
  queued,
  sending,
  sent,
  delivered,
  undelivered,
  failed,
  canceled,
  received,  // inbound
};
std::string_view to_string(TwilioStatus status);
bool is_final(TwilioStatus status);

enum class TwilioDirection { inbound, outbound_api, outbound_reply };
std::string_view to_string(TwilioDirection direction);

struct StatusChange {
  TwilioStatus status;
  Timestamp at;
};

struct SandboxMessage {
  std::string sid;      // SM…, MM… when it has media
  std::string account;  // AC…
  TwilioDirection direction = TwilioDirection::outbound_api;
  std::string to, from;
  std::string service;   // MG…, empty without one
  std::string body;      // empty once redacted
  std::string callback;  // StatusCallback as given, fragment and all; empty when there is none
  int parts = 1;
  int media = 0;
  TwilioStatus status = TwilioStatus::queued;
  int error_code = 0;  // 0: none
  Timestamp created_at;
  Timestamp updated_at;
  std::optional<Timestamp> sent_at;
  std::optional<Timestamp> send_at;  // scheduled for
  std::chrono::seconds validity{36'000};
  bool deleted = false;               // hidden from the API, never from the ledger
  std::vector<StatusChange> history;  // in order, the first status included
};

// A messaging service has chosen no sender for it yet: `from` is null and the parts are not counted.
inline bool is_unassigned(const SandboxMessage& message) {
  return message.status == TwilioStatus::accepted || message.status == TwilioStatus::scheduled;
}

}  // namespace smscrm
