// Dumps: made, proven, brought back, and what becomes of them when something goes wrong on the way.
#include <csignal>
#include <future>

#include <doctest/doctest.h>

#include "core/base/text.hpp"
#include "tests/support/backup_cli.hpp"
#include "tests/support/processes.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;
using test::BackupCli;
using test::find_process;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// A dump that waits for a lock until `work` has returned.
template <class Work>
CommandResult while_it_dumps(const BackupCli& backup, Work&& work) {
  Connection holder{backup.cli.db.url()};
  std::optional<Transaction> lock{std::in_place, holder};
  exec(*lock, "LOCK TABLE contact IN ACCESS EXCLUSIVE MODE");
  auto result = std::async(std::launch::async, [&] { return backup({"backup", "create"}); });
  std::optional<test::RunningProcess> dump;
  // No REQUIRE: whoever leaves with an exception would wait for what waits for its lock.
  CHECK(await([&] { return (dump = find_process("pg_dump", backup.dir.path())).has_value(); }));
  if (dump) work(*dump);
  lock.reset();
  return result.get();
}

// A new database beside the tests', dropped at the end.
struct EmptyDatabase {
  explicit EmptyDatabase(const BackupCli& backup) : admin(backup.cli.db.url()) {
    pqxx::nontransaction{admin.handle()}.exec("CREATE DATABASE " + name);
  }
  ~EmptyDatabase() { pqxx::nontransaction{admin.handle()}.exec("DROP DATABASE " + name + " WITH (FORCE)"); }

  Connection admin;
  const std::string name = "empty_" + std::to_string(::getpid());
};

std::string url_of(const std::string& url, const std::string& database) {
  auto other = url;
  const auto at = other.find("dbname=");
  REQUIRE(at != std::string::npos);
  return other.replace(at, other.find(' ', at) - at, "dbname=" + database);
}

}  // namespace

TEST_CASE("a dump is made, listed, restored for a test, and each run noted") {
  BackupCli backup;
  CHECK(backup({"backup", "verify"}).status == 5);
  const auto made = backup({"backup", "create", "-o", "json"});
  REQUIRE_MESSAGE(made.status == 0, made.err);
  CHECK(made.json()["tool"] == "pg_dump");
  CHECK(made.json()["kind"] == "full");
  const auto name = made.json()["backup"].get<std::string>();
  CHECK(test::files_in(backup.dir.path()).size() == 3);  // the dump, what it is of, the lock
  CHECK(backup({"backup", "list", "-o", "json"}).json()[0]["verified_at"].is_null());
  const auto tested = backup({"backup", "verify", "-o", "json"});
  REQUIRE_MESSAGE(tested.status == 0, tested.out << tested.err);
  CHECK(tested.json()["holds"] == true);
  CHECK(tested.json()["database_bytes"].get<std::int64_t>() > 1'000'000);
  std::vector<std::string> checks;
  const auto proof = tested.json();
  for (const auto& check : proof["checks"]) checks.push_back(check["check"]);
  CHECK(join(checks, " ") == "stored restored schema campaigns reports audit secrets");
  CHECK(test::files_in(backup.scratch.path()).empty());
  CHECK_FALSE(find_process("postgres", backup.scratch.path()));
  const auto listed = backup({"backup", "list", "-o", "json"}).json();
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["backup"] == name);
  CHECK(listed[0]["verified_at"].is_string());
  for (const auto& check : backup({"doctor", "-o", "json"}).json())
    if (check["check"] == "backups") CHECK(check["status"] == "ok");
  CHECK(backup({"backup", "create", "--incremental"}).status == 2);
  CHECK(backup({"backup", "verify", "other"}).status == 5);
}

TEST_CASE("a dump of which two bytes were changed is named, and the test ends with 1") {
  BackupCli backup;
  const auto name = backup({"backup", "create", "-o", "json"}).json()["backup"].get<std::string>();
  test::spoil(backup.dir.path() + "/" + name + ".dump");
  const auto tested = backup({"backup", "verify"});
  CHECK(tested.status == 1);
  CHECK(has(tested.err, name + ".dump"));
  CHECK(has(tested.err, "damaged"));
  CHECK(backup({"backup", "list", "-o", "json"}).json()[0]["verified_at"].is_null());
  const auto doctor = backup({"doctor", "-o", "json"}).json();
  for (const auto& check : doctor)
    if (check["check"] == "backups") CHECK(has(check["detail"], "damaged"));
}

