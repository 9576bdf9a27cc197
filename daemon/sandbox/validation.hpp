// What can be said of a request to create a message from its parameters alone.
// Rules: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource and the page of
// each error; magic numbers: https://www.twilio.com/docs/iam/test-credentials
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/form.hpp"
#include "core/base/time.hpp"
#include "daemon/sandbox/api_error.hpp"

namespace smscrm {

struct NewTwilioMessage {
  std::string to;
  std::string from;     // empty: chosen by the service
  std::string service;  // MG…, empty without one
  std::string body;
  std::string callback;
  int parts = 1;
  int media = 0;
  std::chrono::seconds validity{36'000};
  std::optional<Timestamp> send_at;
};

// The magic numbers hold for every account; a test account knows no other From and no service.
std::variant<NewTwilioMessage, ApiError> validate_message(const Form& form, bool test_account, Timestamp now);

bool is_sender_address(std::string_view address);  // E.164, short code, alphanumeric or "channel:…"
bool is_sid(std::string_view text, std::string_view prefix);
bool is_channel_address(std::string_view address);  // "whatsapp:+14155552671", "messenger:1234"
bool is_short_code(std::string_view address);       // 3 to 6 digits

}  // namespace smscrm
