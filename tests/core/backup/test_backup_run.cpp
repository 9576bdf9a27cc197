#include <doctest/doctest.h>

#include "core/backup/backup_run.hpp"
#include "tests/support/test_db.hpp"

using namespace smscrm;

namespace {

const Timestamp noon = parse_rfc3339("2026-05-01T12:00:00Z");

void run_one(TestDb& db, BackupRunKind kind, const std::string& backup, Timestamp at,
             const std::string& error = "") {
  db.run([&](Tx& tx) {
    const auto id = begin_backup_run(tx, kind, "", at - std::chrono::minutes{1});
    end_backup_run(tx, id, {kind, backup, 1'000, error}, at);
  });
}

BackupAges ages(TestDb& db) {
  return db.run([](Tx& tx) { return find_backup_ages(tx); });
}

}  // namespace

TEST_CASE("a run counts once it has come to a good end") {
  TestDb db;
  CHECK_FALSE(ages(db).backed_up());
  db.run([](Tx& tx) { begin_backup_run(tx, BackupRunKind::full, "", noon); });
  CHECK_FALSE(ages(db).backed_up());
  run_one(db, BackupRunKind::full, "a", noon);
  run_one(db, BackupRunKind::incremental, "b", noon + std::chrono::hours{1});
  run_one(db, BackupRunKind::verify, "a", noon + std::chrono::hours{2});
  CHECK(ages(db).full == noon);
  CHECK(ages(db).backed_up() == noon + std::chrono::hours{1});
  CHECK(ages(db).verified == noon + std::chrono::hours{2});
  CHECK(ages(db).trouble.empty());
  const auto verified = db.run([](Tx& tx) { return find_verified(tx, {"b", "a"}); });
  REQUIRE(verified.size() == 2);
  CHECK_FALSE(verified[0]);
  CHECK(verified[1] == noon + std::chrono::hours{2});
}

TEST_CASE("a failure is told of until a later run of its sort succeeds") {
  TestDb db;
  run_one(db, BackupRunKind::full, "", noon, std::string(2'000, 'x'));
  CHECK(ages(db).trouble == std::string(1'000, 'x'));
  CHECK_FALSE(ages(db).full);
  run_one(db, BackupRunKind::verify, "old", noon + std::chrono::hours{1});
  CHECK_FALSE(ages(db).trouble.empty());
  run_one(db, BackupRunKind::incremental, "b", noon + std::chrono::hours{2});
  CHECK(ages(db).trouble.empty());
  run_one(db, BackupRunKind::verify, "b", noon + std::chrono::hours{3}, "damaged");
  CHECK(ages(db).trouble == "damaged");
}

TEST_CASE("a copy of a key is known by its fingerprint, which is another for another key") {
  TestDb db;
  const auto key = new_secret_key(), other = new_secret_key();
  const auto print = key_fingerprint(key);
  CHECK(print.size() == 16);
  CHECK(key_fingerprint(other) != print);
  CHECK(hex_encode(key.bytes()).find(print) == std::string::npos);
  db.run([&](Tx& tx) { record_key_copy(tx, print, noon); });
  CHECK(db.run([&](Tx& tx) { return find_key_copy(tx, print); }) == noon);
  CHECK_FALSE(db.run([&](Tx& tx) { return find_key_copy(tx, key_fingerprint(other)); }));
}

TEST_CASE("a server that archives nothing has no archive") {
  TestDb db;
  CHECK_FALSE(db.run([](Tx& tx) { return find_wal_archive(tx); }));
}
