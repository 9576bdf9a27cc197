// Twilio Programmable Messaging, API 2010-04-01.
// Rules: twilio.com/docs/messaging/api/message-resource, and the error pages at twilio.com/docs/api/errors.
#pragma once

#include <optional>
#include <string_view>

#include "core/provider/provider.hpp"

namespace smscrm {

const Provider& twilio_provider();

// What Twilio calls a status, in our words: accepted and scheduled are queued, read and partially_delivered
// are delivered. nullopt for one that an outbound message cannot have, or that we do not know.
std::optional<MessageStatus> parse_twilio_status(std::string_view word);

}  // namespace smscrm
