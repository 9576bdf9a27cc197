#include <thread>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "core/base/text.hpp"
#include "core/inbox/inbound.hpp"
#include "tests/support/command.hpp"
#include "tests/support/test_db.hpp"
#include "tests/support/webhook.hpp"

namespace smscrm {
namespace {

nlohmann::ordered_json finding(const CommandResult& result, const std::string& check) {
  for (const auto& row : result.json())
    if (row["check"] == check) return row;
  return {};
}

TEST_CASE("doctor finds nothing wrong where all is well") {
  const TestDb db;
  const TempDir dir;
  const auto key = dir.write("key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n");
  const auto result = run_command({"smscrm", "doctor", "-o", "json"}, "",
                                  {{"SMSCRM_DATABASE_URL", db.url()},
                                   {"SMSCRM_REDIS_URL", test_redis_url()},
                                   {"SMSCRM_SECRETS_KEY_FILE", key}});
  REQUIRE_MESSAGE(result.status == 0, result.out);
  for (const auto check :
       {"configuration", "database", "database transport", "schema", "redis", "clock", "secrets key"})
    CHECK(finding(result, check)["status"] == "ok");
  CHECK(finding(result, "public url")["status"] == "warn");  // none is set
}

TEST_CASE("doctor says what is broken and how to mend it") {
  const auto away = run_command({"smscrm", "doctor", "-o", "json"}, "",
                                {{"SMSCRM_DATABASE_URL", "postgresql://smscrm@/smscrm?host=/nonexistent"},
                                 {"SMSCRM_SECRETS_KEY_FILE", "/nonexistent"}});
  CHECK(away.status == 1);  // the key will not come back by waiting
  CHECK(finding(away, "database")["status"] == "fail");
  CHECK(finding(away, "schema")["status"] == "skip");
  CHECK(finding(away, "secrets key")["status"] == "fail");
  CHECK(finding(away, "redis")["status"] == "warn");
  CHECK(finding(away, "database")["hint"] != "");

  const TempDir dir;
  const auto key = dir.write("key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n");
  const auto later = run_command({"smscrm", "doctor"}, "",
                                 {{"SMSCRM_DATABASE_URL", "postgresql://smscrm@/smscrm?host=/nonexistent"},
                                  {"SMSCRM_SECRETS_KEY_FILE", key}});
  CHECK(later.status == 7);
}

TEST_CASE("doctor that watches tells what changes, and ends with what it found last") {
  const TestDb db;
  const TempDir dir;
  std::thread mender{[&] {
    std::this_thread::sleep_for(std::chrono::seconds{3});
    dir.write("key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n");
    ::chmod((dir.path() + "/key").c_str(), 0400);
  }};
  const auto result = run_command({"timeout", "--preserve-status", "-s", "INT", "8", built_program("smscrm"),
                                   "doctor", "--watch", "--interval", "1s", "-o", "ndjson"},
                                  "",
                                  {{"SMSCRM_DATABASE_URL", db.url()},
                                   {"SMSCRM_REDIS_URL", test_redis_url()},
                                   {"SMSCRM_SECRETS_KEY_FILE", dir.path() + "/key"}});
  mender.join();
  CHECK(result.status == 0);
  std::vector<std::string> key_verdicts;
  for (const auto& line : split(result.out, '\n'))
    if (!line.empty())
      if (const auto row = nlohmann::json::parse(line); row["check"] == "secrets key")
        key_verdicts.push_back(row["status"]);
  CHECK(key_verdicts == std::vector<std::string>{"fail", "ok"});
}

TEST_CASE("a database that takes no writes is a failure that may pass") {
  TestDb db;
  const TempDir dir;
  const auto key = dir.write("key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n");
  db.run([&](Tx& tx) {
    const auto name = exec(tx, "SELECT current_database()").front()[0].as<std::string>();
    exec(tx, "ALTER DATABASE " + name + " SET default_transaction_read_only = on");
  });
  const auto result = run_command({"smscrm", "doctor", "-o", "json"}, "",
                                  {{"SMSCRM_DATABASE_URL", db.url()}, {"SMSCRM_SECRETS_KEY_FILE", key}});
  CHECK(result.status == 7);
  CHECK(finding(result, "database")["detail"].get<std::string>().find("read-only") != std::string::npos);
}

TEST_CASE("doctor looks at a tenant's account when one is named") {
  TestDb db;
  add_test_tenant(db);
  const TempDir dir;
  const auto key = dir.write("key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n");
  const auto result = run_command({"smscrm", "doctor", "--tenant", "acme", "-o", "json"}, "",
                                  {{"SMSCRM_DATABASE_URL", db.url()},
                                   {"SMSCRM_SECRETS_KEY_FILE", key},
                                   {"SMSCRM_HTTP_PUBLIC_URL", "http://127.0.0.1:1"}});
  CHECK(result.status == 1);
  CHECK(finding(result, "twilio credentials")["status"] == "fail");
  CHECK(finding(result, "public url")["status"] == "fail");
  CHECK(finding(result, "webhook signature")["status"] == "skip");
}

TEST_CASE("doctor warns when no daemon sends for the tenant") {
  TestDb db;
  const auto tenant = add_test_tenant(db);
  const auto sending = [&] {
    return finding(run_command({"smscrm", "doctor", "--tenant", "acme", "-o", "json"}, "",
                               {{"SMSCRM_DATABASE_URL", db.url()}}),
                   "sending");
  };
  const auto sql = [&](const std::string& text) { db.run([&](Tx& tx) { exec(tx, text, tenant.id); }); };
  CHECK(sending()["status"] == "ok");  // no account, which is another check's
  sql("WITH a AS (INSERT INTO account (tenant_id, sid, auth_token) VALUES ($1, 'AC', 't') RETURNING "
      "tenant_id, id)"
      " INSERT INTO lane (tenant_id, account_id) SELECT tenant_id, id FROM a");
  CHECK(sending()["status"] == "warn");
  CHECK(sending()["hint"].get<std::string>().starts_with("start smscrmd"));
  sql("UPDATE lane SET owner = 'd1', expires_at = now() + interval '1 min' WHERE tenant_id = $1");
  CHECK(sending()["status"] == "ok");
}

TEST_CASE("doctor warns of endpoints that nobody delivers to, and says why") {
  TestDb db;
  const auto tenant = add_test_tenant(db);
  const auto found = [&] {
    return finding(run_command({"smscrm", "doctor", "-o", "json"}, "", {{"SMSCRM_DATABASE_URL", db.url()}}),
                   "webhooks");
  };
  const auto hook = test::add_test_webhook(db, new_secret_key(), tenant.id, "crm", {"*"});
  test::add_test_deliveries(db, tenant.id, hook.id, {"a"}, now());
  CHECK(found()["status"] == "ok");
  db.run([](Tx& tx) { exec(tx, "UPDATE webhook_delivery SET due_at = now() - interval '11 minutes'"); });
  const auto overdue = found();
  CHECK(overdue["status"] == "warn");
  CHECK(overdue["detail"].get<std::string>().starts_with("crm of acme has an event that is due since 20"));
  CHECK(overdue["hint"].get<std::string>().find("webhook.deliver") != std::string::npos);
  db.run([](Tx& tx) { lease_webhooks(tx, new_secret_key(), "d1", std::chrono::seconds{30}, {}); });
  const auto sealed = found();
  CHECK(sealed["detail"].get<std::string>().ends_with(webhook_sealed));
  CHECK(sealed["hint"].get<std::string>().find("secrets.key_file") != std::string::npos);
}

TEST_CASE("doctor warns before a review of an opt-out is due, and fails after") {
  TestDb db;
  const auto tenant = add_test_tenant(db);
  const auto verdict_when_due = [&](const char* due) {
    db.run([&](Tx& tx) {
      exec(tx, "UPDATE opt_out_review SET due_at = now() + $2::interval WHERE tenant_id = $1", tenant.id,
           due);
    });
    const auto result =
        run_command({"smscrm", "doctor", "-o", "json"}, "", {{"SMSCRM_DATABASE_URL", db.url()}});
    return finding(result, "opt-out reviews")["status"].get<std::string>();
  };
  CHECK(verdict_when_due("0") == "ok");
  db.run([&](Tx& tx) {
    NewInbound inbound{"SM1", "+14155550123", "+15005550006", "too many messages", "", std::nullopt};
    inbound.reading = read_opt_out(inbound.body);
    record_inbound(tx, tenant, webhook_slot, {inbound}, now());
  });
  CHECK(verdict_when_due("9 days") == "ok");
  CHECK(verdict_when_due("2 days") == "warn");
  CHECK(verdict_when_due("-1 hour") == "fail");
}

TEST_CASE("doctor fails when a daemon's directory is old, and warns of rows that it leaves out") {
  TestDb db;
  const auto verdict_of = [&](const char* seen, const char* loaded, int left_out) {
    db.run([&](Tx& tx) {
      exec(tx,
           "INSERT INTO directory_load (daemon, host, seen_at, loaded_at, left_out, error)"
           " VALUES ('d', 'h', now() - $1::interval, now() - $2::interval, $3, 'link of tenant 7: no')"
           " ON CONFLICT (daemon) DO UPDATE SET seen_at = excluded.seen_at, loaded_at = excluded.loaded_at,"
           "   left_out = excluded.left_out",
           seen, loaded, left_out);
    });
    const auto result =
        run_command({"smscrm", "doctor", "-o", "json"}, "", {{"SMSCRM_DATABASE_URL", db.url()}});
    const auto found = finding(result, "directory");
    if (found["status"] != "ok")
      CHECK(found["detail"].get<std::string>().find("link of tenant 7") != std::string::npos);
    return found["status"].get<std::string>();
  };
  CHECK(verdict_of("5 s", "5 s", 0) == "ok");
  CHECK(verdict_of("5 s", "5 s", 2) == "warn");
  CHECK(verdict_of("5 s", "40 s", 0) == "fail");
  CHECK(verdict_of("1 h", "1 h", 0) == "fail");  // its daemon died
}

}  // namespace
}  // namespace smscrm
