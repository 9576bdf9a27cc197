#include <doctest/doctest.h>

#include "core/consent/dnc.hpp"
#include "core/contact/contact.hpp"
#include "core/contact/list.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;

namespace {

const std::string anna = "+14155552671", ben = "+14155552672", cleo = "+14155552673";
using Words = std::vector<std::string>;

Contact add(Tx& tx, const Tenant& tenant, const std::string& msisdn, const std::string& first_name,
            Words tags = {}) {
  NewContact contact;
  contact.msisdn = msisdn;
  contact.first_name = first_name;
  contact.tags = std::move(tags);
  return add_contact(tx, tenant.id, contact);
}

Words names(const std::vector<Contact>& contacts) {
  Words all;
  for (const auto& contact : contacts) all.push_back(contact.first_name);
  return all;
}

}  // namespace

TEST_CASE("tags are trimmed, lower case, sorted and distinct") {
  CHECK(normalize_tags({" VIP", "b", "a", "vip "}) == Words{"a", "b", "vip"});
  for (const auto* tag : {"", " ", "a,b", "a;b", "a|b"}) CHECK_THROWS_AS(normalize_tags({tag}), Error);
}

TEST_CASE("a contact reads as it was added and changed") {
  TestDb db;
  const auto acme = add_test_tenant(db), other = add_test_tenant(db, "other");
  db.run([&](Tx& tx) {
    NewContact wanted;
    wanted.msisdn = anna;
    wanted.first_name = "Ánna";
    wanted.last_name = "O'Hara, \"A\" \\ {x}";
    wanted.email = "anna@example.com";
    wanted.timezone = "America/Chicago";
    wanted.country = "US";
    wanted.external_id = "17";
    wanted.attributes = {{"city", "Springfield"}, {"size", "L"}};
    wanted.tags = {"vip", "Gold, no"};
    CHECK_THROWS_AS(add_contact(tx, acme.id, wanted), Error);
    wanted.tags = {"VIP", "gold \"1\""};
    const auto added = add_contact(tx, acme.id, wanted);
    CHECK(added.last_name == wanted.last_name);
    CHECK(added.attributes == wanted.attributes);
    CHECK(added.tags == Words{"gold \"1\"", "vip"});
    CHECK_THROWS_WITH_AS(add_contact(tx, acme.id, wanted), "there is a contact +14155552671 already", Error);
    CHECK_FALSE(find_contact(tx, other.id, anna));

    ContactChange change;
    change.first_name = "Anna";
    change.external_id = "";
    change.attributes = {{"size", "M"}, {"color", "red"}};
    change.forget_attributes = {"city", "never"};
    update_contact(tx, acme.id, anna, change, parse_rfc3339("2030-01-01"));
    const auto changed = find_contact(tx, acme.id, anna).value();
    CHECK(changed.id == added.id);
    CHECK(changed.first_name == "Anna");
    CHECK(changed.last_name == wanted.last_name);
    CHECK(changed.external_id == "");
    CHECK(changed.attributes == std::map<std::string, std::string>{{"color", "red"}, {"size", "M"}});
    CHECK(changed.updated_at == parse_rfc3339("2030-01-01"));
    CHECK_THROWS_AS(update_contact(tx, other.id, anna, change, now()), Error);
  });
}

TEST_CASE("fields of the wrong shape are refused") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  db.run([&](Tx& tx) {
    add(tx, acme, anna, "Anna");
    const auto refused = [&](auto edit) {
      ContactChange change;
      edit(change);
      CHECK_THROWS_AS(update_contact(tx, acme.id, anna, change, now()), Error);
    };
    refused([](ContactChange& c) { c.timezone = "Mars/Olympus"; });
    refused([](ContactChange& c) { c.country = "usa"; });
    refused([](ContactChange& c) { c.email = "no at"; });
    refused([](ContactChange& c) { c.first_name = "\xff"; });
    refused([](ContactChange& c) { c.attributes = {{"", "x"}}; });
  });
}

TEST_CASE("one view shows all that is known of a person") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  db.run([&](Tx& tx) {
    const auto contact = add(tx, acme, anna, "Anna");
    const auto bare = get_contact_view(tx, acme.id, anna);
    CHECK(bare.lists.empty());
    CHECK(bare.consent.state == ConsentState::none);
    CHECK(bare.messages == 0);
    CHECK_FALSE(bare.last_inbound_at);

    for (const auto* slug : {"spring", "autumn"})
      add_list_members(tx, acme.id, add_list(tx, acme.id, slug, "").id, {anna}, now());
    add_dnc(tx, acme.id, {anna}, "asked", now());
    record_consent(tx, acme.id,
                   {{.msisdn = anna,
                     .action = ConsentAction::opt_in,
                     .method = ConsentMethod::operator_,
                     .source = "form",
                     .occurred_at = parse_rfc3339("2026-05-01")}});
    exec(tx,
         "INSERT INTO message (tenant_id, contact_id, msisdn, status, created_at) VALUES"
         " ($1, $2, $3, 'delivered', now() - interval '60 days'), ($1, $2, $3, 'waiting', now())",
         acme.id, contact.id, anna);
    for (const auto* body : {"first", "last"})
      exec(
          tx,
          "INSERT INTO inbound (tenant_id, provider_sid, msisdn, address, body) VALUES ($1, $3, $2, '1', $3)",
          acme.id, anna, body);
    const auto view = get_contact_view(tx, acme.id, anna);
    CHECK(view.lists == Words{"autumn", "spring"});
    CHECK(view.consent.state == ConsentState::opted_in);
    CHECK(view.consent.changed_at == parse_rfc3339("2026-05-01"));
    CHECK(view.consent.dnc_reason == "asked");
    CHECK(view.messages == 2);
    CHECK(view.recent_messages == 1);
    CHECK(view.last_inbound == "last");
    CHECK_THROWS_WITH_AS(get_contact_view(tx, acme.id, ben), "there is no contact +14155552672", Error);
  });
}

