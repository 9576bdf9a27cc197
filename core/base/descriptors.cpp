#include "core/base/descriptors.hpp"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

namespace smscrm {

void keep_standard_descriptors() {
  // Opened for the other direction: the one that is wanted fails.
  constexpr int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY};
  for (int descriptor = 0; descriptor < 3; ++descriptor)
    if (::fcntl(descriptor, F_GETFD) == -1 && errno == EBADF &&
        ::open("/dev/null", modes[descriptor]) != descriptor)
      std::abort();  // the lowest free number is the one that is missing, unless there is no /dev/null
}

}  // namespace smscrm
