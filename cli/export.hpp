#pragma once

#include "cli/context.hpp"

namespace smscrm {

// All of the sealed audit to standard output, in the form of -o.
void export_audit(Context& context, bool installation);

}  // namespace smscrm
