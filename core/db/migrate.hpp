// The schema's history: migrations/NNNN_what.sql, embedded in the binary, forward-only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/db/db.hpp"

namespace smscrm {

struct Migration {
  std::string_view name;  // "0001_tenant"
  std::string_view sql;
};

struct AppliedMigration {
  std::string name;
  Timestamp applied_at;
};

// All that this binary knows, in order.
const std::vector<Migration>& known_migrations();

// Those that the database has, in order; empty when it has none.
std::vector<AppliedMigration> list_applied_migrations(Connection& connection);

// Names of known migrations that the database lacks. Throws Error{conflict} when the database has one that
// this binary does not know, being newer.
std::vector<std::string> list_pending_migrations(Connection& connection);

struct MigrationNote {
  std::string migration;  // its name
  std::string what;       // "contacts with another notation of their number"
  std::int64_t rows = 0;
};

// What applied migrations said that they did to the rows that they found, in the order of their names.
std::vector<MigrationNote> list_migration_notes(Connection& connection);

// Applies what is pending, each in its own transaction, under one advisory lock so that several may try at
// once. Tables that have come with them are kept out of the statistics on tenants
// (0027_tenant_statistics.sql). What one says of rows that it changed, as RAISE NOTICE 'rates: 3 changed',
// becomes a note. Returns the names applied. Throws Error{conflict} when an applied migration was edited
// since.
std::vector<std::string> migrate(Connection& connection);

}  // namespace smscrm
