// Where people open the console.
#pragma once

#include <string>

#include "core/config.hpp"

namespace smscrm {

// The address that people know, or that of this machine's own daemon. Throws Error{usage} when no browser can
// open any.
std::string console_url(const Config::Http& http);

}  // namespace smscrm
