// Whole imports: long, for the cases share files and what is read back.
#include <array>
#include <future>

#include <doctest/doctest.h>

#include "core/consent/consent.hpp"
#include "tests/support/importer.hpp"

using namespace smscrm;

TEST_CASE("every kind of cell ends in its place") {
  Importer import;
  const auto run = import.run(
      "Mobile;First Name;last_name;E-mail;Tags;Time Zone;Country;External ID;Favourite Drink\r\n"
      "(415) 555-2671;Ann;O'Hara;ann@x.example;VIP|new; ;;7;\"tea; \"\"green\"\" \\ \t\"\r\n"
      "020 7946 0958;Zoë;;;;Europe/London;gb;;\r\n");
  CHECK(run.import.counts.created == 2);
  CHECK(import.contact("+14155552671") ==
        "Ann|O'Hara|ann@x.example||"
        "|7|{\"favourite_drink\": \"tea; \\\"green\\\" \\\\\"}|new,vip");
  CHECK(import.contact("+442079460958") == "Zoë|||Europe/London|GB||{}|");
}

TEST_CASE("one name column is divided into two") {
  Importer import;
  import.run("phone,name\n4155552671,Ann Mary O'Hara\n4155552672,Cher\n");
  CHECK(import.contact("+14155552671").starts_with("Ann|Mary O'Hara|"));
  CHECK(import.contact("+14155552672").starts_with("Cher||"));
}

TEST_CASE("each row is accounted for, and rejected ones can be mended and imported") {
  Importer import;
  const auto run = import.run(
      "phone,timezone,country,consent,consent_at\n"
      "4155552671,,,,\n"
      "+1 415 555 2671,,,,\n"
      "12,,,,\n"
      ",Europe/London,,,\n"
      "4155552672,Mars/Base,,,\n"
      "4155552673,,Atlantis,,\n"
      "4155552674,,,perhaps,\n"
      "4155552675,,,yes,yesterday\n"
      "4155552676,,,yes\n"
      "4155552677,\xE9é ü,,,\n");
  const auto& counts = run.import.counts;
  CHECK(counts.rows == 10);
  CHECK(counts.created == 2);
  CHECK(counts.duplicate == 1);
  CHECK(counts.rejected == 7);
  CHECK(counts.warnings == std::map<std::string, std::int64_t>{{"timezone_unknown", 1}});
  CHECK(counts.reasons == std::map<std::string, std::int64_t>{{"phone_invalid", 1},
                                                              {"phone_missing", 1},
                                                              {"country_unknown", 1},
                                                              {"consent_unclear", 1},
                                                              {"consent_at_invalid", 1},
                                                              {"field_count", 1},
                                                              {"not_utf8", 1}});
  CHECK(import.rejects.starts_with(
      "reject_line,reject_reason,reject_column,phone,timezone,country,consent,consent_at\r\n"
      "4,phone_invalid,phone,12,,,,\r\n"
      "5,phone_missing,phone,,Europe/London,,,\r\n"
      "7,country_unknown,country,4155552673,,Atlantis,,\r\n"));
  const auto kept = import.db.run(
      [&](Tx& tx) { return collect(tx, list_import_rejects(import.tenant.id, *run.import.id, 4), 2); });
  REQUIRE(kept.size() == 2);
  CHECK(kept[0].line == 5);
  CHECK(kept[1].column == "country");
  CHECK(kept[1].fields == std::vector<std::string>{"4155552673", "", "Atlantis", "", ""});

  const auto mended = import.run(
      "reject_line,reject_reason,reject_column,phone,timezone,country,consent,consent_at\r\n"
      "4,phone_invalid,phone,4155552679,,,,\r\n");
  CHECK(mended.import.counts.created == 1);
  CHECK(import.contact("+14155552679") == "||||||{}|");
}

TEST_CASE("a country costs the row only where the number cannot be read without it") {
  Importer import;
  const auto run = import.run(
      "name,phone,country\nAda,+14155550151,United States\nBo,+14155550152,USA\nCy,07700 900151,UK\n"
      "Di,+14155550153,Atlantis\nEd,0041 44 668 18 00,Atlantis\nFi,4155550154,Atlantis\nGo,12,Atlantis\n");
  const auto& counts = run.import.counts;
  CHECK(counts.created == 5);
  CHECK(counts.reasons == std::map<std::string, std::int64_t>{{"country_unknown", 1}, {"phone_invalid", 1}});
  CHECK(counts.warnings.at("country_unknown") == 2);
  CHECK(import.contact("+14155550151").find("|US|") != std::string::npos);
  CHECK(import.contact("+447700900151").find("|GB|") != std::string::npos);
  CHECK(import.contact("+14155550153").find("Atlantis") == std::string::npos);
}

