// Backups of whole clusters by pgBackRest, on servers of their own.
#include <thread>

#include <doctest/doctest.h>

#include "core/base/text.hpp"
#include "core/fence/fence.hpp"
#include "tests/support/backup_cli.hpp"
#include "tests/support/own_servers.hpp"
#include "tests/support/world.hpp"

using namespace smscrm;
using test::BackupCli;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::vector<std::string> as_postgres(std::vector<std::string> words) {
  if (::geteuid() == 0) words.insert(words.begin(), {"runuser", "-u", "postgres", "--"});
  return words;
}

void must(std::vector<std::string> words) {
  const auto result = run_command(as_postgres(std::move(words)));
  REQUIRE_MESSAGE(result.status == 0, result.out << result.err);
}

std::string pg_ctl() {
  return std::string{
      trim(run_command({"sh", "-c", "ls /usr/lib/postgresql/*/bin/pg_ctl | sort -V | tail -n 1"}).out)};
}

// A server that archives its log, and pgBackRest's repository of it.
struct Cluster {
  TempDir dir;
  OwnServers servers;
  std::string server = std::getenv("SMSCRM_TEST_DIR");
  std::string config = dir.path() + "/pgbackrest.conf";
  BackupCli backup;

  Cluster() {
    BackupCli::let_servers_pass(dir.path());
    for (const char* name : {"repo", "log", "lock", "run"}) {
      std::filesystem::create_directory(dir.path() + "/" + name);
      std::filesystem::permissions(dir.path() + "/" + name, static_cast<std::filesystem::perms>(0777));
    }
    dir.write("pgbackrest.conf",
              fmt::format("[global]\nrepo1-path={0}/repo\nlog-path={0}/log\nlock-path={0}/lock\n"
                          "compress-type=zst\nrepo1-retention-full=9\nstart-fast=y\n"
                          "[main]\npg1-path={1}/pg\npg1-socket-path={1}\npg1-user=smscrm\n",
                          dir.path(), server));
    std::filesystem::permissions(config, static_cast<std::filesystem::perms>(0644));
    Connection admin{backup.cli.db.url()};
    pqxx::nontransaction tx{admin.handle()};
    tx.exec("ALTER SYSTEM SET archive_mode = on");
    tx.exec(fmt::format(
        "ALTER SYSTEM SET archive_command = 'pgbackrest --config={} --stanza=main archive-push %p'", config));
    servers.stop_postgres("fast");
    servers.start_postgres();
    must({"pgbackrest", "--config=" + config, "--stanza=main", "stanza-create"});
    backup.environment = {{"SMSCRM_BACKUP_PGBACKREST_CONFIG", config},
                          {"SMSCRM_BACKUP_STANZA", "main"},
                          {"SMSCRM_BACKUP_SCRATCH", backup.scratch.path()},
                          {"SMSCRM_DATABASE_URL", backup.cli.db.url() + " user=smscrm"}};
  }
};

}  // namespace

