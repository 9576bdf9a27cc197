// A no is heard, wherever a file says it.
#include <doctest/doctest.h>

#include "core/consent/consent.hpp"
#include "tests/support/importer.hpp"

using namespace smscrm;

namespace {

ImportOptions blanket() {
  ImportOptions options;
  options.consent_source = "shop export of March";
  return options;
}

std::vector<ConsentEvent> ledger_of(Importer& import, const std::string& msisdn) {
  return import.db.run([&](Tx& tx) { return list_consent_events(tx, import.tenant.id, msisdn); });
}

}  // namespace

TEST_CASE("a stated no beats a blanket yes, whatever its column is called") {
  struct Case {
    std::string header, yes, no;
  };
  for (const auto& [header, yes, no] :
       {Case{"Accepts SMS Marketing", "yes", "no"}, Case{"SMS Consent", "TRUE", "FALSE"},
        Case{"Subscribed", "yes", "no"}, Case{"SMS Marketing Consent", "SUBSCRIBED", "NEVER_SUBSCRIBED"},
        Case{"Do Not Contact", "no", "yes"}, Case{"Unsubscribed", "false", "true"}, Case{"DNC", "", "x"},
        Case{"STOP date", "", "03/04/2025"}, Case{"Opted out", "0", "1"},
        Case{"Status", "active", "Unsubscribed"}, Case{"Tags", "vip", "vip; do not text"},
        Case{"Notes", "likes tea", "no texts please"}, Case{"consent", "yes", "no"},
        Case{"opt_out", "no", "yes"}}) {
    CAPTURE(header);
    Importer import;
    import.run(fmt::format("phone,{}\n4155550101,{}\n4155550102,{}\n", header, yes, no), blanket());
    CHECK(import.consent("+14155550101") == "opted_in");
    CHECK(import.consent("+14155550102") == "opted_out");
    const auto events = ledger_of(import, "+14155550102");
    REQUIRE(events.size() == 1);
    CHECK(events[0].source.starts_with(fmt::format("column {} of contacts.csv: ", header)));
  }
}

TEST_CASE("a column of consent stays the attribute that it was") {
  Importer import;
  import.run("phone,Accepts SMS Marketing\n4155550101,no\n");
  CHECK(import.contact("+14155550101") == "||||||{\"accepts_sms_marketing\": \"no\"}|");
  CHECK(import.consent("+14155550101") == "opted_out");
}

TEST_CASE("without a blanket only a yes to texts by name is consent") {
  Importer import;
  import.run(
      "phone,Accepts SMS "
      "Marketing,Subscribed\n4155550101,yes,\n4155550102,,yes\n4155550103,,\n4155550104,perhaps,\n");
  CHECK(import.consent("+14155550101") == "opted_in");
  for (const char* msisdn : {"+14155550102", "+14155550103", "+14155550104"})
    CHECK(import.consent(msisdn) == "none");
}

TEST_CASE("what is neither yes nor no is never a yes by a blanket one, and an empty cell is none") {
  Importer import;
  const auto run = import.run(
      "phone,SMS Consent\n4155550101,perhaps\n4155550102,\n4155550103,pending\n4155550104,yes\n", blanket());
  CHECK(run.import.counts.reasons == std::map<std::string, std::int64_t>{{"consent_unclear", 2}});
  CHECK(import.consent("+14155550101") == "none");
  CHECK(import.consent("+14155550102") == "none");
  CHECK(import.consent("+14155550104") == "opted_in");
  // In a tenant that texts without recorded consent it would be one, too.
  import.tenant.consent = ConsentMode::implied;
  CHECK(import.run("phone,SMS Consent\n4155550105,perhaps\n").import.counts.rejected == 1);
}

TEST_CASE("what is said of email is nothing said of texts") {
  Importer import;
  import.run("phone,Accepts Email Marketing,Email status\n4155550101,no,Unsubscribed\n", blanket());
  CHECK(import.consent("+14155550101") == "opted_in");
}

