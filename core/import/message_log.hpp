// Logs of messages, such as a provider keeps of an earlier programme: who their people are, and who said
// stop.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.hpp"

namespace smscrm {

// The cells of a row; empty where the file has no such column.
struct LoggedMessage {
  std::string_view from = {}, to = {}, direction = {}, status = {}, body = {}, error = {}, at = {};
  bool tells_direction = true;  // false: there is neither of these columns, so it is a log of what was sent
};

struct LogReading {
  bool inbound = false;
  std::string_view person;      // who wrote, or was written to; empty when the row does not say which it was
  std::string_view own_number;  // the other side, which is us
  std::string opt_out;  // what the person said, or the provider: "the text \"STOP\"", "error 21610"; empty:
                        // no opt-out
  bool may_be_opt_out = false;  // somebody should read it
  std::optional<Timestamp> at;  // when it was sent
};

// The direction says who the person is (inbound, incoming, received or MO; outbound-api, outgoing, sent or
// MT), and where there is none, the status does. Opt-outs are texts that came in and are a keyword or say so
// in other words (core/consent), and what the provider refused since the person had opted out there (error
// 21610 of Twilio: "attempt to send to unsubscribed recipient").
LogReading read_logged_message(const LoggedMessage& message);

}  // namespace smscrm
