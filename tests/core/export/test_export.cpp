// Exports as files: what is in them, and that an import of one restores what was there.
#include <random>

#include <doctest/doctest.h>

#include "core/base/text.hpp"
#include "core/consent/consent.hpp"
#include "core/consent/dnc.hpp"
#include "core/contact/contact.hpp"
#include "core/export/cell.hpp"
#include "core/export/export.hpp"
#include "core/import/formula.hpp"
#include "tests/support/importer.hpp"

using namespace smscrm;

namespace {

struct File {
  std::string text;
  Exported exported;
};

File export_file(TestDb& db, const ExportRequest& request) {
  return db.run([&](Tx& tx) {
    File file;
    file.exported = run_export(
        tx, request, now(), [&](std::string_view bytes) { file.text += bytes; }, [](std::int64_t) {});
    return file;
  });
}

ExportRequest of_contacts(const Tenant& tenant, ExportForm form = ExportForm::csv) {
  ExportRequest request{.kind = ExportKind::contacts, .tenant = tenant};
  request.form = form;
  return request;
}

// Contacts with all that a file can say of them, and what the ledger says.
std::string all_contacts(Importer& of) {
  return of.value(
      "SELECT coalesce(string_agg(concat_ws('|', c.msisdn, c.first_name, c.last_name, c.email, c.timezone,"
      "         c.country, c.external_id, c.attributes, array_to_string(c.tags, ','), s.state, s.changed_at,"
      "         (SELECT e.source FROM consent_event e WHERE e.tenant_id = $1 AND e.msisdn = c.msisdn"
      "           ORDER BY e.id DESC LIMIT 1)), E'\\n' ORDER BY c.msisdn), '')"
      "  FROM contact c LEFT JOIN consent s ON s.tenant_id = c.tenant_id AND s.msisdn = c.msisdn"
      " WHERE c.tenant_id = $1 AND NOT EXISTS (SELECT FROM dnc d WHERE d.tenant_id = $1 AND d.msisdn = "
      "c.msisdn)");
}

// Cells as nobody would want them in a spreadsheet.
class Hostile {
 public:
  explicit Hostile(unsigned seed) : chance_(seed) {}

  std::string cell(std::size_t most = 6) {
    static const std::string pieces[] = {
        "=",   "+",  "-",   "@",  "'",  "''",   "\t",   "\r\n", "\n",   "\"",   "\"\"",        ",",
        ";",   "|",  " ",   "＝", "＋", "－",   "＠",   "é",    "漢字", "😀",    "x",           "5",
        "1.5", "\\", "\\.", "{",  "}",  "null", "\x7f", "e9",   "a=b",  "=1+1", "\xE2\x80\xAE"};
    std::string text;
    for (auto left = pick(most + 1); left > 0; --left) text += pieces[pick(std::size(pieces))];
    return text;
  }
  std::string tag() { return std::vector<std::string>{"vip", "=tag", "漢", "a b", "'x", "+1"}[pick(6)]; }
  std::size_t pick(std::size_t n) { return chance_() % n; }

 private:
  std::mt19937 chance_;
};

// A CSV file of people, each cell behind quotes.
std::string hostile_people(Hostile& hostile, int people) {
  const auto quoted = [](const std::string& text) {
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? std::string{"\"\""} : std::string{c};
    return out + "\"";
  };
  std::string csv =
      "phone,first_name,last_name,email,tags,timezone,country,external_id,consent,consent_source,consent_at,"
      "city,"
      "attr.phone,attr.Two Words,'=sum,attr.attr.x,smscrm note\n";
  for (int i = 0; i < people; ++i) {
    const auto said = hostile.pick(4);
    std::vector<std::string> cells{
        fmt::format("+1415555{:04}", i),
        hostile.cell(),
        hostile.cell(),
        hostile.pick(2) == 0 ? "" : "=a+b@x.example",
        hostile.pick(3) == 0 ? "" : hostile.tag() + ";" + hostile.tag(),
        hostile.pick(3) == 0 ? "Europe/Kyiv" : "",
        hostile.pick(3) == 0 ? "GB" : "",
        hostile.cell(),
        said == 0   ? "no"
        : said == 1 ? ""
                    : "yes",
        said == 1 ? "" : "form " + hostile.cell(2),
        said == 1 ? "" : fmt::format("2026-0{}-01T10:00:00.5Z", 1 + hostile.pick(9)),
        hostile.cell(),
        hostile.cell(),
        hostile.cell(),
        hostile.cell(),
        hostile.cell(),
        hostile.cell()};
    for (std::size_t k = 0; k < cells.size(); ++k) csv += (k == 0 ? "" : ",") + quoted(cells[k]);
    csv += "\n";
  }
  return csv;
}

}  // namespace

