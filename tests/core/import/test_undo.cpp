#include <algorithm>
#include <cstring>

#include <doctest/doctest.h>

#include "core/import/undo.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;

namespace {

struct Undoable {
  TestDb db;
  Tenant tenant = add_test_tenant(db);
  Connection connection = db.connect();

  ImportId run(std::string csv, const std::string& list = "") {
    ImportOptions options;
    options.source = "contacts.csv";
    options.list = list;
    auto once = [text = std::move(csv)](char* buffer, std::size_t size) mutable {
      const auto part = std::min(size, text.size());
      std::memcpy(buffer, text.data(), part);
      text.erase(0, part);
      return part;
    };
    return *run_import(connection, tenant, once, options).import.id;
  }
  std::string contacts() {
    return db.run([&](Tx& tx) {
      return exec(
                 tx,
                 "SELECT coalesce(string_agg(concat_ws(' ', right(msisdn, 1), first_name, attributes,"
                 " array_to_string(tags, ',')), '; ' ORDER BY msisdn), '') FROM contact WHERE tenant_id = $1",
                 tenant.id)
          .front()[0]
          .as<std::string>();
    });
  }
  void does(const std::string& sql) {
    db.run([&](Tx& tx) { exec(tx, sql, tenant.id); });
  }
};

}  // namespace

TEST_CASE("undo deletes what an import created and restores what it changed") {
  Undoable u;
  u.run("phone,name,drink,tags\n4155552671,Ann,tea,old\n4155552672,Bob,milk,\n");
  const auto before = u.contacts();
  const auto id =
      u.run("phone,name,drink,tags\n4155552671,Anna,gin,new\n4155552672,,,\n4155552673,Cy,,\n", "l");
  CHECK(u.contacts() != before);
  const auto undone = undo_import(u.connection, u.tenant.id, id);
  CHECK(undone.deleted == 1);
  CHECK(undone.restored == 1);
  CHECK(undone.removed == 3);
  CHECK(undone.kept_created == 0);
  CHECK(undone.kept_changed == 0);
  CHECK(u.contacts() == before);
  CHECK_THROWS_AS(undo_import(u.connection, u.tenant.id, id), Error);
}

TEST_CASE("undoing imports one after the other leads back to the beginning") {
  Undoable u;
  const auto first = u.run("phone,name\n4155552671,Ann\n");
  const auto second = u.run("phone,name\n4155552671,Anna\n");
  const auto kept = undo_import(u.connection, u.tenant.id, second);
  CHECK(kept.restored == 1);
  CHECK(undo_import(u.connection, u.tenant.id, first).deleted == 1);
  CHECK(u.contacts() == "");
}

TEST_CASE("undo keeps what was touched since, and says so") {
  Undoable u;
  u.run("phone,name\n4155552671,Ann\n");
  const auto id =
      u.run("phone,name\n4155552671,Anna\n4155552672,B\n4155552673,C\n4155552674,D\n4155552675,E\n");
  u.does(
      "UPDATE contact SET first_name = 'By hand', updated_at = now()"
      " WHERE tenant_id = $1 AND msisdn IN ('+14155552671', '+14155552672')");
  u.does(
      "INSERT INTO message (tenant_id, contact_id, status, msisdn, kind) SELECT tenant_id, id, 'sent', "
      "msisdn,"
      " 'test' FROM contact WHERE tenant_id = $1 AND msisdn = '+14155552673'");
  u.does("INSERT INTO list (tenant_id, slug) VALUES ($1, 'other')");
  u.does(
      "INSERT INTO list_member (tenant_id, list_id, contact_id) SELECT c.tenant_id, l.id, c.id FROM contact c"
      " JOIN list l USING (tenant_id) WHERE c.tenant_id = $1 AND msisdn = '+14155552674'");
  const auto undone = undo_import(u.connection, u.tenant.id, id);
  CHECK(undone.deleted == 1);
  CHECK(undone.restored == 0);
  CHECK(undone.kept_created == 3);
  CHECK(undone.kept_changed == 1);
}

TEST_CASE("consent that only its import said is taken back when it is undone") {
  Undoable u;
  const auto id = u.run("phone,consent\n4155552671,yes\n");
  CHECK(undo_import(u.connection, u.tenant.id, id).withdrawn == 1);
}
