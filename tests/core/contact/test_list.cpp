#include <doctest/doctest.h>

#include "core/contact/contact.hpp"
#include "core/contact/list.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;

namespace {
const std::string anna = "+14155552671", ben = "+14155552672", nobody = "+14155559999";
using Words = std::vector<std::string>;

void add_person(Tx& tx, TenantId tenant, const std::string& msisdn) {
  NewContact contact;
  contact.msisdn = msisdn;
  add_contact(tx, tenant, contact);
}
}  // namespace

TEST_CASE("a list is found by slug and id, and an unknown one names the nearest") {
  TestDb db;
  const auto acme = add_test_tenant(db), other = add_test_tenant(db, "other");
  db.run([&](Tx& tx) {
    const auto spring = add_list(tx, acme.id, "spring", "Spring sale");
    CHECK(get_list(tx, acme.id, "spring").name == "Spring sale");
    CHECK(get_list(tx, acme.id, fmt::format("{}", spring.id.value)).slug == "spring");
    CHECK_FALSE(find_list(tx, other.id, "spring"));
    CHECK_THROWS_WITH_AS(add_list(tx, acme.id, "spring", ""), "there is a list \"spring\" already", Error);
    CHECK_THROWS_AS(add_list(tx, acme.id, "No Slug", ""), Error);
    try {
      get_list(tx, acme.id, "sprin");
      FAIL("found");
    } catch (const Error& e) {
      CHECK(e.code() == Errc::not_found);
      CHECK(e.hint() == "did you mean \"spring\"?");
    }
  });
}

TEST_CASE("contacts go on and off a list, strangers are named") {
  TestDb db;
  const auto acme = add_test_tenant(db), other = add_test_tenant(db, "other");
  db.run([&](Tx& tx) {
    for (const auto& msisdn : {anna, ben}) add_person(tx, acme.id, msisdn);
    add_person(tx, other.id, nobody);
    const auto list = add_list(tx, acme.id, "spring", "");
    const auto added = add_list_members(tx, acme.id, list.id, {nobody, anna, anna}, now());
    CHECK(added.changed == 1);
    CHECK(added.unknown == Words{nobody});
    CHECK(add_list_members(tx, acme.id, list.id, {anna, ben}, now()).changed == 1);
    CHECK(count_list_members(tx, acme.id, list.id) == 2);
    add_list(tx, acme.id, "empty", "");
    const auto lists = list_lists(tx, acme.id);
    REQUIRE(lists.size() == 2);
    CHECK(lists[0].slug == "empty");
    CHECK(lists[0].contacts == 0);
    CHECK(lists[1].contacts == 2);
    CHECK(list_lists(tx, other.id).empty());
    CHECK(remove_list_members(tx, other.id, list.id, {nobody}).changed == 0);
    const auto removed = remove_list_members(tx, acme.id, list.id, {ben, nobody});
    CHECK(removed.changed == 1);
    CHECK(removed.unknown == Words{nobody});
    delete_list(tx, acme.id, list);
    CHECK_FALSE(find_list(tx, acme.id, "spring"));
    CHECK(find_contact(tx, acme.id, anna));
  });
}

TEST_CASE("a list that a draft campaign is meant for stays") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  db.run([&](Tx& tx) {
    const auto list = add_list(tx, acme.id, "spring", "");
    exec(tx, "INSERT INTO template (tenant_id, slug, body) VALUES ($1, 't', 'Hi')", acme.id);
    exec(tx,
         "INSERT INTO campaign (tenant_id, slug, template_id, audience)"
         " SELECT $1, 'sale', id, 'list:spring' FROM template WHERE tenant_id = $1",
         acme.id);
    CHECK_THROWS_WITH_AS(delete_list(tx, acme.id, list), "campaign \"sale\" is meant for list \"spring\"",
                         Error);
    exec(tx, "UPDATE campaign SET status = 'finished'");
    delete_list(tx, acme.id, list);
    CHECK(list_lists(tx, acme.id).empty());
  });
}
