// The list of messages, with its filters and pages:
// https://www.twilio.com/docs/messaging/api/message-resource#fetch-multiple-message-resources
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "core/base/form.hpp"
#include "daemon/sandbox/api_error.hpp"
#include "daemon/sandbox/ledger.hpp"

namespace smscrm {

// The reply to `query`, newest first. A message that has not been sent yet has no date, so every filter on
// DateSent leaves it out. `DateSent>=` and `DateSent<=` include the day or moment named, `DateSent>` and
// `DateSent<` do not.
std::variant<std::string, ApiError> list_messages(const SandboxLedger& ledger, const std::string& account,
                                                  const Form& query);

}  // namespace smscrm
