// A person is erased: nothing personal is left, counts and proofs are, and no file brings them back.
#include <doctest/doctest.h>

#include "core/access/audit.hpp"
#include "core/consent/erased.hpp"
#include "core/contact/contact.hpp"
#include "core/fence/fence.hpp"
#include "core/import/record.hpp"
#include "core/privacy/copies.hpp"
#include "core/privacy/erasure.hpp"
#include "core/privacy/person.hpp"
#include "core/report/report.hpp"
#include "core/sending/receipt.hpp"
#include "tests/support/importer.hpp"
#include "tests/support/person_world.hpp"

using namespace smscrm;
using namespace std::chrono_literals;

namespace {

struct Erasing : test::PersonWorld {
  SecretKey key = new_secret_key();

  Erasure erase(const std::string& number, Timestamp at = now()) {
    const auto id =
        db.run([&](Tx& tx) { return erase_person(tx, tenant, key, number, "asked by letter", at); }).id;
    return db.run([&](Tx& tx) { return continue_erasure(tx, tenant.id, id, at); });
  }
  int go_on(Timestamp at) {
    return db.run([&](Tx& tx) { return continue_erasures(tx, 10, at); });
  }
  // Tables that have the text anywhere in a row.
  std::string tables_with(const std::string& text) {
    return db.run([&](Tx& tx) {
      std::string found;
      for (const auto& table :
           exec(tx,
                "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
                " WHERE nspname = current_schema() AND relkind = 'r' ORDER BY 1")) {
        const auto name = table[0].as<std::string>();
        if (!exec(tx, fmt::format("SELECT FROM {} t WHERE position($1 IN t::text) > 0 LIMIT 1", name), text)
                 .empty())
          found += (found.empty() ? "" : " ") + name;
      }
      return found;
    });
  }
  void end(const std::string& status) {
    sql("UPDATE message SET status = '" + status + "', status_at = now() WHERE tenant_id = $1");
  }
  ErasedNumbers erased() {
    return db.run([&](Tx& tx) {
      return ErasedNumbers{tx, tenant.id, [this]() -> const SecretKey& { return key; }};
    });
  }
};

}  // namespace

TEST_CASE("of who was erased nothing is left in any table, and of others everything") {
  Erasing world;
  world.end("delivered");
  const auto before = world.tables_with(world.ben);
  const auto erasure = world.erase(world.anna);
  CHECK(!erasure.done_at);  // the provider has copies
  CHECK(erasure.copies == 2);
  CHECK(erasure.rows.at("contact") == 1);
  CHECK(erasure.rows.at("message") == 1);
  CHECK(erasure.rows.at("inbound") == 1);
  CHECK(erasure.rows.at("click") == 1);
  CHECK(erasure.rows.at("import_reject") == 1);
  CHECK(erasure.rows.at("webhook_delivery") > 0);
  CHECK(erasure.rows.at("audit_event") > 0);
  // The job knows the number until it is done.
  CHECK(world.tables_with(world.anna) == "erasure");
  world.sql("UPDATE erasure_copy SET state = 'erased' WHERE tenant_id = $1");
  CHECK(world.go_on(now()) == 1);
  CHECK(world.tables_with(world.anna).empty());
  CHECK(world.tables_with("Browser of " + world.anna).empty());
  CHECK(world.tables_with("rejected of " + world.anna).empty());
  CHECK(world.tables_with(world.ben) == before);
  CHECK_THROWS_AS(world.erase("+14155550008"), Error);
}

TEST_CASE("what is counted stays counted, and the audit's chain holds") {
  Erasing world;
  world.end("delivered");
  world.db.run([&](Tx& tx) { seal_audit(tx, world.key, 1000, now()); });
  const auto count = [&](const char* what) { return world.value(what); };
  const auto messages = count("SELECT count(*) FROM message WHERE tenant_id = $1 AND status = 'delivered'");
  const auto clicks = count("SELECT count(*) FROM click WHERE tenant_id = $1");
  const auto proofs = count("SELECT count(*) FROM consent_event WHERE tenant_id = $1");
  world.erase(world.anna);
  CHECK(count("SELECT count(*) FROM message WHERE tenant_id = $1 AND status = 'delivered'") == messages);
  CHECK(count("SELECT count(*) FROM click WHERE tenant_id = $1") == clicks);
  CHECK(count("SELECT count(*) FROM consent_event WHERE tenant_id = $1") == proofs);
  // Who a proof is of shows by the key alone.
  CHECK(count("SELECT count(DISTINCT msisdn) FROM consent_event WHERE tenant_id = $1 AND msisdn LIKE "
              "'erased:%'") == "1");
  world.db.run([&](Tx& tx) { seal_audit(tx, world.key, 1000, now()); });
  const auto proof =
      world.db.run([&](Tx& tx) { return verify_audit(tx, world.tenant.id, world.key, std::nullopt); });
  CHECK(proof.holds());
  CHECK(proof.erased > 0);
}

