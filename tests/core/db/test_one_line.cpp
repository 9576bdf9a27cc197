// migrations/0030_one_line.sql
#include <map>

#include <doctest/doctest.h>

#include "core/consent/consent.hpp"
#include "core/consent/dnc.hpp"
#include "core/contact/contact.hpp"
#include "core/db/migrate.hpp"
#include "core/phone/address.hpp"
#include "tests/support/line_samples.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;

namespace {

// As it was before: a database that lacks the migration.
void forget(TestDb& db) {
  db.run([](Tx& tx) {
    tx.exec(
        "DROP FUNCTION line_of; TRUNCATE migration_note;"
        "DELETE FROM schema_migration WHERE name = '0030_one_line'");
  });
}

std::map<std::string, std::int64_t> bring_together(TestDb& db) {
  auto connection = db.connect();
  CHECK(migrate(connection) == std::vector<std::string>{"0030_one_line"});
  std::map<std::string, std::int64_t> notes;
  for (const auto& note : list_migration_notes(connection)) notes[note.what] = note.rows;
  return notes;
}

void put(Tx& tx, TenantId tenant, const std::string& sql) {
  exec(tx, "SELECT set_config('test.tenant', $1::text, true)", tenant);
  std::string text = sql;
  for (auto at = text.find("$T"); at != std::string::npos; at = text.find("$T"))
    text.replace(at, 2, "current_setting('test.tenant')::bigint");
  tx.exec(text);
}

std::string one_value(Tx& tx, TenantId tenant, const std::string& sql) {
  const auto rows = exec(tx, sql, tenant);
  REQUIRE(rows.size() == 1);
  return rows.front()[0].is_null() ? "" : rows.front()[0].as<std::string>();
}

}  // namespace

TEST_CASE("the migration knows the same notations as the programs") {
  TestDb db;
  LineSamples samples{5};
  std::vector<std::string> addresses{"ACME",          "acme Inc",     "12345",
                                     "messenger:12",  "Client:Bob",   "",
                                     "a,b",           "+14155552671", "+5211234567890",
                                     "+551178901234", "+22521123456", "whatsapp:14155552671",
                                     "rcs:acme_agent"};
  for (int i = 0; i < 500; ++i)
    for (const auto& text : samples.next().international)
      if (text.find_first_of(" \xC2\xE2-") == std::string::npos) addresses.push_back(text);
  db.run([&](Tx& tx) {
    for (const auto& row :
         exec(tx, "SELECT u.a, line_of(u.a) AS key FROM unnest($1::text[]) AS u(a)", addresses)) {
      CAPTURE(row["a"].as<std::string>());
      CHECK(row["key"].as<std::string>() == address_key(row["a"].as<std::string>()));
    }
  });
}

