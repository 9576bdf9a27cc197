// Readers of all tenants' rows, each with one tenant's row that cannot be read: the others are served. The
// rows are written past the schema's CHECKs, as a bug or a hand at psql would.
#include <set>

#include <doctest/doctest.h>

#include "core/base/log.hpp"
#include "core/campaign/campaign.hpp"
#include "core/db/each_row.hpp"
#include "core/inbox/opt_out_review.hpp"
#include "core/sending/reconcile.hpp"
#include "core/tenant/account.hpp"
#include "core/tenant/directory_load.hpp"
#include "tests/support/campaign.hpp"
#include "tests/support/send_fixture.hpp"
#include "tests/support/webhook_flow.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

struct TwoTenants {
  TestDb db;
  Tenant evil = add_test_tenant(db, "evil");
  Tenant acme = add_test_tenant(db, "acme");

  TwoTenants() { set_log(LogLevel::off, LogFormat::logfmt); }

  // Without the CHECKs of that table.
  void poison(const std::string& table, const std::string& statement) {
    db.run([&](Tx& tx) {
      for (const auto& row :
           exec(tx, "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = $1::regclass",
                table))
        exec(tx, fmt::format("ALTER TABLE {} DROP CONSTRAINT {}", table, row[0].as<std::string>()));
      exec(tx, statement, evil.id);
    });
  }
  std::string value(const std::string& sql) {
    return db.run([&](Tx& tx) { return exec(tx, sql).front()[0].as<std::string>(); });
  }
};

}  // namespace

TEST_CASE("what a row throws leaves out that row, and what ends the transaction is thrown") {
  TwoTenants t;
  t.db.run([&](Tx& tx) {
    const auto rows = exec(tx, "SELECT n AS tenant_id FROM generate_series(1, 3) n");
    int read = 0;
    const auto left_out = read_each_row(rows, "row", [&](const Row& row) {
      if (row[0].as<int>() == 2) throw Error(Errc::invalid, "no");
      ++read;
    });
    CHECK(read == 2);
    CHECK(left_out.rows == 1);
    CHECK(left_out.error == "row of tenant 2: no");
    CHECK_THROWS_AS(read_each_row(rows, "row", [](const Row&) { throw pqxx::serialization_failure("race"); }),
                    pqxx::serialization_failure);
  });
}

TEST_CASE("what fails in a savepoint is undone alone") {
  TwoTenants t;
  t.db.run([&](Tx& tx) {
    exec(tx, "UPDATE tenant SET name = 'before' WHERE id = $1", t.acme.id);
    CHECK_THROWS(in_savepoint(tx, [&] {
      exec(tx, "UPDATE tenant SET name = 'within' WHERE id = $1", t.acme.id);
      exec(tx, "SELECT 1 / 0");
    }));
    CHECK(exec(tx, "SELECT name FROM tenant WHERE id = $1", t.acme.id).front()[0].as<std::string>() ==
          "before");
  });
}

TEST_CASE("a time within the calendar is itself, and no time is none") {
  TwoTenants t;
  t.db.run([](Tx& tx) {
    const auto read = [&](const std::string& time) {
      return as_optional<Timestamp>(exec(tx, "SELECT " + within_calendar(time)).front()[0]);
    };
    CHECK_FALSE(read("NULL::timestamptz").has_value());
    CHECK(read("'2026-05-01 09:30:00Z'::timestamptz") == parse_rfc3339("2026-05-01T09:30:00Z"));
    CHECK(read("'-infinity'::timestamptz") == parse_rfc3339("1970-01-01T00:00:00Z"));
    CHECK(read("'12978-07-17'::timestamptz") == parse_rfc3339("9999-12-30T00:00:00Z"));
  });
}

TEST_CASE("tenants: one with a setting of no meaning, or made in no year, is left out") {
  for (const char* change :
       {"opt_out_scope = 'planet'", "created_at = 'infinity'", "created_at = '12978-07-17'"}) {
    CAPTURE(change);
    TwoTenants t;
    t.poison("tenant", fmt::format("UPDATE tenant SET {} WHERE id = $1", change));
    LeftOut left_out;
    const auto tenants = t.db.run([&](Tx& tx) { return list_tenants(tx, left_out); });
    REQUIRE(tenants.size() == 1);
    CHECK(tenants.front().slug == "acme");
    CHECK(left_out.rows == 1);
  }
}