TEST_CASE("a deleted contact leaves its consent behind") {
  TestDb db;
  const auto acme = add_test_tenant(db);
  db.run([&](Tx& tx) {
    add(tx, acme, anna, "Anna");
    const auto list = add_list(tx, acme.id, "spring", "");
    add_list_members(tx, acme.id, list.id, {anna}, now());
    record_consent(tx, acme.id,
                   {{.msisdn = anna,
                     .action = ConsentAction::opt_out,
                     .method = ConsentMethod::keyword,
                     .source = "STOP",
                     .occurred_at = now()}});
    delete_contact(tx, acme.id, anna);
    CHECK(count_list_members(tx, acme.id, list.id) == 0);
    CHECK_THROWS_AS(delete_contact(tx, acme.id, anna), Error);
    add(tx, acme, anna, "Anna again");
    CHECK(get_contact_view(tx, acme.id, anna).consent.state == ConsentState::opted_out);
  });
}

TEST_CASE("contacts are listed page by page, by tag, list and words") {
  TestDb db;
  const auto acme = add_test_tenant(db), other = add_test_tenant(db, "other");
  db.run([&](Tx& tx) {
    add(tx, acme, anna, "Anna", {"vip"});
    add(tx, acme, ben, "Ben", {"vip", "gold"});
    add(tx, acme, cleo, "Cleo 100%");
    add(tx, other, anna, "Olga", {"vip"});
    const auto list = add_list(tx, acme.id, "spring", "");
    add_list_members(tx, acme.id, list.id, {cleo, anna}, now());
    const auto find = [&](const ContactFilter& filter) {
      return names(collect(tx, list_contacts(acme.id, filter, {}), 100));
    };
    CHECK(find({}) == Words{"Anna", "Ben", "Cleo 100%"});
    const auto first = collect(tx, list_contacts(acme.id, {}, {}), 2);
    CHECK(names(first) == Words{"Anna", "Ben"});
    CHECK(names(collect(tx, list_contacts(acme.id, {}, first.back().id), 2)) == Words{"Cleo 100%"});
    CHECK(find({.tag = "vip", .list = {}, .search = ""}) == Words{"Anna", "Ben"});
    CHECK(find({.tag = "", .list = list.id, .search = ""}) == Words{"Anna", "Cleo 100%"});
    CHECK(find({.tag = "vip", .list = list.id, .search = ""}) == Words{"Anna"});
    CHECK(find({.tag = "", .list = {}, .search = "aNN"}) == Words{"Anna"});
    CHECK(find({.tag = "", .list = {}, .search = "(415) 555-2672"}) == Words{"Ben"});
    CHECK(find({.tag = "", .list = {}, .search = "%"}) == Words{"Cleo 100%"});
  });
}

TEST_CASE("many contacts are tagged at once") {
  TestDb db;
  const auto acme = add_test_tenant(db), other = add_test_tenant(db, "other");
  db.run([&](Tx& tx) {
    add(tx, acme, anna, "Anna", {"vip"});
    add(tx, acme, ben, "Ben");
    add(tx, acme, cleo, "Cleo");
    add(tx, other, anna, "Olga");
    const auto tags = [&](const std::string& msisdn) { return find_contact(tx, acme.id, msisdn)->tags; };
    const auto some = tag_contacts(tx, acme.id, {.msisdns = Words{ben, "+14155559999", anna}, .filter = {}},
                                   {"VIP", "a"}, {}, now());
    CHECK(some.matched == 2);
    CHECK(some.changed == 2);
    CHECK(some.unknown == Words{"+14155559999"});
    CHECK(tags(anna) == Words{"a", "vip"});
    CHECK(tags(cleo).empty());
    CHECK(find_contact(tx, other.id, anna)->tags.empty());
    const auto all = tag_contacts(tx, acme.id, {}, {"a"}, {"vip", "a"}, now());
    CHECK(all.matched == 3);
    CHECK(all.changed == 3);
    CHECK(tags(anna) == Words{"a"});
    CHECK(tag_contacts(tx, acme.id, {}, {"a"}, {}, now()).changed == 0);
    ContactSelection selection;
    selection.filter.search = "cleo";
    CHECK(tag_contacts(tx, acme.id, selection, {}, {"a"}, now()).matched == 1);
    CHECK(tags(cleo).empty());
  });
}
