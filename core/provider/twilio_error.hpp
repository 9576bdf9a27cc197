// What Twilio's error codes mean to us. The classes are ours; what the codes mean is at
// twilio.com/docs/api/errors/CODE.
#pragma once

#include <optional>

#include "core/provider/provider.hpp"

namespace smscrm {

// What to do about an error code of Twilio's: of the reply to a request with that HTTP status, or of a
// receipt when `http_status` is 0. Unknown codes: 429 retryable, 5xx ambiguous, 401 and 403 configuration,
// other statuses by the code, those below 21000 configuration, for they speak of accounts and requests, and
// the others permanent; in a receipt permanent, for what failed once at the carrier is not repeated on a
// guess.
ErrorClass classify_twilio_error(int code, int http_status);

// What a receipt's code says of another attempt; nullopt: the message is not to be tried again.
std::optional<ReceiptRetry> find_twilio_retry(int error_code);

}  // namespace smscrm
