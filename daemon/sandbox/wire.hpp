// The JSON of the sandbox, written by hand: its rate is the ceiling of our benchmarks.
#pragma once

#include <string>
#include <string_view>

#include "core/base/time.hpp"
#include "daemon/sandbox/ledger.hpp"

namespace smscrm {

// A JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void append_json(std::string& out, std::string_view text);

// "Thu, 24 Aug 2023 05:01:45 +0000": RFC 2822 in GMT, as all dates of the 2010 API.
std::string format_rfc2822(Timestamp at);

// The path of a message in the API, and with what follows it: "/2010-04-01/Accounts/AC…/Messages/SM….json".
std::string message_uri(const SandboxMessage& message, std::string_view suffix = ".json");

// The Message resource.
void append_resource(std::string& out, const SandboxMessage& message);

// A line of the oracle, ended by a line feed, times in RFC 3339.
void append_ledger_line(std::string& out, MessageIndex index, const SandboxMessage& message);

}  // namespace smscrm