TEST_CASE("a number that cannot be read says why, and is never another") {
  Importer import;
  const auto run = import.run(
      "phone\n4.1556E9\n415-555-0170; 415-555-0171\nDO NOT TEXT 415-555-0172\n4155550173.0\n2024-01-15\n"
      "+2290197123456\n0041446681800\n");
  const auto& counts = run.import.counts;
  CHECK(counts.created == 3);
  CHECK(counts.reasons ==
        std::map<std::string, std::int64_t>{
            {"phone_digits_lost", 1}, {"phone_several", 1}, {"phone_words", 1}, {"phone_invalid", 1}});
  for (const char* msisdn : {"+14155550173", "+2290197123456", "+41446681800"})
    CHECK_FALSE(import.contact(msisdn).empty());
}

TEST_CASE("a repeated file changes nothing") {
  Importer import;
  const std::string csv = "phone,name,tags,drink\n4155552671,Ann,a,tea\n4155552672,Bob,b,milk\n";
  ImportOptions options;
  options.consent_source = "web form";
  options.list = "spring";
  import.run(csv, options);
  const auto state =
      "SELECT (SELECT string_agg(c::text || xmin, ';' ORDER BY id) FROM contact c WHERE tenant_id = $1) ||"
      " (SELECT string_agg(c::text || xmin, ';' ORDER BY msisdn) FROM consent c WHERE tenant_id = $1) ||"
      " (SELECT count(*) FROM consent_event WHERE tenant_id = $1) ||"
      " (SELECT count(*) FROM list_member WHERE tenant_id = $1)";
  const auto before = import.value(state);
  const auto again = import.run(csv, options);
  CHECK(again.import.counts.unchanged == 2);
  CHECK(import.value(state) == before);
}

TEST_CASE("a contact that is there is updated, filled or left alone; empty cells never erase") {
  struct Case {
    OnConflict mode;
    std::string want;
    std::int64_t updated;
  };
  const Case cases[] = {
      {OnConflict::update, "Anna|O'Hara|a@x.example||||{\"age\": \"31\", \"drink\": \"tea\"}|new,old", 1},
      {OnConflict::fill, "Ann|O'Hara|a@x.example||||{\"age\": \"30\", \"drink\": \"tea\"}|new,old", 1},
      {OnConflict::skip, "Ann||a@x.example||||{\"age\": \"30\"}|old", 0},
  };
  for (const auto& c : cases) {
    Importer import;
    import.run("phone,first_name,email,age,tags\n4155552671,Ann,a@x.example,30,old\n");
    ImportOptions options;
    options.on_conflict = c.mode;
    options.list = "spring";
    const auto run = import.run(
        "phone,first_name,last_name,email,age,drink,tags\n4155552671,Anna,O'Hara,,31,tea,new\n", options);
    CHECK(run.import.counts.updated == c.updated);
    CHECK(run.import.counts.unchanged == 1 - c.updated);
    CHECK(import.contact("+14155552671") == c.want);
    CHECK(import.value("SELECT count(*) FROM list_member WHERE tenant_id = $1") == "1");
  }
}

