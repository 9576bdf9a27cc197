// The statuses of an outbound message, as in the database's type message_status.
#pragma once

#include <array>
#include <string_view>

namespace smscrm {

enum class MessageStatus {
  skipped,    // never sent; skip_reason says why
  waiting,    // to be claimed
  in_flight,  // claimed: the intent is committed, a request may have left
  unknown,    // a request may have left and nobody knows what became of it
  queued,     // the provider has it
  sending,
  sent,  // the carrier has it; the last word where carriers give no receipt
  delivered,
  undelivered,  // a negative receipt
  failed,       // the provider refused it or could not send it
  canceled,
  expired,
};

inline constexpr std::array message_statuses{
    MessageStatus::skipped,     MessageStatus::waiting, MessageStatus::in_flight, MessageStatus::unknown,
    MessageStatus::queued,      MessageStatus::sending, MessageStatus::sent,      MessageStatus::delivered,
    MessageStatus::undelivered, MessageStatus::failed,  MessageStatus::canceled,  MessageStatus::expired};

// The outcomes of a report: what is neither skipped, waiting, in flight nor unknown.
inline constexpr std::array message_outcomes{
    MessageStatus::queued,      MessageStatus::sending, MessageStatus::sent,     MessageStatus::delivered,
    MessageStatus::undelivered, MessageStatus::failed,  MessageStatus::canceled, MessageStatus::expired};

std::string_view to_string(MessageStatus status);
// Throws Error{invalid}.
MessageStatus parse_message_status(std::string_view word);

// A receipt moves a message only to a higher rank, as SQL's message_rank: delivered, undelivered, failed,
// canceled and expired share the highest but skipped's, which nothing leaves.
int rank(MessageStatus status);

}  // namespace smscrm
