#include <thread>

#include <doctest/doctest.h>

#include "core/consent/consent.hpp"
#include "core/contact/list.hpp"
#include "core/import/merge.hpp"
#include "core/import/undo.hpp"
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

TEST_CASE("a STOP that is committed while its chunk is merged is not revived by what the file offers") {
  for (const bool one_snapshot : {true, false}) {
    CAPTURE(one_snapshot);
    Importer import;
    const auto id = *import.run("phone\n+14155559999\n").import.id;
    ImportOptions options;
    options.consent_source = "web form";
    ImportReader reader{bytes_of("phone\n+14155550000\n"), import.tenant, options};
    const auto chunk = reader.next(id);
    in_transaction(import.connection, [](Tx& tx) { prepare_merge(tx); });

    auto other = import.db.connect();
    std::optional<Transaction> stop{other};
    record_consent(*stop, import.tenant.id,
                   {{"+14155550000", ConsentAction::opt_out, ConsentMethod::keyword, "STOP",
                     now() - std::chrono::hours{1}}});
    std::jthread commit{[&] {
      while (import.value("SELECT count(*) FROM pg_stat_activity WHERE $1::bigint > 0"
                          "   AND datname = current_database() AND wait_event_type = 'Lock'") == "0")
        std::this_thread::yield();
      stop->commit();
    }};
    int attempts = 0;
    const auto counts = in_transaction(import.connection, [&](Tx& tx) {
      ++attempts;
      if (one_snapshot) begin_merge(tx);
      const MergeTarget target{import.tenant.id, id, now(), OnConflict::update, {}};
      return merge_chunk(tx, target, chunk);
    });
    commit.join();
    CHECK(import.consent("+14155550000") == "opted_out");
    CHECK(counts.created == 1);
    if (one_snapshot) {
      CHECK(attempts == 2);
      CHECK(counts.opted_out_kept == 1);
    }
  }
}

TEST_CASE("a contact that comes while its chunk is merged is met, and the chunk merged again") {
  Importer import;
  const auto id = *import.run("phone\n+14155559999\n").import.id;
  for (const bool into_list : {false, true}) {
    CAPTURE(into_list);
    const int first = into_list ? 100 : 0;
    std::string csv = "phone,name\n";
    for (int i = first; i < first + 10; ++i) csv += fmt::format("+1415{},Ann\n", 5'550'000 + i);
    ImportReader reader{bytes_of(csv), import.tenant, {}};
    const auto chunk = reader.next(id);
    MergeTarget target{import.tenant.id, id, now(), OnConflict::update, {}};
    if (into_list)
      target.list =
          import.db.run([&](Tx& tx) { return add_list(tx, import.tenant.id, "spring", "Spring").id; });
    in_transaction(import.connection, [](Tx& tx) { prepare_merge(tx); });
    int attempts = 0;
    const auto counts = in_transaction(import.connection, [&](Tx& tx) {
      begin_merge(tx);
      exec(tx, "SELECT 1");  // from here on, what others add is not seen
      if (attempts++ == 0)
        import.db.run([&](Tx& other) {
          exec(other, "INSERT INTO contact (tenant_id, msisdn) VALUES ($1, $2)", import.tenant.id,
               fmt::format("+1415{}", 5'550'003 + first));
    });
    return merge_chunk(tx, target, chunk);
  });
  CHECK(attempts == 2);
  CHECK(counts.created == 9);
  CHECK(counts.updated == 1);
}
}
