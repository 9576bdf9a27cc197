// What a provider's error codes mean to people, and what helps. The codes are Twilio's; its own words, often
// those of a programmer, stay beside them.
#pragma once

#include <string_view>

namespace smscrm {

struct ErrorText {
  std::string_view meaning;  // "unknown or inactive number"
  std::string_view remedy;   // a sentence; empty: nothing helps but another number
};

// Both empty for a code that is not in the table.
// Rule: twilio.com/docs/api/errors/CODE.
ErrorText explain_error(int code);

}  // namespace smscrm