TEST_CASE("whoever imports decides what a column means") {
  Importer import;
  auto options = blanket();
  options.columns.map = {{"Box 7", "opt_out"}, {"Box 8", "consent"}, {"Subscribed", "magazine"}};
  options.columns.ignore = {"Do Not Contact"};
  import.run(
      "phone,Box 7,Box 8,Subscribed,Do Not Contact\n4155550101,yes,yes,yes,\n4155550102,no,no,yes,\n"
      "4155550103,,yes,no,yes\n",
      options);
  CHECK(import.consent("+14155550101") == "opted_out");
  CHECK(import.consent("+14155550102") == "opted_out");
  CHECK(import.consent("+14155550103") == "opted_in");
}

TEST_CASE("a no is recorded though its row is rejected, whatever is wrong with it") {
  Importer import;
  for (const auto& [header, row] : {
           std::pair{"phone,consent,consent_at", "4155550101,Opted-Out,01/02/2026"},
           std::pair{"phone,consent,country", "+14155550101,no,Atlantis"},
           std::pair{"phone,consent,timezone", "4155550101,no,Mars/Base"},
           std::pair{"phone,consent,name", "4155550101,no"},
           std::pair{"phone,name,consent", "4155550101,Smith, John,no"},
           std::pair{"name,phone,consent", "Smith, John,4155550101,no"},
           std::pair{"consent,name,phone", "no,Smith, John,4155550101"},
           std::pair{"phone,consent,name", "4155550101,no,Zo\xEB \xFF"},
           std::pair{"phone,Do not text,name", "4155550101,yes,Ann,,,"},
           std::pair{"phone,name", "DO NOT TEXT 415-555-0101,Ann"},
       }) {
    CAPTURE(header);
    import.does("DELETE FROM consent WHERE tenant_id = $1");
    import.run("phone,consent\n4155550101,yes\n");
    ImportOptions options;
    options.encoding = "utf-8";
    import.run(fmt::format("{}\n{}\n", header, row), options);
    CHECK(import.consent("+14155550101") == "opted_out");
  }
  // And lines of JSON that are none.
  for (const char* line : {R"({"phone": "4155550101", "consent": "no", "name": "a", "name": "b"})",
                           R"({"phone": "4155550101", "consent": "yes", "consent": "no"})",
                           "{\"phone\": \"4155550101\", \"name\": \"Zo\xEB\", \"consent\": false}",
                           R"({"phone": "4155550101", "name": "a\u0000", "consent": "no"})",
                           R"({"phone": "4155550101", "consent": "no", "tags": {"a": 1}})",
                           R"({"phone": "4155550101", "consent": "no", "name": "An)"}) {
    CAPTURE(line);
    import.does("DELETE FROM consent WHERE tenant_id = $1");
    import.run("phone,consent\n4155550101,yes\n");
    ImportOptions options;
    options.encoding = "utf-8";
    const auto run =
        import.run("{\"phone\": \"4155550109\", \"name\": \"x\", \"consent\": \"yes\", \"tags\": \"a\"}\n" +
                       std::string{line} + "\n",
                   options);
    CHECK(run.import.counts.rejected == 1);
    CHECK(run.import.counts.opt_outs == 1);
    CHECK(import.consent("+14155550101") == "opted_out");
  }
}

TEST_CASE("a no counts from when it was said, and from the import on where that cannot be read") {
  Importer import;
  import.run(
      "phone,consent,consent_at\n4155550101,no,2026-01-02\n4155550102,no,01/02/2026\n4155550103,no,\n");
  CHECK(ledger_of(import, "+14155550101").at(0).occurred_at == parse_rfc3339("2026-01-02"));
  for (const char* msisdn : {"+14155550102", "+14155550103"})
    CHECK(ledger_of(import, msisdn).at(0).occurred_at > now() - std::chrono::minutes{5});
  // When everybody agreed is not when one of them refused.
  auto options = blanket();
  options.consent_at = parse_rfc3339("2020-01-01");
  import.run("phone,Do Not Contact,STOP date\n4155550104,yes,\n4155550105,,2025-03-04\n", options);
  CHECK(ledger_of(import, "+14155550104").at(0).occurred_at > now() - std::chrono::minutes{5});
  CHECK(ledger_of(import, "+14155550105").at(0).occurred_at == parse_rfc3339("2025-03-04"));
}

