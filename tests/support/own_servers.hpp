// PostgreSQL and Redis for one test file alone, which it may stop and start: with durability on, unlike those
// that all tests share.
#pragma once

#include <string>
#include <vector>

#include "tests/support/command.hpp"

namespace smscrm {

class OwnServers {
 public:
  OwnServers();  // TestDb and World use them from now on
  ~OwnServers();
  OwnServers(const OwnServers&) = delete;

  void stop_postgres(const std::string& mode) const {
    run({"postgres", dir_.path() + "/s", mode});
  }  // fast, immediate
  void start_postgres() const { run({"postgres", dir_.path() + "/s", "up"}); }
  void take_snapshot() const { run({"snapshot", dir_.path() + "/s"}); }
  // The database as it was then. How: "disk", put back as it was, or "standby", one that lagged and is promoted.
  void put_back(const std::string& how) const { run({"put-back", dir_.path() + "/s", how}); }

 private:
  void run(std::vector<std::string> words) const;  // throws with its words

  TempDir dir_;
  std::string shared_;  // SMSCRM_TEST_DIR as it was
};

}  // namespace smscrm
