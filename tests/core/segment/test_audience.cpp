#include <set>

#include <doctest/doctest.h>

#include "core/segment/audience.hpp"
#include "tests/support/campaign.hpp"

using namespace smscrm;

namespace {

std::set<std::string> numbers(TestDb& db, TenantId tenant, const char* audience) {
  return db.run([&](Tx& tx) {
    std::set<std::string> found;
    const auto query = compile_audience(tx, get_tenant(tx, fmt::format("{}", tenant.value)),
                                        parse_audience(audience), now());
    for (const auto& row : exec_with(tx, query.sql(), query.params))
      found.insert(row["msisdn"].as<std::string>());
    return found;
  });
}

}  // namespace

TEST_CASE("an audience is all, a list, a tag, a segment or a rule") {
  CHECK(format_audience(parse_audience("all")) == "all");
  CHECK(parse_audience("list:spring") == Audience{Audience::Kind::list, "spring"});
  CHECK(parse_audience("segment:vips") == Audience{Audience::Kind::segment, "vips"});
  CHECK(parse_audience("where tag:vip") == Audience{Audience::Kind::rule, "tag:vip"});
  CHECK(format_audience(parse_audience("WHERE tag:a or\ntag:b")) == "where tag:a or\ntag:b");
  CHECK(parse_audience("tag:VIP") == Audience{Audience::Kind::tag, "vip"});
  for (const char* text : {"", "list", "list:", "spring", "segment:", "where", "whereas"})
    CHECK_THROWS_AS(parse_audience(text), Error);
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
  CHECK(numbers(db, tenant, "all").size() == 3);
  CHECK(numbers(db, tenant, "tag:vip") == std::set<std::string>{"+14155550001"});
  CHECK(numbers(db, tenant, "list:spring").size() == 2);
  CHECK_THROWS_WITH_AS(numbers(db, tenant, "list:sprig"), "there is no list \"sprig\"", Error);
  CHECK_THROWS_AS(numbers(db, other, "list:spring"), Error);
}
