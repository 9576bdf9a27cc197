// A pretended Twilio of one thread and one epoll, which knows nothing of the sandbox or of our HTTP server.
#pragma once

#include <functional>
#include <string>

namespace smscrm {

// Never returns. `tell` is given "127.0.0.1:PORT" once it listens. Each line from the descriptor `orders` is
// a JSON object of faults (tests/bench/hard_twilio.hpp) that replaces those before.
[[noreturn]] void run_plain_peer(const std::function<void(const std::string&)>& tell, int orders);

}  // namespace smscrm
