#include "cli/exit_status.hpp"

namespace smscrm {

ExitStatus exit_status(Errc code) {
  switch (code) {
    case Errc::usage:
      return ExitStatus::usage;
    case Errc::invalid:
      return ExitStatus::usage;
    case Errc::not_found:
      return ExitStatus::not_found;
    case Errc::conflict:
      return ExitStatus::conflict;
    case Errc::denied:
      return ExitStatus::denied;
    case Errc::refused:
      return ExitStatus::refused;
    case Errc::unavailable:
      return ExitStatus::unavailable;
    case Errc::internal:
      return ExitStatus::failed;
  }
  return ExitStatus::failed;
}

}  // namespace smscrm
