#include <doctest/doctest.h>

#include "core/campaign/template.hpp"
#include "tests/support/campaign.hpp"

using namespace smscrm;

TEST_CASE("a template is found by slug and id, changed, listed and deleted") {
  TestDb db;
  const auto tenant = add_test_tenant(db).id;
  const auto other = add_test_tenant(db, "other").id;
  db.run([&](Tx& tx) {
    auto added = add_template(tx, tenant, {"spring", "Hi {{first_name}}"});
    CHECK(get_template(tx, tenant, fmt::format("{}", added.id.value)).slug == "spring");
    CHECK_FALSE(find_template(tx, other, "spring"));
    added.body = "Bye";
    update_template(tx, tenant, added, now());
    CHECK(get_template(tx, tenant, "spring").body == "Bye");
    CHECK(list_templates(tx, tenant).size() == 1);
    CHECK_THROWS_WITH_AS(add_template(tx, tenant, {"spring", "Hi"}), "there is a template \"spring\" already",
                         Error);
    delete_template(tx, tenant, added.id);
    CHECK_FALSE(find_template(tx, tenant, "spring"));
  });
}

TEST_CASE("a template that cannot be rendered is refused when it is written") {
  TestDb db;
  const auto tenant = add_test_tenant(db).id;
  for (const char* body : {"", "  ", "Hi {{first_name", "{{link:javascript:alert(1)}}"}) {
    CAPTURE(body);
    CHECK_THROWS_AS(db.run([&](Tx& tx) { add_template(tx, tenant, {"spring", body}); }), Error);
  }
}

TEST_CASE("a template that a campaign uses stays") {
  TestDb db;
  const auto tenant = add_test_tenant(db).id;
  const auto campaign = add_test_campaign(db, tenant);
  CHECK_THROWS_WITH_AS(db.run([&](Tx& tx) { delete_template(tx, tenant, campaign.body_template); }),
                       "campaign \"spring\" uses this template", Error);
}
