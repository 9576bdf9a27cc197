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

// What to do about an error code: of the reply to a request with that HTTP status, or of a receipt when
// `http_status` is 0. Unknown codes: 429 retryable, 5xx ambiguous, 401 and 403 configuration, other statuses
// permanent; in a receipt permanent, for what failed once at the carrier is not repeated on a guess.
ErrorClass classify_twilio_error(int code, int http_status);

}  // namespace smscrm
