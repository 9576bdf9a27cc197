// Twilio's error replies: https://www.twilio.com/docs/api/errors
#pragma once

#include <string>
#include <string_view>

#include "daemon/http/message.hpp"

namespace smscrm {

struct ApiError {
  int code;
  int status;           // of HTTP
  std::string message;  // Twilio's words or near to them
};

// The error of that code, `what` standing in its message for the number, URL or path at fault.
// A code that is not in the table (settings may name any) goes with 400.
ApiError api_error(int code, std::string_view what = {});

// {"code":21211,"message":"…","more_info":"https://www.twilio.com/docs/errors/21211","status":400}
HttpResponse to_response(const ApiError& error);

}  // namespace smscrm
