#include <algorithm>

#include <doctest/doctest.h>

#include "core/access/audit.hpp"
#include "core/contact/contact.hpp"
#include "core/db/roles.hpp"
#include "core/tenant/tenant.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

struct AuditFixture {
  TestDb db;
  const SecretKey key = new_secret_key();
  const Timestamp at = parse_rfc3339("2026-05-01T12:00:00Z");
  Tenant tenant = add_test_tenant(db);

  std::vector<AuditEvent> entries(const AuditFilter& filter = {}) {
    return db.run([&](Tx& tx) { return collect(tx, list_audit(tenant.id, filter), std::nullopt); });
  }
  std::vector<AuditCheckpoint> seal() {
    return db.run([&](Tx& tx) { return seal_audit(tx, key, 1000, at); });
  }
  AuditProof verify(const std::optional<AuditCheckpoint>& anchor = {}) {
    return db.run([&](Tx& tx) { return verify_audit(tx, tenant.id, key, anchor); });
  }
  // As somebody who has the whole database may.
  void tamper(const std::string& sql) {
    db.run([&](Tx& tx) {
      tx.exec("SET LOCAL session_replication_role = replica");
      CHECK(exec(tx, sql).affected_rows() > 0);
    });
  }
  void rename(const std::string& name) {
    db.run([&](Tx& tx) {
      act_for(tx, find_roles(tx), {tenant.id, "shell anna", "cli", "r1"});
      auto changed = get_tenant(tx, tenant.slug);
      changed.name = name;
      update_tenant(tx, changed, at);
    });
  }
};

}  // namespace

TEST_CASE("a change has its doer, its way, and what was before and after") {
  AuditFixture f;
  f.rename("Acme Tea");
  const auto entries = f.entries({.action = "tenant.update"});
  REQUIRE(entries.size() == 1);
  const auto& entry = entries.front();
  CHECK(entry.doer == "shell anna");
  CHECK(entry.via == "cli");
  CHECK(entry.request == "r1");
  CHECK(entry.object_id == fmt::format("{}", f.tenant.id.value));
  CHECK(entry.object_name == "acme");
  CHECK(entry.before->find("Acme Coffee") != std::string::npos);
  CHECK(entry.after->find("Acme Tea") != std::string::npos);
  CHECK(entry.after->find("timezone") == std::string::npos);  // only what differs
  f.rename("Acme Tea");
  CHECK(f.entries({.action = "tenant.update"}).size() == 1);  // nothing did
}

TEST_CASE("what somebody does with the database's password is written down, too") {
  AuditFixture f;
  f.db.run([](Tx& tx) { exec(tx, "UPDATE tenant SET name = 'x'"); });
  CHECK(f.entries({.action = "tenant.update"}).front().via == "sql");
  CHECK(f.entries({.action = "tenant.update"}).front().doer.starts_with("database "));
}

TEST_CASE("a change that is taken back leaves no entry") {
  AuditFixture f;
  const auto before = f.entries().size();
  CHECK_THROWS(f.db.run([](Tx& tx) {
    exec(tx, "UPDATE tenant SET name = 'x'");
    throw Error(Errc::invalid, "no");
  }));
  CHECK(f.entries().size() == before);
}

TEST_CASE("of people no more is kept than which they were, and of many rows their number") {
  AuditFixture f;
  f.db.run([&](Tx& tx) {
    NewContact contact;
    contact.msisdn = "+14155550101";
    contact.first_name = "Annabella";
    add_contact(tx, f.tenant.id, contact);
    exec(tx,
         "INSERT INTO contact (tenant_id, id, msisdn) SELECT $1::bigint, 1000 + n, '+1415555' || 1000 + n"
         "  FROM generate_series(1, 21) n",
         f.tenant.id);
    exec(tx, "UPDATE contact SET first_name = 'B' WHERE id < 1000");
  });
  const auto entries = f.entries({.action = "contact"});
  REQUIRE(entries.size() == 3);
  CHECK(entries[2].after->find("Annabella") == std::string::npos);
  CHECK(entries[2].after->find("+14155550101") == std::string::npos);
  CHECK(entries[1].rows == 21);
  CHECK(entries[1].object_id.empty());
  CHECK(entries[0].after == R"({"first_name": "B"})");
  CHECK(entries[0].before == R"({"first_name": "Annabella"})");
}

