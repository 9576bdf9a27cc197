#include <algorithm>

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "core/base/text.hpp"
#include "core/db/listing.hpp"
#include "tests/support/tenant_cli.hpp"

using namespace smscrm;

namespace {

using Words = std::vector<std::string>;

constexpr int rows = 120;

struct ListCase {
  Words command;
  const char* cursor;
  const char* key;  // of a row, what the cursor takes
  const char* sql;  // makes `rows` of them; $1 tenant, $2 how many
};

const std::vector<ListCase> cases{
    {{"tenant", "list"},
     "--after",
     "slug",
     "INSERT INTO tenant (slug, name, timezone, country) SELECT 't' || n, 'T', 'UTC', 'US'"
     "  FROM generate_series(1, $2::int - 1) n WHERE $1::bigint > 0"},
    {{"contact", "list"},
     "--after",
     "phone",
     "INSERT INTO contact (tenant_id, msisdn) SELECT $1, '+1415555' || (n + 1000) FROM generate_series(1, "
     "$2::int) n"},
    {{"dnc", "list"},
     "--after",
     "phone",
     "INSERT INTO dnc (tenant_id, msisdn) SELECT $1, '+1415555' || (n + 1000) FROM generate_series(1, "
     "$2::int) n"},
    {{"list", "list"},
     "--after",
     "slug",
     "INSERT INTO list (tenant_id, slug) SELECT $1, 'l' || n FROM generate_series(1, $2::int) n"},
    {{"segment", "list"},
     "--after",
     "slug",
     "INSERT INTO segment (tenant_id, slug, rule, created_at, updated_at)"
     " SELECT $1, 's' || n, 'all', now(), now() FROM generate_series(1, $2::int) n"},
    {{"import", "list"},
     "--before",
     "import",
     "INSERT INTO import (tenant_id, source, status) SELECT $1, 'f.csv', 'done' FROM generate_series(1, "
     "$2::int)"},
    {{"template", "list"},
     "--after",
     "slug",
     "INSERT INTO template (tenant_id, slug, body) SELECT $1, 't' || n, 'Hi' FROM generate_series(1, "
     "$2::int) n"},
    {{"campaign", "list"},
     "--before",
     "slug",
     "WITH t AS (INSERT INTO template (tenant_id, slug, body) VALUES ($1, 'base', 'Hi') RETURNING id)"
     " INSERT INTO campaign (tenant_id, slug, template_id, audience)"
     " SELECT $1, 'c' || n, t.id, 'all' FROM t, generate_series(1, $2::int) n"},
    {{"schedule", "list"},
     "--after",
     "id",
     "INSERT INTO schedule (tenant_id, campaign_id, due_at, not_after, created_at)"
     " SELECT $1, id, now() + id * interval '1 minute', now() + interval '1 year', now() FROM campaign"
     "  WHERE tenant_id = $1 ORDER BY id LIMIT $2::int"},
    {{"message", "list"},
     "--before",
     "id",
     "INSERT INTO message (tenant_id, status, kind, msisdn, body)"
     " SELECT $1, 'sent', 'test', '+14155551000', 'Hi' FROM generate_series(1, $2::int)"},
    {{"inbox", "list"},
     "--before",
     "id",
     "INSERT INTO inbound (tenant_id, provider_sid, msisdn, address, body)"
     " SELECT $1, 'SM' || n, '+14155551000', '+15005550006', 'Hi' FROM generate_series(1, $2::int) n"},
    {{"inbox", "review"},
     "--after",
     "id",
     "INSERT INTO opt_out_review (tenant_id, inbound_id, msisdn, due_at)"
     " SELECT $1, id, msisdn, now() + id % 3 * interval '1 day' FROM inbound WHERE tenant_id = $1 ORDER BY "
     "id LIMIT "
     "$2"},
    {{"link", "list"},
     "--before",
     "id",
     "INSERT INTO link (tenant_id, name, target_url) SELECT $1, 'l', 'https://acme.example/' || n"
     "  FROM generate_series(1, $2::int) n"},
    {{"consent", "history", "+14155551000"},
     "--after",
     "recorded_at",
     "INSERT INTO consent_event (tenant_id, msisdn, action, method, source, occurred_at, recorded_at)"
     " SELECT $1, '+14155551000', 'opt_in', 'operator', 'form', now(), now() - n * interval '1 hour'"
     "  FROM generate_series(1, $2::int) n"},
};

int lines(const std::string& text) { return static_cast<int>(std::count(text.begin(), text.end(), '\n')); }

}  // namespace