TEST_CASE("the ledger is append-only for everybody else, as it was") {
  Erasing world;
  world.erase(world.anna);
  CHECK_THROWS_AS(world.sql("UPDATE consent_event SET source = 'x' WHERE tenant_id = $1"), Error);
  CHECK_THROWS_AS(world.sql("DELETE FROM message_event WHERE tenant_id = $1"), Error);
}

TEST_CASE(
    "a message under way keeps its number until its receipt has come, and one that waits never leaves") {
  Erasing world;
  world.end("sent");
  const auto first = world.erase(world.anna);
  CHECK(first.rows.at("message") == 0);
  CHECK(world.value("SELECT count(*) FROM message WHERE tenant_id = $1 AND msisdn = '" + world.anna + "'") ==
        "1");
  world.sql("UPDATE erasure_copy SET state = 'erased' WHERE tenant_id = $1");
  CHECK(world.go_on(now() + 16min) == 0);
  world.end("delivered");
  CHECK(world.go_on(now() + 17min) == 0);  // a quarter of an hour later
  CHECK(world.go_on(now() + 32min) == 1);
  const auto done = world.db.run([&](Tx& tx) { return get_erasure(tx, world.tenant.id, first.id); });
  CHECK(done.done_at);
  CHECK(done.rows.at("message") == 1);
  CHECK(world.value("SELECT count(*) FROM message WHERE tenant_id = $1 AND msisdn = '" + world.anna + "'") ==
        "0");
  CHECK(world.go_on(now() + 60min) == 0);

  // Of another campaign that waits.
  Erasing waiting;
  waiting.sql("UPDATE consent SET state = 'opted_in' WHERE tenant_id = $1");
  waiting.launch(2, {.slug = "summer"});
  waiting.erase(waiting.anna);
  const auto claimed = waiting.claim();
  CHECK(claimed.messages.size() == 1);
  for (const auto& message : claimed.messages) CHECK(message.request.to == waiting.ben);
  CHECK(waiting.value("SELECT string_agg(DISTINCT skip_reason, ' ') FROM message WHERE tenant_id = $1"
                      " AND status = 'skipped'") == "deleted");
}

TEST_CASE("who was erased is brought back by no file and no form, and comes back by a word of their own") {
  Erasing world;
  world.end("delivered");
  const auto nobody = world.erased();
  CHECK(!nobody.holds(world.anna));
  world.erase(world.anna);
  const auto erased = world.erased();
  CHECK(erased.holds(world.anna));
  CHECK(!erased.holds(world.ben));
  const auto refuse = [&](const std::string& number) {
    world.db.run([&](Tx& tx) {
      refuse_erased(
          tx, world.tenant.id, [&]() -> const SecretKey& { return world.key; }, number);
    });
  };
  CHECK_THROWS_AS(refuse(world.anna), Error);
  refuse(world.ben);
  // Without the key nobody knows who.
  CHECK_THROWS_AS(world.db.run([&](Tx& tx) { return ErasedNumbers{tx, world.tenant.id, {}}; }), Error);

  std::string file =
      "phone,first_name,consent\n" + world.anna.substr(2) + ",Canary2,no\n4155550077,Dee,yes\n";
  auto connection = world.db.connect();
  const KeySource key = [&]() -> const SecretKey& { return world.key; };
  ImportOptions options;
  options.source = "again.csv";
  const auto run = run_import(connection, world.tenant, bytes_of(file), options, {}, key);
  CHECK(run.import.counts.created == 1);
  CHECK(run.import.counts.reasons == std::map<std::string, std::int64_t>{{"erased", 1}});
  CHECK(world.tables_with("Canary2").empty());
  CHECK(world.value("SELECT count(*) FROM consent WHERE tenant_id = $1 AND msisdn = '" + world.anna + "'") ==
        "0");

  world.db.run([&](Tx& tx) {
    NewInbound text;
    text.provider_sid = "IN-back";
    text.msisdn = world.anna;
    text.address = "+15005550006";
    text.body = "START";
    record_inbound(tx, world.tenant, 0, {text}, now() + 1s);
  });
  CHECK(!world.erased().holds(world.anna));
  refuse(world.anna);
}

