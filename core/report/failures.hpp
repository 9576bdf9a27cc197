// Why messages did not arrive: by the provider's error, most first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/campaign/campaign.hpp"
#include "core/ledger/message_status.hpp"

namespace smscrm {

struct Failures {
  MessageStatus status = MessageStatus::failed;  // failed: refused; undelivered: by receipt
  std::optional<int> error_code;                 // nullopt: the provider gave none
  std::int64_t messages = 0;
  std::int64_t campaigns = 0;        // in which they were
  Timestamp last_at{};               // when the newest of them ended
  std::optional<MessageId> example;  // the newest; nullopt: what is kept does not tell
};

struct FailureFilter {
  std::optional<Campaign> campaign;
  std::optional<Timestamp> since, until;  // that ended so in this time, to the quarter of an hour
};

// Messages that were tried again and arrived are none.
std::vector<Failures> count_failures(Tx& tx, TenantId tenant, const FailureFilter& filter);

}  // namespace smscrm