TEST_CASE("every list is whole for programs, and for people 50 rows and what comes next") {
  TenantCli cli;
  for (const auto& one : cases) {
    CAPTURE(join(one.command, " "));
    cli.db.run([&](Tx& tx) { exec(tx, one.sql, cli.acme.id, rows); });
    const auto list = [&](Words flags) {
      auto words = one.command;
      words.insert(words.end(), flags.begin(), flags.end());
      return cli(words);
    };
    const auto json = list({"-o", "json"});
    REQUIRE(json.status == 0);
    const auto all = json.json();
    // Some have rows that other cases made.
    REQUIRE(all.size() >= rows);
    CHECK(json.err.find("--limit") == std::string::npos);
    CHECK(lines(list({"-o", "ndjson"}).out) == static_cast<int>(all.size()));
    CHECK(list({"-o", "json", "--limit", "7"}).json().size() == 7);

    const auto name_of = [&](const auto& row) {
      return row[one.key].is_string() ? row[one.key].template get<std::string>() : row[one.key].dump();
    };
    const auto table = list({});
    CHECK(lines(table.out) == 51);
    CHECK(table.err.find(fmt::format("50 of {}; --limit N, or {} {} for the next\n", all.size(), one.cursor,
                                     name_of(all[49]))) != std::string::npos);
    CHECK(list({"-q"}).err.find("50 of ") != std::string::npos);
    CHECK(lines(list({"--limit", "1000"}).out) == static_cast<int>(all.size()) + 1);
    CHECK(list({"--limit", "1000"}).err.find(" of ") == std::string::npos);
    CHECK(list({"--limit", "0"}).status == 2);

    // Page by page all rows, each once, in the same order.
    std::vector<std::string> paged, whole;
    for (const auto& row : all) whole.push_back(name_of(row));
    Words from;
    for (;;) {
      from.insert(from.end(), {"-o", "json", "--limit", "50"});
      const auto page = list(from).json();
      for (const auto& row : page) paged.push_back(name_of(row));
      if (page.size() < 50) break;
      from = {one.cursor, paged.back()};
    }
    CHECK(paged == whole);
  }
}

TEST_CASE("a list of sixty megabytes takes no more memory than a short one") {
  TenantCli cli;
  cli.db.run([&](Tx& tx) {
    exec(tx,
         "INSERT INTO message (tenant_id, status, kind, msisdn, body)"
         " SELECT $1, 'sent', 'test', '+14155551000', repeat('x', 1500) FROM generate_series(1, 40000)",
         cli.acme.id);
  });
  const auto run = [&](const std::string& form) {
    const auto program = built_program("smscrm");
    return run_command({"sh", "-c", program + " message list -o " + form + " | wc -l"}, "",
                       {{"SMSCRM_DATABASE_URL", cli.db.url()}, {"SMSCRM_TENANT", "acme"}})
        .out;
  };
  CHECK(parse_integer(trim(run("ndjson"))) == 40000);
  CHECK(parse_integer(trim(run("csv"))) == 40001);
  rusage usage{};
  REQUIRE(::getrusage(RUSAGE_CHILDREN, &usage) == 0);
  CHECK(usage.ru_maxrss < 100 * 1024);  // KiB
}

TEST_CASE("a count that takes too long is not waited for, and one beyond a bound not made") {
  TestDb db;
  db.run([](Tx& tx) {
    const auto many = count_rows(tx, "SELECT n FROM generate_series(1, 200000) n", {});
    CHECK(many.rows == 100'000);
    CHECK_FALSE(many.is_all);
    const auto slow = count_rows(tx, "SELECT pg_sleep(20)", {});
    CHECK_FALSE(slow.rows);
    CHECK_FALSE(slow.is_all);
    // The transaction goes on, with the time that it had.
    CHECK(exec(tx, "SHOW statement_timeout").front()[0].as<std::string>() == "0");
    const auto few = count_rows(tx, "SELECT $1::int UNION ALL SELECT 2", {"1"});
    CHECK(few.rows == 2);
    CHECK(few.is_all);
  });
}
