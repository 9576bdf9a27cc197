#include <map>

#include <doctest/doctest.h>

#include "core/gate/recipients.hpp"
#include "tests/support/campaign.hpp"

using namespace smscrm;

namespace {

std::map<std::string, std::string> reasons(TestDb& db) {
  return db.run([&](Tx& tx) {
    std::map<std::string, std::string> by_number;
    const auto recipients = compile_recipients(tx, get_tenant(tx, "acme"), {}, {}, now());
    const auto& query = recipients.query;
    for (const auto& row : exec_with(tx, query.sql(), query.params))
      by_number[row["msisdn"].as<std::string>()] = recipients.skip_reason(row["answers"].as<std::uint32_t>());
    return by_number;
  });
}

}  // namespace

TEST_CASE("every contact comes once, with the first reason not to text it") {
  TestDb db;
  const auto tenant = add_test_tenant(db).id;
  add_test_contacts(db, tenant, 4);
  set_test_consent(db, tenant, "+14155550001", "opted_out");
  db.run([&](Tx& tx) {
    exec(tx, "DELETE FROM consent WHERE tenant_id = $1 AND msisdn = '+14155550002'", tenant);
    exec(tx, "INSERT INTO dnc (tenant_id, msisdn) VALUES ($1, '+14155550001'), ($1, '+14155550003')", tenant);
  });
  CHECK(reasons(db) == std::map<std::string, std::string>{{"+14155550000", ""},
                                                          {"+14155550001", "dnc"},
                                                          {"+14155550002", "no_consent"},
                                                          {"+14155550003", "dnc"}});
  db.run([&](Tx& tx) {
    exec(tx, "DELETE FROM dnc WHERE tenant_id = $1", tenant);
    exec(tx, "UPDATE tenant SET consent = 'implied' WHERE id = $1", tenant);
  });
  CHECK(reasons(db) ==
        std::map<std::string, std::string>{
            {"+14155550000", ""}, {"+14155550001", "opted_out"}, {"+14155550002", ""}, {"+14155550003", ""}});
}
