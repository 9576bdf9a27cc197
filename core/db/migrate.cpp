#include "core/db/migrate.hpp"

#include <algorithm>
#include <utility>

#include "core/base/text.hpp"
#include "core/db/roles.hpp"

namespace smscrm {
namespace {

constexpr std::int64_t migrate_lock = 0x736D736372'6D;  // "smscrm"

// What a migration says while it runs, line by line.
class Notices : public pqxx::errorhandler {
 public:
  explicit Notices(Connection& connection) : pqxx::errorhandler(connection.handle()) {}

  bool operator()(const char message[]) noexcept override {
    try {
      std::string_view line{message};
      constexpr std::string_view level = "NOTICE:  ";
      if (line.starts_with(level)) lines_.emplace_back(trim(line.substr(level.size())));
    } catch (const std::bad_alloc&) {
      // The migration counts, not its words.
    }
    return false;
  }
  std::vector<std::string> take() { return std::exchange(lines_, {}); }

 private:
  std::vector<std::string> lines_;
};

bool has_history(Tx& tx) {
  return exec(tx, "SELECT to_regclass('schema_migration') IS NOT NULL").front()[0].as<bool>();
}

// "rates of accounts: 3 brought into bounds" is three "rates of accounts brought into bounds".
void note(Tx& tx, std::string_view migration, const std::string& line) {
  const auto colon = line.find(": ");
  if (colon == std::string::npos) return;
  const auto count = line.substr(colon + 2, line.find(' ', colon + 2) - colon - 2);
  const auto rows = parse_integer(count);
  if (!rows) return;
  exec(tx, "INSERT INTO migration_note (migration, what, rows) VALUES ($1, $2, $3)", migration,
       line.substr(0, colon) + line.substr(colon + 2 + count.size()), *rows);
}

// Applies the first migration that the database lacks; empty when there is none.
std::string apply_next(Tx& tx, Notices& notices) {
  notices.take();
  exec(tx, "SELECT pg_advisory_xact_lock($1)", migrate_lock);
  exec(tx,
       "CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, checksum text NOT NULL,"
       " applied_at timestamptz NOT NULL DEFAULT now())");
  for (const auto& migration : known_migrations()) {
    const auto row = exec(tx,
                          "SELECT s.checksum, encode(sha256(convert_to($2, 'UTF8')), 'hex') AS wanted"
                          "  FROM (SELECT 1) one LEFT JOIN schema_migration s ON s.name = $1",
                          migration.name, migration.sql)
                         .front();
    if (row["checksum"].is_null()) {
      tx.exec(std::string{migration.sql});
      exec(tx, "INSERT INTO schema_migration (name, checksum) VALUES ($1, $2)", migration.name,
           row["wanted"].as<std::string>());
      for (const auto& line : notices.take()) note(tx, migration.name, line);
      return std::string{migration.name};
    }
    if (row["checksum"].as<std::string>() != row["wanted"].as<std::string>())
      throw Error(Errc::conflict, "migration {} was changed after it was applied to this database",
                  migration.name)
          .with_hint("use the binaries that migrated it, or a database of its own");
  }
  return {};
}

}  // namespace

std::vector<AppliedMigration> list_applied_migrations(Connection& connection) {
  return in_transaction(connection, [](Tx& tx) {
    std::vector<AppliedMigration> applied;
    if (!has_history(tx)) return applied;
    for (const auto& row : exec(tx, "SELECT name, applied_at FROM schema_migration ORDER BY name"))
      applied.push_back({row["name"].as<std::string>(), row["applied_at"].as<Timestamp>()});
    return applied;
  });
}

std::vector<std::string> list_pending_migrations(Connection& connection) {
  const auto applied = list_applied_migrations(connection);
  std::vector<std::string> pending;
  for (const auto& migration : known_migrations())
    if (std::none_of(applied.begin(), applied.end(), [&](const auto& a) { return a.name == migration.name; }))
      pending.emplace_back(migration.name);
  if (applied.size() + pending.size() > known_migrations().size())
    throw Error(Errc::conflict, "the database has migration {}, which this smscrm does not know",
                applied.back().name)
        .with_hint("use a newer smscrm");
  return pending;
}

std::vector<MigrationNote> list_migration_notes(Connection& connection) {
  return in_transaction(connection, [](Tx& tx) {
    std::vector<MigrationNote> notes;
    if (!exec(tx, "SELECT to_regclass('migration_note') IS NOT NULL").front()[0].as<bool>()) return notes;
    for (const auto& row :
         exec(tx, "SELECT migration, what, rows FROM migration_note WHERE rows > 0 ORDER BY migration, what"))
      notes.push_back({row["migration"].as<std::string>(), row["what"].as<std::string>(),
                       row["rows"].as<std::int64_t>()});
    return notes;
  });
}

std::vector<std::string> migrate(Connection& connection) {
  std::vector<std::string> applied;
  Notices notices{connection};
  for (;;) {
    auto name = in_transaction(connection, [&](Tx& tx) { return apply_next(tx, notices); });
    if (name.empty()) break;
    applied.push_back(std::move(name));
  }
  in_transaction(connection, [](Tx& tx) {
    exec(tx, "SELECT pg_advisory_xact_lock($1)", migrate_lock);
    exec(tx, "SELECT forget_tenants_in_statistics()");
    set_up_roles(tx);
  });
  return applied;
}

}  // namespace smscrm
