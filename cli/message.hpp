// Messages as JSON: for `smscrm message` and for `smscrm campaign explain`.
#pragma once

#include "cli/output.hpp"
#include "core/sending/message.hpp"

namespace smscrm {

Json message_to_json(const Message& message);
Json event_to_json(const MessageEvent& event);

}  // namespace smscrm
