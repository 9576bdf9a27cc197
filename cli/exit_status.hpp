// Exit statuses, the same table as in smscrm(1).
#pragma once

#include "core/base/error.hpp"

namespace smscrm {

enum class ExitStatus {
  done = 0,
  failed = 1,
  usage = 2,   // wrong usage or configuration
  partly = 3,  // done in part: some rows were rejected
  denied = 4,
  not_found = 5,
  conflict = 6,     // exists already, or in the wrong state
  unavailable = 7,  // try again
  refused = 8,      // by policy: consent, hours, budget
  interrupted = 130,
};

ExitStatus exit_status(Errc code);

}  // namespace smscrm
