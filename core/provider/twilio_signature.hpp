// X-Twilio-Signature: proof that a webhook comes from Twilio.
// Rule: https://www.twilio.com/docs/usage/security#validating-requests, with the port and duplicate handling
// of Twilio's own libraries (twilio-node 6, twilio-python 9).
//
// `url` is the public URL that Twilio was told, query included, byte for byte: behind a proxy take it from
// the configuration, never from Host or X-Forwarded-*. User, password and fragment are dropped here, as
// Twilio does. `tokens` are the account's auth tokens, several while they rotate; an API key's secret never
// signs.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/base/form.hpp"

namespace smscrm {

// The header's value for a POST of these decoded parameters, or for a GET or a JSON POST with none: 28
// characters. A pair that repeats counts once. The URL is signed as it stands, with or without a port.
std::string twilio_signature(std::string_view token, std::string_view url, const Form& params);

// Whether `header` signs this form POST, or this GET with no parameters, under any token. Twilio adds or
// drops the port at times, so the URL counts as given, without its port, and with the standard port if it has
// none.
bool check_twilio_form(std::span<const std::string> tokens, std::string_view header, std::string_view url,
                       const Form& params);

// The same for a JSON body, which is covered by the lower-case hex SHA-256 in the URL's bodySHA256: a URL
// without it is refused.
bool check_twilio_json(std::span<const std::string> tokens, std::string_view header, std::string_view url,
                       std::string_view body);

}  // namespace smscrm
