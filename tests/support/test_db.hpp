// A database of one test case: a clone of a migrated template, or what another case left, emptied.
#pragma once

#include <string>

#include "core/db/db.hpp"
#include "core/tenant/tenant.hpp"

namespace smscrm {

class TestDb {
 public:
  TestDb();  // needs the servers that the ctest fixture starts (SMSCRM_TEST_DIR)
  ~TestDb();
  TestDb(const TestDb&) = delete;

  const std::string& url() const { return url_; }
  Connection connect() const { return Connection{url_}; }

  // One short transaction on a connection of this object.
  template <class Work>
  auto run(Work&& work) {
    if (!connection_) connection_.emplace(url_);
    return in_transaction(*connection_, std::forward<Work>(work));
  }

  // Until whatever is under way on the server has ended, other tests' too: what a cursor or a snapshot stops
  // before. Throws when that takes longer than two minutes.
  void settle();

  // Until the connection of that name waits for a lock of another; false when it does not within a while.
  bool await_lock(const std::string& connection);

 private:
  std::string name_;
  std::string url_;
  std::optional<Connection> connection_;
};

std::string test_redis_url();  // "unix:…", of the fixture's Redis

// A tenant to hang things on: zone America/New_York, country US.
Tenant add_test_tenant(TestDb& db, const std::string& slug = "acme");

}  // namespace smscrm