TEST_CASE("a cluster is backed up, proven, restored to a moment beside the old one, fenced and resumed") {
  Cluster cluster;
  auto& backup = cluster.backup;
  // As a daemon's heartbeat would: from here on the database knows which one it is.
  auto before = backup.cli.db.connect();
  in_transaction(before, [](Tx& tx) { watch_installation(tx, 0); });
  const auto first = backup({"backup", "create", "-o", "json"});
  REQUIRE_MESSAGE(first.status == 0, first.err);
  CHECK(first.json()["kind"] == "full");  // there was none to build upon
  REQUIRE(backup({"contact", "add", "+14155550001", "--first-name", "Ann"}).status == 0);
  const auto second = backup({"backup", "create", "-o", "json"});
  REQUIRE_MESSAGE(second.status == 0, second.err);
  CHECK(second.json()["kind"] == "incremental");
  CHECK(backup({"backup", "list", "-o", "json"}).json().size() == 2);
  const auto tested = backup({"backup", "verify", "-o", "json"});
  REQUIRE_MESSAGE(tested.status == 0, tested.out << tested.err);
  CHECK(tested.json()["backup"] == second.json()["backup"]);
  CHECK(test::files_in(backup.scratch.path()).empty());
  CHECK(backup({"backup", "verify", first.json()["backup"]}).status == 0);

  // Lost: a contact, deleted by mistake after a moment that somebody remembers.
  std::this_thread::sleep_for(std::chrono::milliseconds{1'100});  // moments are told by the second
  const auto moment = format_rfc3339(now());
  std::this_thread::sleep_for(std::chrono::milliseconds{1'100});
  REQUIRE(backup({"contact", "delete", "+14155550001", "-y"}).status == 0);
  auto fresh = backup.cli.db.connect();  // its own was cut off when the server started anew
  const auto segment = in_transaction(fresh, [](Tx& tx) {
    return exec(tx, "SELECT pg_walfile_name(pg_switch_wal())").front()[0].as<std::string>();
  });
  // A server refuses to start where its log ends before the moment.
  REQUIRE(await([&] {
    return in_transaction(fresh, [&](Tx& tx) {
      return exec(tx, "SELECT coalesce(last_archived_wal >= $1, false) FROM pg_stat_archiver", segment)
          .front()[0]
          .as<bool>();
    });
  }));
  const auto to = cluster.dir.path() + "/restored";
  CHECK(backup({"backup", "restore", "--to", cluster.server + "/pg"}).status == 6);
  CHECK(backup({"backup", "restore", "--to", cluster.dir.path()}).status == 6);
  CHECK(backup({"backup", "restore"}).status == 2);
  const auto restored = backup({"backup", "restore", "--to", to, "--target-time", moment});
  REQUIRE_MESSAGE(restored.status == 0, restored.err);
  CHECK(has(restored.err, to));
  must({pg_ctl(), "-D", to, "-l", cluster.dir.path() + "/run/log", "-w", "-o",
        "-k " + cluster.dir.path() + "/run -c listen_addresses='' -c archive_mode=off -c max_connections=300",
        "start"});
  const auto name = backup.cli.db.url().substr(backup.cli.db.url().find("dbname="));
  backup.environment["SMSCRM_DATABASE_URL"] =
      "host=" + cluster.dir.path() + "/run user=smscrm " + name.substr(0, name.find(' '));
  // It answers before it has recovered, and is no database of its own until then.
  Connection restored_one{backup.environment["SMSCRM_DATABASE_URL"]};
  REQUIRE(await([&] {
    return in_transaction(
        restored_one, [](Tx& tx) { return !exec(tx, "SELECT pg_is_in_recovery()").front()[0].as<bool>(); });
  }));
  CHECK(backup({"contact", "show", "+14155550001", "-o", "json"}).json()["first_name"] == "Ann");
  CHECK(backup({"backup", "status", "-o", "json"}).json()["fenced"] == true);
  CHECK(backup({"backup", "resume", "-y"}).status == 0);
  CHECK(backup({"backup", "status", "-o", "json"}).json()["fenced"] == false);
  must({pg_ctl(), "-D", to, "-m", "immediate", "-w", "stop"});
}

TEST_CASE("a repository in which two bytes were changed is found out though pgbackrest ends with 0") {
  Cluster cluster;
  auto& backup = cluster.backup;
  const auto made = backup({"backup", "create", "--full", "-o", "json"});
  REQUIRE_MESSAGE(made.status == 0, made.err);
  const auto name = made.json()["backup"].get<std::string>();
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator{cluster.dir.path() + "/repo/backup/main/" + name})
    if (entry.is_regular_file() && entry.path().extension() == ".zst" && entry.file_size() > 20'000) {
      test::spoil(entry.path());
      break;
    }
  const auto tested = backup({"backup", "verify", "-o", "json"});
  CHECK(tested.status == 1);
  CHECK(tested.json()["holds"] == false);
  CHECK(has(tested.json()["checks"][0]["detail"], name));
  CHECK(has(tested.json()["checks"][0]["detail"], ".zst"));
  CHECK(test::files_in(backup.scratch.path()).empty());
}

TEST_CASE("a stanza that nobody made, and a queue that drops the log, are told of") {
  BackupCli backup;
  const auto config = backup.dir.write(
      "pgbackrest.conf", "[global]\narchive-push-queue-max=1GB\nrepo1-path=" + backup.dir.path() +
                             "\n[main]\npg1-path=/nowhere\n");
  backup.environment = {{"SMSCRM_BACKUP_PGBACKREST_CONFIG", config}, {"SMSCRM_BACKUP_STANZA", "main"}};
  const auto result = backup({"backup", "create"});
  CHECK(result.status == 7);
  CHECK(has(result.err, "pgbackrest cannot make a backup"));
  backup.cli.db.run([](Tx& tx) {
    exec(tx, "INSERT INTO backup_run (kind, began_at, ended_at) VALUES ('full', now(), now())");
  });
  for (const auto& check : backup({"doctor", "-o", "json"}).json())
    if (check["check"] == "backups") CHECK(has(check["detail"], "archive-push-queue-max"));
}