TEST_CASE(
    "a no in any row of a file beats the blanket yes of another row, in whatever order and however far "
    "apart") {
  for (const bool no_first : {true, false})
    for (const bool far_apart : {true, false}) {
      CAPTURE(no_first);
      CAPTURE(far_apart);
      Importer import;
      const std::string yes = "+14155550101,Ann,,\n", no = "4155550101,Ann,2025-01-01,\n";
      std::string between;
      const std::string note(20'000, 'x');
      for (int i = 0; far_apart && i < 400; ++i) between += fmt::format("+1415{},N,,{}\n", 5560000 + i, note);
      const auto run = import.run(
          "phone,name,STOP date,note\n" + (no_first ? no : yes) + between + (no_first ? yes : no), blanket());
      CHECK(run.import.counts.duplicate == 1);
      CHECK(import.consent("+14155550101") == "opted_out");
      const auto events = ledger_of(import, "+14155550101");
      CHECK(fold_consent(events) == ConsentState::opted_out);
      if (!far_apart || no_first) {
        REQUIRE(events.size() == 1);
        CHECK(events[0].occurred_at == parse_rfc3339("2025-01-01"));
      }
      // Repeating the file leaves the ledger as it is.
      import.run("phone,name,STOP date,note\n" + yes + no, blanket());
      CHECK(ledger_of(import, "+14155550101").size() == events.size());
    }
}

TEST_CASE("a no of a rejected row voids what other rows offer, and a dry run counts the same") {
  const std::string note(20'000, 'x');
  std::string csv = "phone,consent,consent_at,note\n+14155550101,no,soon,\n";
  for (int i = 0; i < 400; ++i) csv += fmt::format("+1415{},yes,,{}\n", 5560000 + i, note);
  csv += "+14155550101,yes,,\n";
  Importer import;
  ImportOptions options;
  options.dry_run = true;
  const auto dry = import.run(csv, options).import.counts;
  const auto counts = import.run(csv).import.counts;
  CHECK(import.consent("+14155550101") == "opted_out");
  CHECK(dry.opted_out_kept == counts.opted_out_kept);
  CHECK(dry.opt_outs == 1);
  CHECK(counts.opt_outs == 1);
  CHECK(counts.created == 401);
}

TEST_CASE("a no holds for all the numbers of its row") {
  Importer import;
  import.run("phone\n4155550101\n4155550102\n", blanket());
  ImportOptions options;
  options.columns.map = {{"Mobile", "phone"}, {"Home", "phone"}};
  import.run("Mobile,Home,Do not text\n4155550101,4155550102,yes\n", options);
  CHECK(import.consent("+14155550101") == "opted_out");
  CHECK(import.consent("+14155550102") == "opted_out");
}

TEST_CASE("a no without a time that is said again after an opt-in is a new one, and one with a time is not") {
  Importer import;
  const auto opt_in = [&](const char* msisdn) {
    import.db.run([&](Tx& tx) {
      record_consent(tx, import.tenant.id,
                     {{msisdn, ConsentAction::opt_in, ConsentMethod::operator_, "a call", now()}});
    });
};
const auto csv = "phone,Do not text,STOP date\n+14155550101,yes,\n+14155550102,,2026-01-02\n";
import.run(csv);
opt_in("+14155550101");
opt_in("+14155550102");
import.run(csv);
CHECK(import.consent("+14155550101") == "opted_out");
CHECK(import.consent("+14155550102") == "opted_in");
import.run(csv);
CHECK(ledger_of(import, "+14155550101").size() == 3);
}
