#include <doctest/doctest.h>

#include "daemon/http/status.hpp"

using namespace smscrm;

TEST_CASE("what a client can mend is 4xx, what only time mends is 503") {
  CHECK(http_status(Errc::invalid) == 400);
  CHECK(http_status(Errc::denied) == 403);
  CHECK(http_status(Errc::unavailable) == 503);
  CHECK(http_status(Errc::internal) == 500);
}
