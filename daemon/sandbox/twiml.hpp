// The XML that an inbound webhook answers with: https://www.twilio.com/docs/messaging/twiml
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace smscrm {

struct TwimlMessage {
  std::string to, from;  // empty: back to who wrote, from the number written to
  std::string body;
  std::string callback;  // statusCallback
  int media = 0;
};

// The messages of a document. Other verbs (Redirect) are read and not followed. Throws Error{invalid} for
// what is not well-formed XML with a Response at its root: Twilio's 12100.
std::vector<TwimlMessage> parse_twiml(std::string_view document);

}  // namespace smscrm
