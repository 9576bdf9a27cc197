#include <doctest/doctest.h>

#include "core/tenant/claims_lock.hpp"
#include "tests/support/send_fixture.hpp"

using namespace smscrm;
using test::SendFixture;

TEST_CASE("the exclusive lock waits for claims that are open") {
  SendFixture f;
  auto a = f.db.connect(), b = f.db.connect();
  pqxx::work claim{a.handle()}, stop{b.handle()};
  lock_claims_shared(claim, f.tenant.id);
  exec(stop, "SET LOCAL lock_timeout = '50ms'");
  CHECK_THROWS_AS(lock_claims_exclusive(stop, f.tenant.id), pqxx::sql_error);
  claim.commit();
  stop.abort();
  pqxx::work again{b.handle()};
  lock_claims_exclusive(again, f.tenant.id);
}
