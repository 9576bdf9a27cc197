#include "core/base/private_memory.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace smscrm {

void keep_memory_private() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  rlimit cores{};
  ::getrlimit(RLIMIT_CORE, &cores);
  cores.rlim_cur = 0;
  ::setrlimit(RLIMIT_CORE, &cores);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

}  // namespace smscrm
