#include "daemon/sandbox/message.hpp"

namespace smscrm {

std::string_view to_string(TwilioStatus status) {
  switch (status) {
    case TwilioStatus::accepted:
      return "accepted";
    case TwilioStatus::scheduled:
      return "scheduled";
    case TwilioStatus::queued:
      return "queued";
    case TwilioStatus::sending:
      return "sending";
    case TwilioStatus::sent:
      return "sent";
    case TwilioStatus::delivered:
      return "delivered";
    case TwilioStatus::undelivered:
      return "undelivered";
    case TwilioStatus::failed:
      return "failed";
    case TwilioStatus::canceled:
      return "canceled";
    case TwilioStatus::received:
      return "received";
  }
  return "";
}

bool is_final(TwilioStatus status) {
  switch (status) {
    case TwilioStatus::accepted:
    case TwilioStatus::scheduled:
    case TwilioStatus::queued:
    case TwilioStatus::sending:
    case TwilioStatus::sent:
      return false;
    case TwilioStatus::delivered:
    case TwilioStatus::undelivered:
    case TwilioStatus::failed:
    case TwilioStatus::canceled:
    case TwilioStatus::received:
      return true;
  }
  return true;
}

std::string_view to_string(TwilioDirection direction) {
  switch (direction) {
    case TwilioDirection::inbound:
      return "inbound";
    case TwilioDirection::outbound_api:
      return "outbound-api";
    case TwilioDirection::outbound_reply:
      return "outbound-reply";
  }
  return "";
}

}  // namespace smscrm