TEST_CASE("SQL guards cells as guard_formula does") {
  TestDb db;
  std::vector<std::string> cells{"＝1",  "＋",    "－x",          " ＠",  "é=",  "漢",  "'＝",
                                 "1e-7", "-1e+7", "+14155550123", "-5=1", "1,5", "-1,5"};
  const std::string_view alphabet = "'=+-@\t\r\n 5a.e\"";
  std::string cell;
  const auto make = [&](auto&& self, int left) -> void {
    cells.push_back(cell);
    for (const char c : left > 0 ? alphabet : std::string_view{}) {
      cell.push_back(c);
      self(self, left - 1);
      cell.pop_back();
    }
  };
  make(make, 3);
  const auto guard = csv_cell({"x", CellType::text, "r.x"}, false);
  const auto rows = db.run([&](Tx& tx) {
    return exec(tx, "SELECT r.x, coalesce(" + guard + ", '') AS made FROM unnest($1::text[]) r(x)", cells);
  });
  REQUIRE(rows.size() == cells.size());
  for (const auto& row : rows) {
    CAPTURE(row["x"].c_str());
    REQUIRE(row["made"].as<std::string>() == guard_formula(row["x"].as<std::string>()));
  }
}

TEST_CASE("an export that is imported elsewhere restores everybody, however they are written") {
  for (const unsigned seed : {1U, 2U, 3U})
    for (const auto form : {ExportForm::csv, ExportForm::ndjson}) {
      CAPTURE(seed);
      Hostile hostile{seed};
      Importer from, to;
      const auto brought = from.run(hostile_people(hostile, 200));
      REQUIRE(brought.import.counts.created == 200);
      const auto before = all_contacts(from);
      const auto file = export_file(from.db, of_contacts(from.tenant, form));
      CHECK(file.exported.rows == 200);

      const auto there = to.run(file.text);
      CHECK(there.import.counts.created == 200);
      CHECK(there.import.counts.warnings.empty());
      CHECK(all_contacts(to) == before);
      CHECK(export_file(to.db, of_contacts(to.tenant, form)).exported.rows == 200);

      // And at home it changes nothing, in the ledger neither.
      const auto events = from.value("SELECT count(*) FROM consent_event WHERE tenant_id = $1");
      const auto again = from.run(file.text);
      CHECK(again.import.counts.unchanged == 200);
      CHECK(all_contacts(from) == before);
      CHECK(from.value("SELECT count(*) FROM consent_event WHERE tenant_id = $1") == events);
    }
}

TEST_CASE("a no stays one wherever the file is imported, with consent for everybody too") {
  Importer from, to;
  from.run("phone,consent\n4155550001,yes\n4155550002,yes\n4155550003,yes\n4155550004,no\n4155550005,\n");
  from.db.run([&](Tx& tx) {
    add_dnc(tx, from.tenant.id, {"+14155550001"}, "=court order", now());
    record_consent(tx, from.tenant.id,
                   {{.msisdn = "+14155550002",
                     .action = ConsentAction::opt_out,
                     .method = ConsentMethod::keyword,
                     .source = "STOP",
                     .occurred_at = now(),
                     .scope = "sender:+15005550006"},
                    {.msisdn = "+14155550003",
                     .action = ConsentAction::opt_out,
                     .method = ConsentMethod::keyword,
                     .source = "STOP",
                     .occurred_at = now()}});
  });
  const auto file = export_file(from.db, of_contacts(from.tenant)).text;
  CHECK(file.find(",no,do not contact: =court order,") != std::string::npos);
  CHECK(file.find(",sender:+15005550006,false,") != std::string::npos);
  ImportOptions trusting;
  trusting.consent_source = "trust me";
  to.run(file, trusting);
  CHECK(to.consent("+14155550001") == "opted_out");
  CHECK(to.consent("+14155550002") == "none");  // nobody agreed to be texted by all the others
  CHECK(to.consent("+14155550003") == "opted_out");
  CHECK(to.consent("+14155550004") == "opted_out");
  CHECK(to.consent("+14155550005") == "none");
}

