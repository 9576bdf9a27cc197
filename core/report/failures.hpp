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
  std::int64_t campaigns = 0;  // among them
  Timestamp last_at{};
  MessageId example;  // the newest
};

struct FailureFilter {
  std::optional<Campaign> campaign;
  std::optional<Timestamp> since;  // that ended so then or later
};

// Messages that were tried again and arrived are none.
std::vector<Failures> count_failures(Tx& tx, TenantId tenant, const FailureFilter& filter);

}  // namespace smscrm
