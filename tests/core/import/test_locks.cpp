// What others may do while a long import runs.
#include <doctest/doctest.h>

#include "core/consent/consent.hpp"
#include "tests/support/importer.hpp"

using namespace smscrm;

namespace {

// Some chunks, which end at some megabytes. All change the contact that is there, and its consent.
constexpr int rows = 600;
std::string make_csv(const char* name) {
  const std::string note(20'000, 'x');
  std::string csv = "phone,name,note\n";
  for (int i = 0; i < rows; ++i) csv += fmt::format("+1415{},{},{}\n", 5'550'000 + i, name, note);
  return csv + "12,x,\n13,x,\n";
}

struct Rival {
  Connection connection;
  Tenant tenant;

  explicit Rival(Importer& import) : connection(import.db.connect()), tenant(import.tenant) {
    in_transaction(connection, [](Tx& tx) { exec(tx, "SET lock_timeout = '2s'"); });
  }
  // Of the first row, whose chunk is the first. Throws when somebody holds its locks.
  void stop_and_rename() {
    in_transaction(connection, [&](Tx& tx) {
      record_consent(tx, tenant.id,
                     {{"+14155550000", ConsentAction::opt_out, ConsentMethod::keyword, "STOP", now()}});
      exec(tx, "UPDATE contact SET last_name = 'Rival' WHERE tenant_id = $1 AND msisdn = '+14155550000'",
           tenant.id);
      exec(tx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
           fmt::format("imports of {}", tenant.id.value));
    });
  }
};

}  // namespace

TEST_CASE("an import with a limit of rejects lets others change its contacts between its chunks") {
  Importer import;
  ImportOptions options;
  options.source = "contacts.csv";
  options.consent_source = "web form";
  run_import(import.connection, import.tenant, bytes_of(make_csv("Ann")), options);

  Rival rival{import};
  options.max_rejects = RejectLimit{.rows = 2};
  options.consent_source = "shop";
  int checks = 0, chunks = 0;
  ImportEvents events;
  events.rejects = [&](std::string_view text) { import.rejects += text; };
  events.checked = [&](std::int64_t, std::int64_t) {
    ++checks;
    rival.stop_and_rename();
    CHECK(import.value("SELECT count(*) FROM contact WHERE tenant_id = $1 AND first_name = 'Bob'") == "0");
  };
  events.progress = [&](std::int64_t, std::int64_t) {
    if (++chunks > 1) rival.stop_and_rename();
  };
  const auto done =
      run_import(import.connection, import.tenant, bytes_of(make_csv("Bob")), options, events).import;
  CHECK(checks == 3);
  CHECK(chunks == 3);
  CHECK(done.counts.updated == rows);
  CHECK(done.counts.rejected == 2);
  CHECK(done.counts.opted_out_kept == 1);
  CHECK(import.consent("+14155550000") == "opted_out");
  CHECK(import.contact("+14155550000").starts_with("Bob|Rival|"));
  // Once, though the file was read twice.
  CHECK(import.rejects ==
        "reject_line,reject_reason,reject_column,phone,name,note\r\n"
        "602,phone_invalid,phone,12,x,\r\n603,phone_invalid,phone,13,x,\r\n");
}

TEST_CASE("a file with too many rejects at its end has changed nothing, and its rejects are told") {
  Importer import;
  ImportOptions options;
  options.source = "contacts.csv";
  options.list = "spring";
  ImportEvents events;
  events.rejects = [&](std::string_view text) { import.rejects += text; };
  events.progress = [](std::int64_t, std::int64_t) { FAIL("a chunk was merged"); };
  for (const char* limit : {"1", "0.1%"}) {
    import.rejects.clear();
    options.max_rejects = parse_reject_limit(limit);
    CHECK_THROWS_AS(run_import(import.connection, import.tenant, bytes_of(make_csv("Ann")), options, events),
                    Error);
    CHECK(import.rejects.find("603,phone_invalid") != std::string::npos);
  }
  options.max_rejects = RejectLimit{.rows = 5};
  CHECK_THROWS_AS(run_import(import.connection, import.tenant, bytes_of(make_csv("Ann") + "\"never closed"),
                             options, events),
                  Error);
  CHECK(import.value("SELECT (SELECT count(*) FROM contact WHERE tenant_id = $1) +"
                     "       (SELECT count(*) FROM list WHERE tenant_id = $1) +"
                     "       (SELECT count(*) FROM import_reject WHERE tenant_id = $1)") == "0");
}

TEST_CASE("an import with a limit of rejects that was interrupted is checked and resumed") {
  Importer import;
  ImportOptions options;
  options.max_rejects = RejectLimit{.rows = 2};
  ImportEvents events;
  events.progress = [](std::int64_t, std::int64_t) { throw Error(Errc::unavailable, "the power is gone"); };
  CHECK_THROWS_AS(run_import(import.connection, import.tenant, bytes_of(make_csv("Ann")), options, events),
                  Error);
  const auto failed =
      import.db.run([&](Tx& tx) { return collect(tx, list_imports(import.tenant.id), 1).front(); });
  CHECK(failed.counts.created > 0);
  CHECK(failed.counts.created < rows);

  CHECK_THROWS_AS(resume_import(import.connection, import.tenant, *failed.id,
                                bytes_of(make_csv("Ann") + "14,x,\n"), ImportEvents{}),
                  Error);
  ImportEvents resumed;
  resumed.rejects = [&](std::string_view text) { import.rejects += text; };
  const auto done =
      resume_import(import.connection, import.tenant, *failed.id, bytes_of(make_csv("Ann")), resumed).import;
  CHECK(done.counts.created == rows);
  CHECK(done.counts.rejected == 2);
  CHECK(std::ranges::count(import.rejects, '\n') == 3);
}

TEST_CASE("a dry run lets others change its contacts between its chunks, and leaves no number of an import") {
  Importer import;
  ImportOptions options;
  options.consent_source = "web form";
  run_import(import.connection, import.tenant, bytes_of(make_csv("Ann")), options);
  Rival rival{import};
  options.dry_run = true;
  options.list = "spring";
  int chunks = 0;
  ImportEvents events;
  events.progress = [&](std::int64_t, std::int64_t) {
    ++chunks;
    rival.stop_and_rename();
  };
  const auto dry = run_import(import.connection, import.tenant, bytes_of(make_csv("Bob")), options, events);
  CHECK(chunks == 3);
  CHECK_FALSE(dry.import.id);
  CHECK(dry.import.status == "done");
  CHECK(dry.import.counts.updated == rows);
  CHECK(import.value("SELECT count(*) FROM contact WHERE tenant_id = $1 AND first_name = 'Bob'") == "0");
  CHECK(import.value("SELECT count(*) FROM import WHERE tenant_id = $1") == "1");
  CHECK(import.value("SELECT count(*) FROM list WHERE tenant_id = $1") == "0");
}
