#include <doctest/doctest.h>

#include "core/import_undo.hpp"
#include "tests/support/importer.hpp"

using namespace smscrm;

// Of statistics that know one tenant and one list, others are thought to have no rows: were a plan to go by
// that, each chunk would read all of a tenant's rows for each row of its own, a billion in this test.
TEST_CASE("a tenant, list and ledger that the statistics do not know are imported as fast as any") {
  Importer import;
  const auto make = [](int begin, int end, const char* name) {
    std::string csv = "phone,name\n";
    for (int i = begin; i < end; ++i) csv += fmt::format("+1415{},{}\n", 5'000'000 + i, name);
    return csv;
  };
  ImportOptions options;
  options.list = "spring";
  options.consent_source = "web form";
  import.run(make(0, 30'000, "Ann"), options);
  const auto execute = [](Connection& connection, const char* sql) {
    in_transaction(connection, [&](Tx& tx) { exec(tx, sql); });
  };
  execute(import.connection, "ANALYZE");

  import.tenant = add_test_tenant(import.db, "other");
  execute(import.connection, "SET statement_timeout = '40s'");
  CHECK(import.run(make(0, 40'000, "Bob"), options).import.counts.created == 40'000);
  const auto changed = import.run(make(0, 40'000, "Cy"), options).import;
  CHECK(changed.counts.updated == 40'000);
  options.list = "summer";
  options.consent_source = "shop";
  CHECK(import.run(make(0, 40'000, "Cy"), options).import.counts.unchanged == 40'000);
  CHECK(import.value("SELECT count(*) FROM list_member WHERE tenant_id = $1") == "80000");
  CHECK(undo_import(import.connection, import.tenant.id, *changed.id).restored == 40'000);
}
