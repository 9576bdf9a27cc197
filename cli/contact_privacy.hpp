#pragma once

#include "cli/command.hpp"

namespace smscrm {

void add_contact_privacy(CLI::App& noun, Context& context);  // export erase erasures

}  // namespace smscrm
