#include "daemon/http/status.hpp"

namespace smscrm {

int http_status(Errc code) {
  switch (code) {
    case Errc::usage:
      return 400;
    case Errc::invalid:
      return 400;
    case Errc::not_found:
      return 404;
    case Errc::conflict:
      return 409;
    case Errc::denied:
      return 403;
    case Errc::refused:
      return 422;
    case Errc::unavailable:
      return 503;
    case Errc::internal:
      return 500;
  }
  return 500;
}

}  // namespace smscrm