TEST_CASE("the first of several rows with one number counts, however far apart") {
  Importer import;
  // A chunk ends at some megabytes: the last rows are in the fourth.
  const std::string long_note(20'000, 'x');
  std::string csv = "phone,name,note\n+14155550000,First,\n";
  for (int i = 0; i < 1'000; ++i) csv += fmt::format("+1415{},N,{}\n", 5550000 + i % 100, long_note);
  csv += "+14155550000,Last,\n";
  int chunks = 0;
  ImportEvents events;
  events.progress = [&](std::int64_t, std::int64_t) { ++chunks; };
  const auto counts = run_import(import.connection, import.tenant, bytes_of(csv), {}, events).import.counts;
  CHECK(chunks == 4);
  CHECK(counts.rows == 1'002);
  CHECK(counts.created == 100);
  CHECK(counts.duplicate == 902);
  CHECK(import.contact("+14155550000").starts_with("First|"));
}

TEST_CASE("consent goes to the ledger with its source and time") {
  Importer import;
  import.run(
      "phone,consent,consent_source,consent_at\n"
      "4155552671,yes,paper form,2026-01-02\n"
      "4155552672,No,,\n"
      "4155552673,,,\n"
      "4155552674,opted-in,,\n");
  CHECK(import.consent("+14155552671") == "opted_in");
  CHECK(import.consent("+14155552672") == "opted_out");
  CHECK(import.consent("+14155552673") == "none");
  CHECK(import.consent("+14155552674") == "opted_in");
  const auto events =
      import.db.run([&](Tx& tx) { return list_consent_events(tx, import.tenant.id, "+14155552671"); });
  REQUIRE(events.size() == 1);
  CHECK(events[0].source == "paper form");
  CHECK(events[0].occurred_at == parse_rfc3339("2026-01-02"));
  CHECK(events[0].method == ConsentMethod::import);
  CHECK(import.value("SELECT source FROM consent_event WHERE tenant_id = $1 AND msisdn = '+14155552674'") ==
        "column consent of contacts.csv");
}

TEST_CASE("an import never weakens an opt-out or the do-not-contact list") {
  Importer import;
  import.db.run([&](Tx& tx) {
    record_consent(tx, import.tenant.id,
                   {{"+14155552671", ConsentAction::opt_out, ConsentMethod::keyword, "STOP",
                     parse_rfc3339("2020-01-01")}});
});
import.does("INSERT INTO dnc (tenant_id, msisdn) VALUES ($1, '+14155552672')");
ImportOptions options;
options.consent_source = "web form";
const auto run = import.run("phone\n4155552671\n4155552672\n4155552673\n", options);
CHECK(run.import.counts.opted_out_kept == 2);
CHECK(run.import.counts.created == 3);
CHECK(import.consent("+14155552671") == "opted_out");
CHECK(import.consent("+14155552673") == "opted_in");
CHECK(import.value("SELECT count(*) FROM dnc WHERE tenant_id = $1") == "1");
CHECK(import.value("SELECT count(*) FROM consent_event WHERE tenant_id = $1 AND msisdn = '+14155552671'") ==
      "1");
}

TEST_CASE("a row that withdraws consent counts, though an earlier row has its number") {
  Importer import;
  const std::string csv =
      "phone,consent,consent_source\n4155552671,yes,form\n4155552672,no,form\n4155552671,No,letter\n"
      "+14155552671,no,call\n4155552672,yes,form\n4155552673,,\n4155552673,no,form\n";
  const auto counts = import.run(csv).import.counts;
  CHECK(counts.created == 3);
  CHECK(counts.duplicate == 4);
  for (const char* msisdn : {"+14155552671", "+14155552672", "+14155552673"})
    CHECK(import.consent(msisdn) == "opted_out");
  const auto ledger = "SELECT count(*) FROM consent_event WHERE tenant_id = $1";
  CHECK(import.value(ledger) == "4");
  CHECK(import.run(csv).import.counts.opted_out_kept == 1);
  CHECK(import.value(ledger) == "4");
}

TEST_CASE("two imports of one tenant at once are both right") {
  Importer import;
  // Of some chunks each, so that they take turns.
  const auto make = [](int begin, int end, const std::string& name) {
    std::string csv = "phone,name,note\n";
    for (int i = begin; i < end; ++i)
      csv += fmt::format("+1415{},{},{}\n", 5550000 + i, name, std::string(20'000, 'x'));
    return csv;
  };
  const auto run_both = [&](const std::string& one, const std::string& two) {
    ImportOptions options;
    options.list = "spring";
    const auto run = [&](const std::string& csv) {
      return std::async(std::launch::async, [&, csv] {
        auto connection = import.db.connect();
        return run_import(connection, import.tenant, bytes_of(csv), options).import.counts;
      });
    };
    auto first = run(one), second = run(two);
    auto sum = first.get();
    const auto other = second.get();
    for (const auto& c : {sum, other})
      CHECK(c.rows == c.created + c.updated + c.unchanged + c.duplicate + c.rejected);
    return std::array{sum.created + other.created, sum.updated + other.updated,
                      sum.unchanged + other.unchanged};
  };
  using Sums = std::array<std::int64_t, 3>;
  CHECK(run_both(make(0, 1'000, "A"), make(500, 1'500, "B")) == Sums{1'500, 500, 0});
  CHECK(import.value("SELECT count(*) || ' ' || count(DISTINCT msisdn) FROM contact WHERE tenant_id = $1") ==
        "1500 1500");
  CHECK(import.value("SELECT count(*) FROM list_member WHERE tenant_id = $1") == "1500");
  const auto same = make(1'000, 2'500, "B");
  CHECK(run_both(same, same) == Sums{1'000, 0, 2'000});
}

TEST_CASE("a dry run gives the counts of the run and leaves nothing") {
  Importer import;
  import.run("phone,name\n4155552671,Ann\n4155552672,Bob\n");
  const std::string csv = "phone,name\n4155552671,Anna\n4155552672,Bob\n4155552673,Cy\n4155552673,Cy\n12,x\n";
  ImportOptions options;
  options.consent_source = "web form";
  options.list = "spring";
  options.dry_run = true;
  const auto everything =
      "SELECT (SELECT count(*) FROM import WHERE tenant_id = $1) || ' ' ||"
      " (SELECT string_agg(c::text, ';' ORDER BY id) FROM contact c WHERE tenant_id = $1) || ' ' ||"
      " (SELECT count(*) FROM list WHERE tenant_id = $1) || ' ' ||"
      " (SELECT count(*) FROM import_reject WHERE tenant_id = $1) || ' ' ||"
      " (SELECT count(*) FROM consent_event WHERE tenant_id = $1)";
  const auto before = import.value(everything);
  const auto dry = import.run(csv, options);
  CHECK(!dry.import.id);
  CHECK(!import.rejects.empty());
  CHECK(import.value(everything) == before);
  options.dry_run = false;
  const auto run = import.run(csv, options);
  for (const auto member : {&ImportCounts::rows, &ImportCounts::created, &ImportCounts::updated,
                            &ImportCounts::unchanged, &ImportCounts::duplicate, &ImportCounts::rejected})
    CHECK(dry.import.counts.*member == run.import.counts.*member);
  CHECK(run.import.counts.created == 1);
  CHECK(run.import.counts.updated == 1);
}

TEST_CASE("a dry run keeps nobody's consent from changing") {
  Importer import;
  ImportOptions options;
  options.consent_source = "web form";
  import.run("phone\n4155552671\n", options);
  auto other = import.db.connect();
  in_transaction(import.connection, [](Tx& tx) { exec(tx, "SET lock_timeout = '1s'"); });
  in_transaction(other, [&](Tx& tx) {
    exec(tx, "SELECT FROM consent WHERE tenant_id = $1 FOR UPDATE", import.tenant.id);
    options.consent_source = "shop";
    options.dry_run = true;
    CHECK(import.run("phone\n4155552671\n4155552672\n", options).import.counts.rows == 2);
  });
}

TEST_CASE("more rejects than allowed leave everything as it was") {
  Importer import;
  const std::string csv = "phone\n4155552671\n4155552672\n12\n13\n";
  for (const char* limit : {"1", "49%", "0"}) {
    ImportOptions options;
    options.max_rejects = parse_reject_limit(limit);
    CHECK_THROWS_AS(import.run(csv, options), Error);
  }
  CHECK(import.value("SELECT count(*) FROM contact WHERE tenant_id = $1") == "0");
  CHECK(import.value("SELECT string_agg(DISTINCT status, ',') FROM import WHERE tenant_id = $1") == "failed");
  for (const char* limit : {"2", "50%"}) {
    ImportOptions options;
    options.max_rejects = parse_reject_limit(limit);
    CHECK(import.run(csv, options).import.counts.rejected == 2);
  }
  for (const char* text : {"", "%", "-1", "x%", "101%", "1.5"})
    CHECK_THROWS_AS(parse_reject_limit(text), Error);
}

TEST_CASE("numbers that no plan assigns are kept with a warning, or rejected when strict") {
  Importer import;
  const std::string csv = "phone\n+1 555 555 0100\n";
  ImportOptions options;
  options.strict = true;
  CHECK(import.run(csv, options).import.counts.reasons ==
        std::map<std::string, std::int64_t>{{"phone_unassigned", 1}});
  const auto run = import.run(csv);
  CHECK(run.import.counts.created == 1);
  CHECK(run.import.counts.warnings == std::map<std::string, std::int64_t>{{"phone_unassigned", 1}});
}

TEST_CASE("a key names one import for good, unless it failed") {
  Importer import;
  ImportOptions options;
  options.key = "nightly-7";
  CHECK_THROWS_AS(import.run("name\nAnn\n", options), Error);
  const auto first = import.run("phone\n4155552671\n", options);
  CHECK_FALSE(first.replayed);
  const auto second = import.run("phone\n4155552671\n4155552672\n", options);
  CHECK(second.replayed);
  CHECK(second.import.id == first.import.id);
  CHECK(second.import.counts.rows == 1);
  CHECK(import.value("SELECT count(*) FROM contact WHERE tenant_id = $1") == "1");
}

TEST_CASE("an import whose process died is found, and its key is free") {
  Importer import;
  ImportOptions options;
  options.key = "nightly-7";
  import.does(
      "INSERT INTO import (tenant_id, source, status, key) VALUES ($1, 'contacts.csv', 'running', "
      "'nightly-7')");
  CHECK_FALSE(import.run("phone\n4155552671\n", options).replayed);
  CHECK(
      import.value("SELECT string_agg(status || error, ',' ORDER BY id) FROM import WHERE tenant_id = $1") ==
      "interrupted,done");
}

TEST_CASE("a file that cannot be read fails and says why") {
  Importer import;
  CHECK_THROWS_WITH_AS(import.run(""), "the file is empty; it needs a line of headers", Error);
  CHECK_THROWS_WITH_AS(import.run("phone\n4155552671\n\"4155"),
                       "line 3: the quote opened there is never closed", Error);
  CHECK(import.value("SELECT string_agg(status, ',') FROM import WHERE tenant_id = $1") == "failed,failed");
  CHECK(import.run("phone\n").import.counts.rows == 0);
}
