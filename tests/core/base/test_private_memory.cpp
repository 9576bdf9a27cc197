#include <doctest/doctest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/private_memory.hpp"

using namespace smscrm;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a process that keeps its memory private leaves no core and lets nobody look") {
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const bool open_before = ::prctl(PR_GET_DUMPABLE) == 1;
    keep_memory_private();
    rlimit cores{};
    ::getrlimit(RLIMIT_CORE, &cores);
    ::_exit(open_before && ::prctl(PR_GET_DUMPABLE) == 0 && cores.rlim_cur == 0 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
#endif