TEST_CASE("CSV has a header where there are no rows, CRLF, and a byte order mark on demand") {
  Importer import;
  auto request = of_contacts(import.tenant);
  const std::string header =
      "phone,first_name,last_name,email,timezone,country,external_id,tags,consent,consent_source,consent_at,"
      "smscrm_id,smscrm_lists,smscrm_opted_out_of,smscrm_do_not_contact,smscrm_created_at,smscrm_updated_"
      "at\r\n";
  CHECK(export_file(import.db, request).text == header);
  request.bom = true;
  CHECK(export_file(import.db, request).text == "\xEF\xBB\xBF" + header);
  request.bom = false;
  request.form = ExportForm::ndjson;
  CHECK(export_file(import.db, request).text.empty());
  request.form = ExportForm::json;
  CHECK(export_file(import.db, request).text == "[]\n");
}

TEST_CASE("columns are chosen, guarded or raw, and JSON says everything as it is") {
  Importer import;
  import.run("phone,first_name,city,=odd\n4155550001,'=1+1,\"two\nlines\",x\n4155550002,-5,,\n");
  auto request = of_contacts(import.tenant);
  request.columns = {"first_name", "city", "=odd", "phone"};
  CHECK(export_file(import.db, request).text ==
        "first_name,city,'=odd,phone\r\n'=1+1,\"two\nlines\",x,+14155550001\r\n-5,,,+14155550002\r\n");
  request.raw = true;
  CHECK(export_file(import.db, request).text.find("\r\n=1+1,") != std::string::npos);
  request.form = ExportForm::ndjson;
  CHECK(export_file(import.db, request).text ==
        "{\"first_name\":\"=1+1\",\"city\":\"two\\nlines\",\"=odd\":\"x\",\"phone\":\"+14155550001\"}\n"
        "{\"first_name\":\"-5\",\"city\":null,\"=odd\":null,\"phone\":\"+14155550002\"}\n");
  request.columns = {"fist_name"};
  CHECK_THROWS_WITH_AS(export_file(import.db, request),
                       "--columns: there is no \"fist_name\"; did you mean \"first_name\"?", Error);
}