TEST_CASE("the audit is sealed into a chain that verifies, and goes on from its head") {
  AuditFixture f;
  CHECK(f.verify().unsealed == 1);
  f.rename("One");
  const auto unsealed = [&] { return f.db.run([](Tx& tx) { return unsealed_for(tx, now() + 100s); }); };
  CHECK(unsealed() >= 100s);
  CHECK(unsealed() < 200s);
  auto heads = f.seal();
  CHECK(unsealed() == 0s);
  REQUIRE(heads.size() == 1);
  CHECK(heads.front().size == 2);
  CHECK(f.seal().empty());
  f.rename("Two");
  f.rename("Three");
  heads = f.seal();
  REQUIRE(heads.size() == 1);
  const auto proof = f.verify(heads.front());
  CHECK(proof.holds());
  CHECK(proof.entries == 4);
  CHECK(proof.unsealed == 0);
  CHECK(proof.checkpoints == 2);
  const auto again = parse_checkpoint(format_checkpoint(heads.front()));
  CHECK(again.hash == heads.front().hash);
  CHECK(f.verify(again).holds());
}

TEST_CASE("whatever is done to the chain is found") {
  AuditFixture f;
  f.rename("One");
  f.rename("Two");
  f.rename("Three");
  const auto head = f.seal().front();
  REQUIRE(f.verify(head).holds());
  SUBCASE("an entry tells something else") {
    f.tamper("UPDATE audit_event SET after = '{}' WHERE position = 2");
    CHECK(f.verify().fault_at == 2);
  }
  SUBCASE("another is said to have done it") {
    f.tamper("UPDATE audit_event SET doer = 'shell bob' WHERE position = 3");
    CHECK(f.verify().fault_at == 3);
  }
  SUBCASE("at another time") {
    f.tamper("UPDATE audit_event SET at = at + interval '1 us' WHERE position = 3");
    CHECK(f.verify().fault_at == 3);
  }
  SUBCASE("one in the middle is gone") {
    f.tamper("DELETE FROM audit_event WHERE position = 2");
    CHECK(f.verify().fault_at == 2);
  }
  SUBCASE("the last is gone") {
    f.tamper("DELETE FROM audit_event WHERE position = 4");
    CHECK_FALSE(f.verify().holds());
  }
  SUBCASE("the last is gone, and what was signed of it, but not what was kept elsewhere") {
    f.tamper("DELETE FROM audit_event WHERE position = 4");
    f.tamper("DELETE FROM audit_checkpoint");
    CHECK_FALSE(f.verify().holds());  // the head that is left was never signed
    CHECK_FALSE(f.verify(head).holds());
  }
  SUBCASE("what was erased tells something") {
    f.tamper("UPDATE audit_event SET salt = NULL, after = '{}' WHERE position = 2");
    CHECK(f.verify().fault_at == 2);
  }
  SUBCASE("the whole chain was made anew") {
    f.tamper(
        "UPDATE audit_event SET doer = 'shell bob', position = NULL, hash = NULL,"
        " leaf = sha256(int8send(tenant_id) || int8send(id) || int8send((extract(epoch FROM at) * "
        "1000000)::bigint)"
        " || audit_text(login) || audit_text('shell bob') || audit_text(via) || audit_text(request) || "
        "audit_text(action)"
        " || audit_text(object_id) || int8send(rows) || salted)");
    f.db.run([](Tx& tx) { exec(tx, "SELECT seal_audit(1000)"); });
    CHECK_FALSE(f.verify().holds());  // the checkpoint is of another history
    f.tamper("DELETE FROM audit_checkpoint");
    CHECK_FALSE(f.verify().holds());  // nor is the new one signed
    CHECK_FALSE(f.verify(head).holds());
  }
  SUBCASE("signed by another key") {
    const auto proof =
        f.db.run([&](Tx& tx) { return verify_audit(tx, f.tenant.id, new_secret_key(), std::nullopt); });
    CHECK_FALSE(proof.holds());
  }
}

TEST_CASE("of a contact that is deleted the audit keeps no name, and holds") {
  AuditFixture f;
  f.db.run([&](Tx& tx) {
    NewContact contact;
    contact.msisdn = "+14155550101";
    const auto id = add_contact(tx, f.tenant.id, contact).id;
    exec(tx, "UPDATE contact SET first_name = 'Annabella'");
    exec(tx, "DELETE FROM contact WHERE id = $1", id);
  });
  f.seal();
  for (const auto& entry : f.entries({.action = "contact"})) {
    CHECK(entry.before.value_or("").find("Annabella") == std::string::npos);
    CHECK(entry.after.value_or("").find("Annabella") == std::string::npos);
  }
  CHECK(f.verify().holds());
  CHECK(f.verify().erased == 2);
}

