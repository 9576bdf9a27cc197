#include <map>

#include <doctest/doctest.h>

#include "core/contact/audience.hpp"
#include "tests/support/campaign.hpp"

using namespace smscrm;

namespace {

std::map<std::string, std::string> reasons(TestDb& db, TenantId tenant, const char* audience,
                                           const std::vector<SenderId>& senders = {}) {
  return db.run([&](Tx& tx) {
    std::map<std::string, std::string> by_number;
    const auto query = compile_audience(tx, tenant, parse_audience(audience), senders);
    for (const auto& row : exec_with(tx, query.sql(), query.params))
      by_number[row["msisdn"].as<std::string>()] = row["skip_reason"].as<std::string>();
    return by_number;
  });
}

}  // namespace

TEST_CASE("an audience is all, a list or a tag") {
  CHECK(format_audience(parse_audience("all")) == "all");
  CHECK(parse_audience("list:spring") == Audience{Audience::Kind::list, "spring"});
  CHECK(parse_audience("tag:VIP") == Audience{Audience::Kind::tag, "vip"});
  for (const char* text : {"", "list", "list:", "spring", "segment:x"})
    CHECK_THROWS_AS(parse_audience(text), Error);
}

TEST_CASE("every contact comes once, with the first reason not to text it") {
  TestDb db;
  const auto tenant = add_test_tenant(db).id;
  add_test_contacts(db, tenant, 4);
  set_test_consent(db, tenant, "+14155550001", "opted_out");
  db.run([&](Tx& tx) {
    exec(tx, "DELETE FROM consent WHERE tenant_id = $1 AND msisdn = '+14155550002'", tenant);
    exec(tx, "INSERT INTO dnc (tenant_id, msisdn) VALUES ($1, '+14155550001'), ($1, '+14155550003')", tenant);
  });
  CHECK(reasons(db, tenant, "all") == std::map<std::string, std::string>{{"+14155550000", ""},
                                                                         {"+14155550001", "dnc"},
                                                                         {"+14155550002", "no_consent"},
                                                                         {"+14155550003", "dnc"}});
  db.run([&](Tx& tx) {
    exec(tx, "DELETE FROM dnc WHERE tenant_id = $1", tenant);
    exec(tx, "UPDATE tenant SET consent = 'implied' WHERE id = $1", tenant);
  });
  CHECK(reasons(db, tenant, "all") ==
        std::map<std::string, std::string>{
            {"+14155550000", ""}, {"+14155550001", "opted_out"}, {"+14155550002", ""}, {"+14155550003", ""}});
}

TEST_CASE("lists, tags and tenants bound an audience") {
  TestDb db;
  const auto tenant = add_test_tenant(db).id;
  const auto other = add_test_tenant(db, "other").id;
  add_test_contacts(db, tenant, 3);
  add_test_contacts(db, other, 3);
  db.run([&](Tx& tx) {
    exec(tx, "UPDATE contact SET tags = '{vip}' WHERE tenant_id = $1 AND msisdn = '+14155550001'", tenant);
    exec(tx, "INSERT INTO list (tenant_id, slug) VALUES ($1, 'spring')", tenant);
    exec(tx,
         "INSERT INTO list_member (tenant_id, list_id, contact_id)"
         " SELECT $1::bigint, l.id, c.id FROM list l, contact c"
         "  WHERE l.tenant_id = $1 AND c.tenant_id = $1 AND c.msisdn <> '+14155550001'",
         tenant);
  });
  CHECK(reasons(db, tenant, "all").size() == 3);
  CHECK(reasons(db, tenant, "tag:vip") == std::map<std::string, std::string>{{"+14155550001", ""}});
  CHECK(reasons(db, tenant, "list:spring").size() == 2);
  CHECK_THROWS_WITH_AS(reasons(db, tenant, "list:sprig"), "there is no list \"sprig\"", Error);
  CHECK_THROWS_AS(reasons(db, other, "list:spring"), Error);
}
