// The forms of Twilio's webhooks: which are Twilio's, and not something else of the same signed bytes.
//
// A signature covers the names and values of a form run together in the order of the names, so it does not
// say where a value ends: with NumMedia=0 appended to MessageSid the same bytes are another text with another
// id. Whoever saw one signed request could play an old START again. So every value has its exact form here,
// and what could be cut in more ways is refused: of all forms with the same signed bytes that pass,
// MessageSid, From and Body are the same. Source: https://www.twilio.com/docs/usage/security,
// messaging/guides/webhook-request (inbound) and messaging/guides/outbound-message-status-in-status-callbacks
// (receipts).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/form.hpp"

namespace smscrm {

// "SM" or "MM" and 32 hex digits.
bool is_message_sid(std::string_view text);

// What is wrong with the form of an inbound text, for whoever reads Twilio's debugger; nullopt: nothing.
//
// Parameters that Twilio may add are taken where their names come after "From" in the order of bytes. Those
// before it could be a part of what the person wrote, so only those are taken that Twilio documents.
std::optional<std::string> find_fault_of_inbound(const Form& form);

// The same of a receipt. Those name their message in the URL, which is signed by itself; new parameters are
// taken wherever they stand.
std::optional<std::string> find_fault_of_receipt(const Form& form);

}  // namespace smscrm