TEST_CASE("no setting and no temporary table keeps a change out, and addresses tell no secret") {
  AuditFixture f;
  const auto other = add_test_tenant(f.db, "other");
  f.db.run([&](Tx& tx) {
    act_for(tx, find_roles(tx), {f.tenant.id, "shell anna", "cli"});
    exec(tx,
         "INSERT INTO import (tenant_id, source, status, options, started_at) VALUES ($1, 'x', 'done', '{}', "
         "now())",
         f.tenant.id);
    exec(tx, "SET LOCAL smscrm.import = '1'");
    exec(tx, fmt::format("SET LOCAL smscrm.import_tenant = '{}'", f.tenant.id.value));
    exec(tx, "CREATE TEMPORARY TABLE audit_event (LIKE public.audit_event) ON COMMIT DROP");
    exec(tx, "INSERT INTO contact (tenant_id, msisdn) VALUES ($1, '+14155550101')", f.tenant.id);
  });
  CHECK(f.entries({.action = "contact.insert"}).size() == 1);
  f.db.run([&](Tx& tx) {
    exec(tx,
         "INSERT INTO webhook (tenant_id, slug, url, events, secret)"
         " VALUES ($1, 'shop', 'https://ann:hunter2@shop.example/in?token=abc', '{message.*}', 'x')",
         f.tenant.id);
  });
  const auto made = f.entries({.action = "webhook"}).at(0).after.value();
  CHECK(made.find("hunter2") == std::string::npos);
  CHECK(made.find("abc") == std::string::npos);
  CHECK(made.find("shop.example/in") != std::string::npos);
}

TEST_CASE("what is personal may go, and the chain holds") {
  AuditFixture f;
  f.rename("One");
  f.seal();
  f.db.run([](Tx& tx) {
    exec(tx,
         "UPDATE audit_event SET salt = NULL, object_name = NULL, before = NULL, after = NULL WHERE position "
         "= 2");
  });
  const auto proof = f.verify();
  CHECK(proof.holds());
  CHECK(proof.erased == 1);
}

TEST_CASE("nobody but the triggers writes it, and nobody takes anything back") {
  AuditFixture f;
  f.seal();
  for (const char* sql : {"UPDATE audit_event SET doer = 'x'", "DELETE FROM audit_event",
                          "TRUNCATE audit_event", "DELETE FROM audit_checkpoint"})
    CHECK_THROWS(f.db.run([&](Tx& tx) { exec(tx, sql); }));
  for (const auto& tenant : {std::optional{f.tenant.id}, std::optional<TenantId>{}})
    for (const char* sql :
         {"INSERT INTO audit_event (tenant_id, at, login, doer, via, action, object_id, salted, leaf)"
          " VALUES (1, now(), '', '', '', '', '', '', '')",
          "SELECT write_audit(1, 'x', 'x', NULL, NULL, NULL, 1)", "UPDATE audit_event SET hash = NULL"})
      CHECK_THROWS(f.db.run([&](Tx& tx) {
        act_for(tx, find_roles(tx), {tenant, "x", "x"});
        exec(tx, sql);
      }));
}

TEST_CASE("a table that comes is in the audit, or it is said why not") {
  // Ledgers that are their own proof; work, queues, counters and caches; parts of what has an entry.
  const std::vector<std::string> left_out{"api_key_use",
                                          "audit_checkpoint",
                                          "audit_event",
                                          "campaign_counter",
                                          "campaign_sender",
                                          "claimed_range",
                                          "click",
                                          "click_first",
                                          "click_more",
                                          "consent",
                                          "consent_scope",
                                          "daily_usage",
                                          "erased_number",
                                          "erasure_copy",
                                          "retention_progress",
                                          "import_change",
                                          "import_reject",
                                          "inbound",
                                          "lane",
                                          "message",
                                          "message_attempt",
                                          "message_event",
                                          "message_key",
                                          "receipt_stray",
                                          "rollup",
                                          "rollup_day",
                                          "receipt_sweep",
                                          "request_key",
                                          "segment_reference",
                                          "webhook_attempt",
                                          "webhook_delivery",
                                          "work_chunk",
                                          "work_claim",
                                          "work_due"};
  TestDb db;
  for (const auto& row : db.run([](Tx& tx) {
         return exec(
             tx,
             "SELECT c.relname, EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
             "                           WHERE t.tgrelid = c.oid AND p.proname LIKE 'audit\\_%') AS audited"
             "  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
             "  JOIN pg_attribute a ON a.attrelid = c.oid AND attname = 'tenant_id' AND NOT attisdropped"
             " WHERE nspname = 'public' AND relkind IN ('r', 'p')");
       })) {
    const auto name = row["relname"].as<std::string>();
    CAPTURE(name);
    CHECK(row["audited"].as<bool>() != (std::ranges::count(left_out, name) > 0));
  }
}

TEST_CASE("lines that are no checkpoint are refused") {
  for (const char* line : {"", "smscrm-audit-1", "smscrm-audit-1 1 2 zz 2026-05-01T12:00:00Z ab",
                           "smscrm-audit-1 1 0 ab 2026-05-01T12:00:00Z ab", "smscrm-audit-1 1 2 ab today ab",
                           "other 1 2 ab 2026-05-01T12:00:00Z ab"})
    CHECK_THROWS_AS(parse_checkpoint(line), Error);
}
