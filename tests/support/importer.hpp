// Files imported into a tenant of a test, and what is in the database then.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>

#include <doctest/doctest.h>

#include "core/import/import.hpp"
#include "tests/support/bytes.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {

struct Importer {
  TestDb db;
  Tenant tenant = add_test_tenant(db);
  Connection connection = db.connect();
  std::string rejects;

  ImportRun run(const std::string& csv, ImportOptions options = {}) {
    options.source = "contacts.csv";
    rejects.clear();
    ImportEvents events;
    events.rejects = [&](std::string_view text) { rejects += text; };
    auto done = run_import(connection, tenant, bytes_of(csv), options, events);
    const auto& c = done.import.counts;
    CHECK(c.rows == c.created + c.updated + c.unchanged + c.duplicate + c.rejected);
    return done;
  }
  std::string value(const std::string& sql) {
    return db.run([&](Tx& tx) { return exec(tx, sql, tenant.id).front()[0].as<std::string>(); });
  }
  void does(const std::string& sql) {
    db.run([&](Tx& tx) { exec(tx, sql, tenant.id); });
  }
  std::string contact(const std::string& msisdn) {
    return value(
        "SELECT concat_ws('|', first_name, last_name, email, timezone, country, external_id, attributes,"
        " array_to_string(tags, ',')) FROM contact WHERE tenant_id = $1 AND msisdn = '" +
        msisdn + "'");
  }
  std::string consent(const std::string& msisdn) {
    return value("SELECT coalesce((SELECT state FROM consent WHERE tenant_id = $1 AND msisdn = '" + msisdn +
                 "'), 'none')");
  }
};

}  // namespace smscrm