TEST_CASE("of who has a number that only begins, or ends, like it nothing goes") {
  Erasing world;
  world.end("delivered");
  int line = 10;
  for (const char* cell :
       {"555-0000", "001 415 555 0000", "0415 5550000", "+1 (415) 555-0000", "14155550000.0"})
    world.sql(
        fmt::format("INSERT INTO import_reject (tenant_id, import_id, line, reason, fields)"
                    " SELECT $1, max(id), {}, 'x', ARRAY['{}'] FROM import WHERE tenant_id = $1",
                    line++, cell));
  world.erase(world.anna);
  CHECK(world.value("SELECT string_agg(fields[1], '|' ORDER BY line) FROM import_reject WHERE tenant_id = $1"
                    " AND fields <> '{}' AND reason = 'x'") == "555-0000");
  const auto has = [&](const std::string& whole, const std::string& number) {
    return world.db.run(
        [&](Tx& tx) { return exec(tx, "SELECT has_number($1, $2)", whole, number).front()[0].as<bool>(); });
  };
  CHECK(has(R"({"msisdn":"+14155550000"})", "+14155550000"));
  CHECK(has("+14155550000", "+14155550000"));
  CHECK_FALSE(has(R"({"msisdn":"+1415555000012"})", "+14155550000"));
  CHECK(has(R"({"a":"+1415555000012","b":"+14155550000"})", "+14155550000"));
  CHECK_FALSE(has("AcmeGoes", "AcmeGo"));
}

TEST_CASE("nobody is erased while an import runs, which could bring them back") {
  Erasing world;
  auto importing = world.db.connect();
  in_transaction(importing, [&](Tx& tx) {
    exec(tx, "INSERT INTO import (tenant_id, id, source, status) VALUES ($1, 99, 'big.csv', 'running')",
         world.tenant.id);
    exec(tx, "SELECT pg_advisory_lock(hashtextextended(format('import %s %s', $1::bigint, 99), 0))",
         world.tenant.id);
  });
  CHECK_THROWS_WITH_AS(world.erase(world.anna), "import 99 is running, and could bring the person back",
                       Error);
}

TEST_CASE("the provider is asked until it has deleted what it keeps, and is given up in the end") {
  Erasing world;
  world.end("delivered");
  const auto id = world.erase(world.anna).id;
  auto at = now();
  const auto claim = [&] { return world.db.run([&](Tx& tx) { return claim_copies(tx, 10, at); }); };
  CHECK(claim().empty());  // in an hour
  at += 61min;
  world.db.run([&](Tx& tx) { raise_fence(tx, "a copy", at); });
  CHECK(claim().empty());
  world.db.run([](Tx& tx) { lower_fence(tx); });
  auto copies = claim();
  REQUIRE(copies.size() == 2);
  CHECK(claim().empty());
  const auto answer = [&](const ProviderCopy& copy, DeleteAnswer::Kind kind) {
    world.db.run([&](Tx& tx) { record_copy(tx, copy, {kind, "so"}, at); });
  };
  answer(copies[0], DeleteAnswer::Kind::gone);
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const auto read = world.db.run([&](Tx& tx) { return get_erasure(tx, world.tenant.id, id); });
    CHECK(read.copies_waiting == 1);
    answer(copies[1], DeleteAnswer::Kind::later);
    at += 25h;
    if (auto next = claim(); !next.empty()) copies[1] = next.front();
  }
  const auto read = world.db.run([&](Tx& tx) { return get_erasure(tx, world.tenant.id, id); });
  CHECK(read.copies_waiting == 0);
  CHECK(read.copies_failed == 1);
  CHECK(world.go_on(at) == 1);
}

TEST_CASE("what a process that died had begun the daemon ends") {
  Erasing world;
  world.end("delivered");
  const auto id =
      world.db.run([&](Tx& tx) { return erase_person(tx, world.tenant, world.key, world.anna, "", now()); })
          .id;
  CHECK(world.erased().holds(world.anna));
  CHECK(world.tables_with("Browser of " + world.anna) == "click");
  CHECK(world.go_on(now()) == 0);  // the provider has copies
  CHECK(world.tables_with("Browser of " + world.anna).empty());
  CHECK(world.db.run([&](Tx& tx) { return get_erasure(tx, world.tenant.id, id); }).copies == 2);
}

TEST_CASE("where the provider is not reached no copy comes nearer to being given up") {
  Erasing world;
  world.end("delivered");
  world.erase(world.anna);
  const auto at = now() + 61min;
  const auto claim = [&](Timestamp when) {
    return world.db.run([&](Tx& tx) { return claim_copies(tx, 10, when); });
  };
  const auto copies = claim(at);
  REQUIRE(copies.size() == 2);
  world.db.run([&](Tx& tx) { give_back_copies(tx, copies, at + 5min); });
  CHECK(claim(at + 4min).empty());
  const auto again = claim(at + 5min);
  REQUIRE(again.size() == 2);
  CHECK(again.front().attempts == 0);
}
