#include "core/ledger/message_status.hpp"

#include "core/base/error.hpp"

namespace smscrm {

std::string_view to_string(MessageStatus status) {
  switch (status) {
    case MessageStatus::skipped:
      return "skipped";
    case MessageStatus::waiting:
      return "waiting";
    case MessageStatus::in_flight:
      return "in_flight";
    case MessageStatus::unknown:
      return "unknown";
    case MessageStatus::queued:
      return "queued";
    case MessageStatus::sending:
      return "sending";
    case MessageStatus::sent:
      return "sent";
    case MessageStatus::delivered:
      return "delivered";
    case MessageStatus::undelivered:
      return "undelivered";
    case MessageStatus::failed:
      return "failed";
    case MessageStatus::canceled:
      return "canceled";
    case MessageStatus::expired:
      return "expired";
  }
  return "unknown";
}

MessageStatus parse_message_status(std::string_view word) {
  for (const auto status : message_statuses)
    if (word == to_string(status)) return status;
  throw Error(Errc::invalid, "\"{}\" is not the status of a message", word);
}

int rank(MessageStatus status) {
  switch (status) {
    case MessageStatus::waiting:
      return 0;
    case MessageStatus::in_flight:
      return 1;
    case MessageStatus::unknown:
      return 2;
    case MessageStatus::queued:
      return 3;
    case MessageStatus::sending:
      return 4;
    case MessageStatus::sent:
      return 5;
    case MessageStatus::delivered:
    case MessageStatus::undelivered:
    case MessageStatus::failed:
    case MessageStatus::canceled:
    case MessageStatus::expired:
      return 6;
    case MessageStatus::skipped:
      return 9;
  }
  return 9;
}

}  // namespace smscrm