TEST_CASE("accounts: one with a rate or a provider that there is not, or another's secret, is left out") {
  for (const char* change :
       {"rate = 'NaN'", "rate = 1e300", "rate = 0", "provider = 'pigeon'", "auth_token = '\\x00'",
        "max_in_flight = 2147483647, part_price = 'Infinity', rate = -1"}) {
    CAPTURE(change);
    TwoTenants t;
    const auto key = new_secret_key();
    AccountChange account;
    account.sid = "AC" + std::string(32, 'a');
    account.auth_token = "token";
    t.db.run([&](Tx& tx) {
      for (const auto& tenant : {t.evil, t.acme}) set_account(tx, key, tenant.id, account, now());
    });
    t.poison("account", fmt::format("UPDATE account SET {} WHERE tenant_id = $1", change));
    const auto accounts = t.db.run([&](Tx& tx) { return list_accounts(tx, key); });
    CHECK(accounts.size() == 1);
    CHECK(accounts.count(t.acme.id) == 1);
  }
}

TEST_CASE("campaigns: one that cannot be finished does not keep the others running") {
  for (const char* poison :
       {"UPDATE campaign SET first_message = NULL WHERE tenant_id = $1",
        // Its event cannot be written.
        "ALTER TABLE webhook_delivery ADD CHECK (data->>'campaign' <> 'evil') NOT VALID"}) {
    CAPTURE(poison);
    TwoTenants t;
    const auto key = new_secret_key();
    for (const auto& tenant : {t.evil, t.acme}) {
      add_test_sender(t.db, tenant.id);
      add_test_contacts(t.db, tenant.id, 1);
      test::add_test_webhook(t.db, key, tenant.id, "crm", {"*"});
      const auto campaign = add_test_campaign(t.db, tenant.id, tenant.slug);
      launch_test_campaign(t.db, tenant.id, campaign.id);
    }
    t.db.run([](Tx& tx) {
      tx.exec("DELETE FROM work_chunk");
      tx.exec("UPDATE message SET status = 'sent'");
      tx.exec("UPDATE campaign_counter SET value = 0 WHERE counter = 'status:waiting'");
    });
    t.db.run([&](Tx& tx) {
      tx.exec("UPDATE campaign SET first_message = first_message");
      if (std::string_view{poison}.starts_with("ALTER"))
        tx.exec(poison);
      else
        exec(tx, poison, t.evil.id);
    });
    CHECK(t.db.run([](Tx& tx) { return finish_campaigns(tx, now()); }) == 1);
    CHECK(t.value("SELECT slug FROM campaign WHERE status = 'finished'") == "acme");
  }
}

TEST_CASE("reviews: one that is due in no year is counted, as late") {
  for (const char* due : {"-infinity", "12978-07-17", "0044-03-15 BC"}) {
    CAPTURE(due);
    TwoTenants t;
    t.db.run([&](Tx& tx) {
      for (const auto& tenant : {t.evil, t.acme})
        exec(tx,
             "WITH text AS (INSERT INTO inbound (tenant_id, provider_sid, msisdn, address, body)"
             "   VALUES ($1, 'SM1', '+14155550123', '+15005550006', 'enough') RETURNING id)"
             " INSERT INTO opt_out_review (tenant_id, inbound_id, msisdn, due_at)"
             " SELECT $1, id, '+14155550123', now() FROM text",
             tenant.id);
    });
    t.poison("opt_out_review",
             fmt::format("UPDATE opt_out_review SET due_at = '{}' WHERE tenant_id = $1", due));
    const auto load = t.db.run([](Tx& tx) { return count_reviews(tx); });
    CHECK(load.waiting == 2);
    REQUIRE(load.next_due.has_value());
    CHECK(*load.next_due <= now());
  }
}

TEST_CASE("sweeps: one that stands in no year has its turn, and so have the others") {
  for (const char* until : {"-infinity", "0044-03-15 BC"}) {
    CAPTURE(until);
    TwoTenants t;
    for (const auto& tenant : {t.evil, t.acme}) add_test_sender(t.db, tenant.id);
    const auto at = now();
    t.db.run([&](Tx& tx) { claim_sweep(tx, 10min, at - 96h); });  // makes the rows
    t.poison("receipt_sweep",
             fmt::format("UPDATE receipt_sweep SET done_until = '{}' WHERE tenant_id = $1", until));
    std::set<TenantId> had;
    for (int turn = 0; turn < 20; ++turn)
      if (const auto window = t.db.run([&](Tx& tx) { return claim_sweep(tx, 10min, at); })) {
        had.insert(window->tenant);
        t.db.run([&](Tx& tx) { finish_sweep(tx, *window, window->until); });
      }
    CHECK(had == std::set<TenantId>{t.evil.id, t.acme.id});
  }
}

