#include "core/contact/renumber.hpp"

#include <doctest/doctest.h>

#include "core/consent/dnc.hpp"
#include "core/contact/list.hpp"
#include "tests/support/campaign.hpp"

using namespace smscrm;

namespace {

const std::string anna = "+14155552671", other = "+14155552672";

struct Fixture {
  TestDb db;
  TenantId tenant = add_test_tenant(db).id;

  Contact add(const std::string& msisdn, const std::string& first_name, std::vector<std::string> tags = {}) {
    return db.run([&](Tx& tx) {
      NewContact contact;
      contact.msisdn = msisdn;
      contact.first_name = first_name;
      contact.tags = std::move(tags);
      contact.attributes = {{"of", msisdn}, {msisdn, "1"}};
      return add_contact(tx, tenant, contact);
    });
  }
  Renumbered change(const std::string& from, const std::string& to) {
    return db.run([&](Tx& tx) { return change_number(tx, tenant, from, to, now()); });
  }
  Renumbered merge(const std::string& from, const std::string& into) {
    return db.run([&](Tx& tx) { return merge_contacts(tx, tenant, from, into, now()); });
  }
  ConsentStatus consent(const std::string& msisdn) {
    return db.run([&](Tx& tx) { return get_consent_status(tx, tenant, msisdn); });
  }
};

Errc code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  return Errc::internal;
}

}  // namespace

TEST_CASE("a contact has another number, and a yes stays with the one it was given for") {
  Fixture f;
  const auto before = f.add(anna, "Anna");
  set_test_consent(f.db, f.tenant, anna, "opted_in");
  const auto after = f.change(anna, other);
  CHECK(after.contact.id == before.id);
  CHECK(after.contact.msisdn == other);
  CHECK_FALSE(after.carried);
  CHECK(f.consent(other).state == ConsentState::none);
  CHECK(f.consent(anna).state == ConsentState::opted_in);
  f.add(anna, "Ben");
  CHECK(code_of([&] { f.change(other, anna); }) == Errc::conflict);
  CHECK(code_of([&] { f.change("+14155550000", anna); }) == Errc::not_found);
}

TEST_CASE("a no goes along to the other number, of whatever kind it is") {
  Fixture f;
  f.add(anna, "Anna");
  const auto record = [&](const std::string& scope) {
    f.db.run([&](Tx& tx) {
      record_consent(tx, f.tenant,
                     {{.msisdn = anna,
                       .action = ConsentAction::opt_out,
                       .method = ConsentMethod::keyword,
                       .source = "STOP",
                       .occurred_at = now(),
                       .scope = scope}});
    });
  };
  SUBCASE("to the tenant") {
    record("");
    CHECK(f.change(anna, other).carried);
    CHECK(f.consent(other).state == ConsentState::opted_out);
  }
  SUBCASE("to a sender") {
    record("sender:+15005550006");
    CHECK(f.change(anna, other).carried);
    CHECK(f.consent(other).state == ConsentState::none);
    CHECK(f.consent(other).opted_out_of == std::vector<std::string>{"sender:+15005550006"});
  }
  SUBCASE("on the do-not-contact list") {
    f.db.run([&](Tx& tx) { add_dnc(tx, f.tenant, {anna}, "court", now()); });
    CHECK(f.change(anna, other).carried);
    CHECK(f.consent(other).dnc_reason == "court");
  }
}

TEST_CASE("two contacts become one, which has what it lacked and every no") {
  Fixture f;
  f.add(anna, "", {"b", "c"});
  f.add(other, "Annie", {"a", "b"});
  f.db.run([&](Tx& tx) {
    for (const auto* slug : {"one", "two"}) {
      const auto list = add_list(tx, f.tenant, slug, "").id;
      add_list_members(tx, f.tenant, list, {other}, now());
      if (slug == std::string{"one"}) add_list_members(tx, f.tenant, list, {anna}, now());
    }
  });
  set_test_consent(f.db, f.tenant, other, "opted_out");
  const auto merged = f.merge(other, anna);
  CHECK(merged.carried);
  CHECK(merged.contact.first_name == "Annie");
  CHECK(merged.contact.tags == std::vector<std::string>{"a", "b", "c"});
  CHECK(merged.contact.attributes.at("of") == anna);
  CHECK(merged.contact.attributes.at(other) == "1");
  CHECK(f.consent(anna).state == ConsentState::opted_out);
  f.db.run([&](Tx& tx) {
    CHECK_FALSE(find_contact(tx, f.tenant, other));
    CHECK(get_contact_view(tx, f.tenant, anna).lists == std::vector<std::string>{"one", "two"});
  });
  CHECK(code_of([&] { f.merge(anna, anna); }) == Errc::invalid);
  CHECK(code_of([&] { f.merge(other, anna); }) == Errc::not_found);
}
