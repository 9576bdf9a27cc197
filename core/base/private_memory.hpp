// What a process that holds secrets in memory does first.
#pragma once

namespace smscrm {

// No core is written of it, and no other process of this user can read its memory or trace it (prctl(2),
// PR_SET_DUMPABLE). Not in builds with a sanitizer, which trace themselves.
void keep_memory_private();

}  // namespace smscrm