TEST_CASE("contacts, consent and numbers never to text of one line become one") {
  TestDb db;
  const auto tenant = add_test_tenant(db).id;
  forget(db);
  db.run([&](Tx& tx) {
    put(tx, tenant,
        "INSERT INTO list (tenant_id, slug) VALUES ($T, 'a'), ($T, 'b');"
        "INSERT INTO contact (tenant_id, msisdn, first_name, email, tags, attributes) VALUES"
        " ($T, '+525512345678', '', 'luz@example.com', '{vip}', '{\"size\": \"L\"}'),"
        " ($T, '+5215512345678', 'Luz', '', '{new}', '{\"size\": \"M\", \"drink\": \"tea\"}'),"
        " ($T, '+551187654321', 'Ana', '', '{}', '{}'),"
        " ($T, '+14155552671', 'Bo', '', '{}', '{}');"
        "INSERT INTO list_member (tenant_id, list_id, contact_id) SELECT $T, l.id, c.id"
        "   FROM list l JOIN contact c ON c.tenant_id = $T"
        "  WHERE (l.slug, c.msisdn) IN (('a', '+525512345678'), ('a', '+5215512345678'), ('b', "
        "'+5215512345678'));"
        "INSERT INTO consent (tenant_id, msisdn, state, changed_at) VALUES"
        " ($T, '+525512345678', 'opted_in', '2026-05-02Z'), ($T, '+5215512345678', 'opted_out', "
        "'2026-05-01Z'),"
        " ($T, '+551187654321', 'opted_in', '2026-05-01Z'), ($T, '+14155552671', 'opted_in', '2026-05-01Z');"
        "INSERT INTO consent_event (tenant_id, msisdn, action, method, source, occurred_at, recorded_at) "
        "VALUES"
        " ($T, '+525512345678', 'opt_in', 'import', 'form', '2026-05-02Z', '2026-05-02Z'),"
        " ($T, '+5215512345678', 'opt_out', 'keyword', 'STOP', '2026-05-01Z', '2026-05-01Z');"
        "INSERT INTO consent_scope (tenant_id, msisdn, scope, state, changed_at) VALUES"
        " ($T, 'whatsapp:+14155552671', 'sender:+15005550006', 'opted_out', '2026-05-01Z');"
        "INSERT INTO dnc (tenant_id, msisdn, reason) VALUES ($T, '+22997123456', 'letter'), ($T, "
        "'+14155552671', '');"
        "INSERT INTO inbound (tenant_id, provider_sid, msisdn, address, body) VALUES"
        " ($T, 'SM1', '+5215512345678', '+15005550006', 'hi'), ($T, 'SM2', 'ACME', '+15005550006', 'hi')");
  });
  const auto notes = bring_together(db);
  CHECK(notes.at("contacts merged into another of their line") == 1);
  CHECK(notes.at("contacts brought under the one notation") == 1);
  CHECK(notes.at("opt-outs that hold for a notation that was opted in") == 1);
  CHECK(notes.at("do-not-contact numbers brought under the one notation") == 1);
  CHECK(notes.at("texts received brought under the one notation") == 2);
  CHECK(notes.count("waiting messages skipped, for the line has one already") == 0);

  db.run([&](Tx& tx) {
    CHECK_FALSE(find_contact(tx, tenant, "+5215512345678"));
    const auto luz = get_contact_view(tx, tenant, "+525512345678");
    CHECK(luz.contact.first_name == "Luz");
    CHECK(luz.contact.email == "luz@example.com");
    CHECK(luz.contact.tags == std::vector<std::string>{"new", "vip"});
    CHECK(luz.contact.attributes.at("size") == "L");  // of the one that stays
    CHECK(luz.contact.attributes.at("drink") == "tea");
    CHECK(luz.lists == std::vector<std::string>{"a", "b"});
    CHECK(luz.last_inbound == "hi");
    CHECK(luz.consent.state == ConsentState::opted_out);
    const auto events = list_consent_events(tx, tenant, "+525512345678");
    CHECK(events.size() == 3);
    CHECK(fold_consent(events) == ConsentState::opted_out);
    CHECK(list_consent_events(tx, tenant, "+5215512345678").size() == 1);  // the ledger is append-only
    CHECK(get_consent_status(tx, tenant, "+5215512345678").state == ConsentState::none);
    CHECK(find_contact(tx, tenant, "+5511987654321"));
    CHECK(get_consent_status(tx, tenant, "+5511987654321").state == ConsentState::opted_in);
    const auto bo = get_consent_status(tx, tenant, "+14155552671");
    CHECK(bo.state == ConsentState::opted_in);
    CHECK(bo.opted_out_of == std::vector<std::string>{"sender:+15005550006"});
    CHECK(get_consent_status(tx, tenant, "+2290197123456").dnc_reason == "letter");
    CHECK(one_value(tx, tenant, "SELECT msisdn FROM inbound WHERE tenant_id = $1 AND provider_sid = 'SM2'") ==
          "name:ACME");
  });
}

TEST_CASE("a campaign that has two messages for a line sends one") {
  TestDb db;
  const auto tenant = add_test_tenant(db).id;
  forget(db);
  db.run([&](Tx& tx) {
    put(tx, tenant,
        "INSERT INTO template (tenant_id, slug, body) VALUES ($T, 't', 'x');"
        "INSERT INTO campaign (tenant_id, id, slug, template_id, audience, status) SELECT $T, 7, 'c', id, "
        "'all',"
        " 'running' FROM template;"
        "INSERT INTO contact (tenant_id, id, msisdn) VALUES ($T, 1, '+525512345678'), ($T, 2, "
        "'+5215512345678'),"
        " ($T, 3, '+5215512345679');"
        "INSERT INTO message (tenant_id, id, campaign_id, contact_id, msisdn, status) VALUES"
        " ($T, 101, 7, 1, '+525512345678', 'waiting'), ($T, 102, 7, 2, '+5215512345678', 'waiting'),"
        " ($T, 103, 7, 3, '+5215512345679', 'waiting'), ($T, 104, NULL, NULL, '+5215512345678', 'delivered');"
        "INSERT INTO campaign_counter VALUES ($T, 7, 0, 'status:waiting', 3)");
  });
  const auto notes = bring_together(db);
  CHECK(notes.at("waiting messages skipped, for the line has one already") == 1);
  CHECK(notes.at("messages brought under the one notation") == 2);
  db.run([&](Tx& tx) {
    CHECK(
        one_value(
            tx, tenant,
            "SELECT string_agg(id || ' ' || msisdn || ' ' || status || ' ' || skip_reason, ', ' ORDER BY id)"
            "  FROM message WHERE tenant_id = $1") ==
        "101 +525512345678 waiting , 102 +5215512345678 skipped duplicate, 103 +525512345679 waiting , "
        "104 +525512345678 delivered ");
    CHECK(one_value(tx, tenant,
                    "SELECT string_agg(counter || ' ' || value, ', ' ORDER BY counter) FROM campaign_counter"
                    " WHERE tenant_id = $1") == "skipped:duplicate 1, status:waiting 2");
  });
}