TEST_CASE("a directory that cannot be written to, or is full, is named, and nothing half stays") {
  BackupCli backup;
  backup.environment["SMSCRM_BACKUP_DIRECTORY"] = backup.dir.write("file", "") + "/below";
  const auto unwritable = backup({"backup", "create"});
  CHECK(unwritable.status == 7);
  CHECK(has(unwritable.err, "/file/below"));
  CHECK(has(unwritable.err, "backup.directory"));
  backup.environment["SMSCRM_BACKUP_DIRECTORY"] = backup.dir.path();
  auto environment = backup.environment;
  environment["SMSCRM_DATABASE_URL"] = backup.cli.db.url();
  // A limit of the size of files is what a full disk is to who writes.
  const auto full = run_command(
      {"bash", "-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" backup create", built_program("smscrm")}, "",
      environment);
  CHECK(full.status == 7);
  CHECK(has(full.err, "could not write"));
  CHECK(has(full.err, backup.dir.path()));
  for (const auto& file : test::files_in(backup.dir.path())) CHECK((file == ".lock" || file == "file"));
  CHECK(backup({"backup", "list", "-o", "json"}).json().empty());
}

TEST_CASE("a password is in no argument and in no error") {
  BackupCli backup;
  const std::string secret = "verysecretword";
  backup.environment["SMSCRM_DATABASE_URL"] = backup.cli.db.url() + " password=" + secret;
  std::string words;
  const auto made = while_it_dumps(backup, [&](const auto& process) { words = process.words; });
  CHECK(made.status == 0);
  CHECK(has(words, "--dbname="));
  CHECK_FALSE(has(words, secret));
  backup.environment["SMSCRM_DATABASE_URL"] = "host=127.0.0.1 port=1 dbname=none password=" + secret;
  const auto failed = backup({"backup", "create"});
  CHECK(failed.status == 7);
  CHECK_FALSE(has(failed.err, secret));
}

TEST_CASE("who is killed or interrupted leaves neither a dump nor a program that goes on") {
  BackupCli backup;
  for (const int signal : {SIGTERM, SIGINT, SIGKILL}) {
    CAPTURE(signal);
    const auto ended = while_it_dumps(backup, [&](const auto& process) {
      CHECK(::kill(process.parent, signal) == 0);
      CHECK(await([&] { return !find_process("pg_dump", backup.dir.path()); }));
    });
    CHECK(ended.status == (signal == SIGKILL ? 128 + SIGKILL : 130));
    if (signal != SIGKILL) CHECK(test::files_in(backup.dir.path()) == std::vector<std::string>{".lock"});
    CHECK(backup({"backup", "list", "-o", "json"}).json().empty());
  }
  CHECK(backup({"backup", "create"}).status == 0);
  CHECK(test::files_in(backup.dir.path()).size() == 3);  // what the killed one left is gone
  auto result = std::async(std::launch::async, [&] { return backup({"backup", "verify"}); });
  REQUIRE(await([&] { return find_process("/postgres", backup.scratch.path()).has_value(); }));
  const auto server = find_process("/postgres", backup.scratch.path());
  REQUIRE(server);
  REQUIRE(::kill(server->parent, SIGKILL) == 0);
  CHECK(result.get().status == 128 + SIGKILL);
  CHECK(await([&] { return !find_process("postgres", backup.scratch.path()); }));
  CHECK(backup({"backup", "verify"}).status == 0);
  CHECK(test::files_in(backup.scratch.path()).empty());
}

TEST_CASE("a dump is restored into an empty database alone, which is fenced until somebody resumes") {
  BackupCli backup;
  REQUIRE(backup({"contact", "add", "+14155550001", "--first-name", "Ann"}).status == 0);
  REQUIRE(backup({"backup", "create"}).status == 0);
  REQUIRE(backup({"contact", "delete", "+14155550001", "-y"}).status == 0);
  const auto refused = backup({"backup", "restore"});
  CHECK(refused.status == 6);
  CHECK(has(refused.err, "not empty"));
  const EmptyDatabase empty{backup};
  backup.environment["SMSCRM_DATABASE_URL"] = url_of(backup.cli.db.url(), empty.name);
  CHECK(backup({"backup", "restore", "--to", "/tmp/x"}).status == 2);
  const auto restored = backup({"backup", "restore"});
  REQUIRE_MESSAGE(restored.status == 0, restored.err);
  CHECK(has(restored.err, "smscrm backup resume"));
  CHECK(backup({"migrate"}).status == 0);
  CHECK(backup({"contact", "show", "+14155550001", "-o", "json"}).json()["first_name"] == "Ann");
  const auto status = backup({"backup", "status", "-o", "json"}).json();
  CHECK(status["fenced"] == true);
  CHECK(has(status["reason"], "restored from backup"));
  CHECK(backup({"backup", "resume", "-y"}).status == 0);
  CHECK(backup({"backup", "status", "-o", "json"}).json()["fenced"] == false);
}

TEST_CASE("the copy of the key counts when it is one") {
  BackupCli backup;
  CHECK(backup({"backup", "key", "-o", "json"}).json()["copy_seen_at"].is_null());
  const auto other = backup({"backup", "key", "-"}, base64_encode(random_bytes(SecretKey::size)));
  CHECK(other.status == 6);
  CHECK(backup({"backup", "key", "-"}, "no key").status == 2);
  const auto shown = backup({"backup", "key", backup.cli.key_file, "-o", "json"});
  CHECK(shown.json()["copy_seen_at"].is_string());
  for (const auto& check : backup({"doctor", "-o", "json"}).json())
    if (check["check"] == "key copy") CHECK(check["status"] == "ok");
}

TEST_CASE("without a place for backups the way out is named") {
  BackupCli backup;
  backup.environment.erase("SMSCRM_BACKUP_DIRECTORY");
  const auto result = backup({"backup", "create"});
  CHECK(result.status == 2);
  CHECK(has(result.err, "backup.pgbackrest_config"));
  CHECK(has(backup.cli({"config", "check"}, "", {{"SMSCRM_BACKUP_DIRECTORY", "relative"}}).err,
            "must begin with /"));
}
