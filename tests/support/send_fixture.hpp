// What sending needs below a tenant, written straight into the tables.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/lane/lane.hpp"
#include "core/ledger/campaign_counter.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm::test {

// An account with its lane and one sender, +15005550006.
struct SendFixture {
  std::unique_ptr<TestDb> own_db;  // null when it is another's
  TestDb& db;
  Tenant tenant;
  AccountId account;
  SenderId sender;

  explicit SendFixture(double rate = 1000);
  // Another tenant on the database of a first one.
  SendFixture(TestDb& shared, const std::string& slug, double rate);

  Lane lease(const std::string& owner = "d1", std::chrono::seconds lease = std::chrono::seconds{30});

  struct LaunchOptions {
    std::string kind = "transactional";
    std::string body = "Hi {{first_name|there}}!";
    std::string expires_at = {};  // RFC 3339; empty: never
    int chunk = 500;
    std::string slug = "spring";
  };
  // A running campaign to opted-in contacts +14155550000 and up, as a launch writes it. Returns its id.
  CampaignId launch(int contacts, const LaunchOptions& options);
  CampaignId launch(int contacts) { return launch(contacts, {}); }

  void sql(const std::string& statement);       // $1 is the tenant
  std::string value(const std::string& query);  // its one value, "" when NULL or no row; $1 is the tenant
  // The rollup as the rows have it: for who wrote them by hand.
  void count_again();
  // Counters and rows of the campaign agree, the rollup's too.
  void check_counters(CampaignId campaign);

 private:
  SendFixture(std::unique_ptr<TestDb> own, TestDb* shared, const std::string& slug, double rate);
};

}  // namespace smscrm::test
