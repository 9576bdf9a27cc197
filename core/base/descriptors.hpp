// Descriptors 0, 1 and 2, which some supervisors close.
#pragma once

namespace smscrm {

// Opens those that are closed on /dev/null, so that no socket or file of ours gets their numbers: what is
// printed would go to the database. Reading such a standard input and writing to such a standard output fail,
// as they would without; what goes to standard error is lost. To be called first in a process.
void keep_standard_descriptors();

}  // namespace smscrm
