#include "daemon/sandbox/api_error.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "daemon/sandbox/wire.hpp"

namespace smscrm {
namespace {

struct Row {
  int code;
  int status;
  const char* message;  // {} is what is at fault
};

constexpr Row rows[] = {
    {20001, 400, "Invalid parameter: {}"},
    {20003, 401, "Authenticate"},
    {20004, 405, "Method not allowed"},
    {20008, 403, "Resource not accessible with Test Account Credentials"},
    {20009, 409, "Cannot delete message because delivery hasn't been completed."},
    {20404, 404, "The requested resource {} was not found"},
    {20429, 429, "Too Many Requests"},
    {20500, 500, "An internal server error has occurred"},
    {20503, 503, "Service unavailable"},
    {21211, 400, "Invalid 'To' Phone Number: {}"},
    {21212, 400, "Invalid From Number (caller ID): {}"},
    {21408, 400,
     "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {}"},
    {21602, 400, "Message body is required."},
    {21603, 400, "A 'From' phone number is required."},
    {21604, 400, "A 'To' phone number is required."},
    {21606, 400,
     "The 'From' phone number {} is not a valid, SMS-capable inbound phone number or short code for your "
     "account."},
    {21609, 400, "The 'StatusCallback' URL {} is not a valid URL."},
    {21610, 400, "Attempt to send to unsubscribed recipient"},
    {21611, 400, "This 'From' number has exceeded the maximum number of queued messages: {}"},
    {21612, 400, "The 'To' phone number: {}, is not currently reachable via SMS"},
    {21614, 400, "'To' number is not a valid mobile number: {}"},
    {21617, 400, "The concatenated message body exceeds the 1600 character limit"},
    {21618, 400, "The message body cannot be sent"},
    {21619, 400, "The message body is not UTF-8 text"},
    {21620, 400, "Invalid media URL(s): {}"},
    {21623, 400, "Number of media files exceeds allowed limit"},
    {21624, 400, "Invalid ValidityPeriod: {}"},
    {21703, 400, "The Messaging Service does not have a phone number available to send a message"},
    {21704, 400, "The Messaging Service contains no phone numbers"},
    {21705, 400, "The Messaging Service Sid {} is invalid"},
    {30400, 400, "Invalid message update: {}"},
    {30409, 409, "Message is in a final state and cannot be changed: {}"},
    {35111, 400, "The SendAt parameter is required with ScheduleType"},
    {35114, 400, "The SendAt time is not between 5 minutes and 35 days ahead: {}"},
    {35118, 400, "MessagingServiceSid is required to schedule a message"},
    {35126, 400, "The ScheduleType value is not supported: {}"},
};

}  // namespace

ApiError api_error(int code, std::string_view what) {
  const auto* row =
      std::find_if(std::begin(rows), std::end(rows), [=](const Row& r) { return r.code == code; });
  if (row == std::end(rows)) return {code, 400, fmt::format("Error {}: {}", code, what)};
  return {code, row->status, fmt::format(fmt::runtime(row->message), what)};
}

HttpResponse to_response(const ApiError& error) {
  HttpResponse response;
  response.status = error.status;
  response.content_type = "application/json";
  auto& body = response.body;
  body = fmt::format("{{\"code\":{},\"message\":", error.code);
  append_json(body, error.message);
  body += fmt::format(",\"more_info\":\"https://www.twilio.com/docs/errors/{}\",\"status\":{}}}", error.code,
                      error.status);
  if (error.status == 401) response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"Twilio API\"");
  return response;
}

}  // namespace smscrm