TEST_CASE("people are filtered by list, tag, rule and time") {
  Importer import;
  ImportOptions to_spring;
  to_spring.list = "spring";
  import.run("phone,tags,city\n4155550001,vip,Rome\n4155550002,,Rome\n4155550003,vip,Oslo\n", to_spring);
  import.run("phone,tags\n4155550004,vip\n");
  const auto count = [&](const std::function<void(ExportRequest&, Tx&)>& narrow) {
    auto request = of_contacts(import.tenant);
    import.db.run([&](Tx& tx) { narrow(request, tx); });
  return export_file(import.db, request).exported.rows;
};
const auto tenant = import.tenant.id;
CHECK(count([](ExportRequest&, Tx&) {}) == 4);
CHECK(count([&](ExportRequest& r, Tx& tx) { r.filter.list = get_list(tx, tenant, "spring"); }) == 3);
CHECK(count([&](ExportRequest& r, Tx&) { r.filter.tag = "vip"; }) == 3);
CHECK(count([&](ExportRequest& r, Tx& tx) {
        r.filter.rule = get_wanted_rule(tx, tenant, "tag:vip and attr.city = Rome");
      }) == 1);
CHECK(count([&](ExportRequest& r, Tx& tx) {
        r.filter.list = get_list(tx, tenant, "spring");
        r.filter.tag = "vip";
      }) == 2);
CHECK(count([&](ExportRequest& r, Tx&) { r.filter.until = now() - std::chrono::hours{1}; }) == 0);
CHECK(count([&](ExportRequest& r, Tx&) { r.filter.since = now() - std::chrono::hours{1}; }) == 4);
  const auto of_ledger = [&](const std::string& rule) {
  ExportRequest request;
  request.kind = ExportKind::consent;
  request.tenant = import.tenant;
    import.db.run([&](Tx& tx) { request.filter.rule = get_wanted_rule(tx, tenant, rule); });
  return export_file(import.db, request).exported.rows;
  }
  ;
  import.run("phone,consent\n4155550001,yes\n4155550002,no\n");
  CHECK(of_ledger("all") == 2);
  CHECK(of_ledger("consent = opted_out") == 1);
  }

  TEST_CASE(
      "what a column said of consent once is an attribute by now, and says nothing when it comes back") {
    Importer import;
    import.run("phone,accepts_sms\n4155550001,yes\n4155550002,no\n");
    // The first says STOP to one sender, the second changes their mind.
  import.db.run([&](Tx& tx) {
    exec(tx,
         "INSERT INTO consent_scope (tenant_id, msisdn, scope, state, changed_at)"
         " VALUES ($1, '+14155550001', 'sender:+15005550006', 'opted_out', now())",
         import.tenant.id);
  record_consent(tx, import.tenant.id,
                 {{.msisdn = "+14155550002",
                   .action = ConsentAction::opt_in,
                   .method = ConsentMethod::keyword,
                   .source = "START",
                   .occurred_at = now()}});
  });
  const auto state = [&] {
    return import.value(
        "SELECT coalesce(string_agg(msisdn || ' ' || state, ', ' ORDER BY msisdn), '') || ' ' || (SELECT "
        "count(*)"
        " FROM consent_event WHERE tenant_id = $1) FROM consent WHERE tenant_id = $1");
  };
  const auto before = state();
  const auto file = export_file(import.db, of_contacts(import.tenant)).text;
  CHECK(file.find("attr.accepts_sms") != std::string::npos);
  import.run(file);
  CHECK(state() == before);
  }

  TEST_CASE("no kind has a row of another tenant") {
    Importer import;
    const auto other = add_test_tenant(import.db, "other");
  import.db.run([&](Tx& tx) {
    NewContact contact;
  contact.msisdn = "+14155559999";
  add_contact(tx, other.id, contact);
  record_consent_of_added(tx, other.id, contact.msisdn, "a form", now());
  add_dnc(tx, other.id, {contact.msisdn}, "", now());
  exec(tx,
       "INSERT INTO inbound (tenant_id, provider_sid, msisdn, address, body)"
       " VALUES ($1, 'SM1', '+14155559999', '+15005550006', 'hello')",
       other.id);
  exec(tx,
       "INSERT INTO message (tenant_id, id, kind, status, msisdn) VALUES ($1, 77, 'test', 'waiting', "
       "'+14155559999')",
       other.id);
  exec(tx,
       "WITH l AS (INSERT INTO link (tenant_id, ordinal, target_url) VALUES ($1, 1, 'https://a.example') "
       "RETURNING id)"
       " INSERT INTO click (tenant_id, link_id, message_id, class, clicked_at, method) SELECT $1, id, 77, "
       "'person', now(), 'GET' FROM l",
       other.id);
  });
  for (const auto kind : {ExportKind::contacts, ExportKind::messages, ExportKind::clicks, ExportKind::inbox,
                          ExportKind::consent}) {
    ExportRequest request;
    request.kind = kind;
    request.tenant = import.tenant;
    CAPTURE(to_string(kind));
    CHECK(export_file(import.db, request).exported.rows == 0);
    request.tenant = other;
    CHECK(export_file(import.db, request).exported.rows == 1);
  }
  }