TEST_CASE("lanes: one that has been counted to its end does not keep the others without an owner") {
  test::SendFixture acme;
  test::SendFixture evil{acme.db, "evil", 1000};
  acme.db.run([&](Tx& tx) {
    exec(tx, "UPDATE lane SET epoch = 9223372036854775807 WHERE tenant_id = $1", evil.tenant.id);
  });
  const auto lanes = acme.db.run([](Tx& tx) { return lease_lanes(tx, "d1", 30s); });
  REQUIRE(lanes.size() == 1);
  CHECK(lanes.front().tenant == acme.tenant.id);
}

TEST_CASE("endpoints: neither a lease nor an event of one stops the deliveries of the others") {
  test::WebhookFlow f;
  const auto evil = add_test_tenant(f.db, "evil");
  const auto other = test::add_test_webhook(f.db, f.key, evil.id, "crm", {"*"});
  const auto claim = [&] {
    std::vector<WebhookRoom> rooms;
    for (const auto& leased : f.lease(f.owner))
      rooms.push_back({leased.tenant, leased.id, leased.epoch, 10, {}});
    return f.db.run([&](Tx& tx) { return claim_deliveries(tx, f.owner, rooms, f.at); }).deliveries;
  };
  f.write({"a"});
  SUBCASE("its lease was counted to the end") {
    f.db.run([&](Tx& tx) {
      exec(tx, "UPDATE webhook SET epoch = 9223372036854775807 WHERE tenant_id = $1", evil.id);
    });
    CHECK(claim().size() == 1);
  }
  SUBCASE("an event is of no year") {
    test::add_test_deliveries(f.db, evil.id, other.id, {"b"}, f.at);
    f.db.run([&](Tx& tx) {
      exec(tx, "UPDATE webhook_delivery SET created_at = '12978-07-17' WHERE tenant_id = $1", evil.id);
    });
    const auto claimed = claim();
    REQUIRE(claimed.size() == 1);
    CHECK(claimed.front().tenant == f.tenant.id);
  }
  SUBCASE("an event was tried as often as can be counted") {
    test::add_test_deliveries(f.db, evil.id, other.id, {"b"}, f.at);
    f.db.run([&](Tx& tx) {
      exec(tx, "UPDATE webhook_delivery SET attempts = 32767 WHERE tenant_id = $1", evil.id);
    });
    const auto claimed = claim();
    REQUIRE(claimed.size() == 2);
    CHECK(f.fail(claimed).retried == 2);
  }
  SUBCASE("what an operator is told of one") {
    f.db.run([&](Tx& tx) {
      exec(tx, "UPDATE webhook SET disabled_at = '12978-07-17' WHERE tenant_id = $1", evil.id);
      exec(tx, "UPDATE webhook SET disabled_at = now() WHERE tenant_id = $1", f.tenant.id);
    });
    CHECK(f.db.run([](Tx& tx) { return list_webhook_troubles(tx, now()); }).size() == 1);
  }
}

TEST_CASE("what daemons have in memory is told, of each that runs") {
  TwoTenants t;
  const auto loads = [&] { return t.db.run([](Tx& tx) { return list_directory_loads(tx); }); };
  const auto record = [&](const std::string& daemon, const std::string& host, const std::string& failure) {
    t.db.run([&](Tx& tx) { record_directory_load(tx, daemon, host, {2, "link of tenant 7: no"}, failure); });
  };
  record("a-1", "a", "");
  CHECK(loads().at(0).left_out == 2);
  CHECK(loads().at(0).error == "link of tenant 7: no");
  t.db.run([](Tx& tx) {
    tx.exec("UPDATE directory_load SET seen_at = now() - interval '1 h', loaded_at = now() - interval '1 h'");
  });
  record("a-1", "a", "away");
  CHECK(loads().at(0).loaded_at < now() - 50min);
  CHECK(loads().at(0).seen_at > now() - 50min);
  CHECK(loads().at(0).error == "away");
  // One that died, and its successor.
  t.db.run([](Tx& tx) { tx.exec("UPDATE directory_load SET seen_at = now() - interval '1 h'"); });
  CHECK(loads().size() == 1);
  record("a-2", "a", "");
  REQUIRE(loads().size() == 1);
  CHECK(loads().at(0).loaded_at > now() - 1min);
  t.db.run([](Tx& tx) { remove_directory_load(tx, "a-2"); });
  t.db.run([](Tx& tx) { tx.exec("UPDATE directory_load SET seen_at = now() - interval '25 h'"); });
  record("b-1", "b", "");
  CHECK(loads().size() == 1);
}
