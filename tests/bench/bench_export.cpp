// Exports against their limit: a bare COPY of the same query, its columns as they are, read and thrown away.
// What is measured has its header, guarded cells, digest and compression. Each in turn, three times; what is
// printed is the fastest. --items is the number of contacts; each has two messages.
#include <algorithm>

#include "core/db/copy.hpp"
#include "core/export/compress.hpp"
#include "core/export/export.hpp"
#include "core/export/table.hpp"
#include "core/net/crypto_digest.hpp"
#include "tests/bench/bench.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {
namespace {

constexpr std::int64_t default_exported = 200'000;
constexpr int rounds_of_exports = 3;

// Statements of which $1 is the tenant and $2 the number of contacts.
constexpr const char* fill_of_exports[] = {
    "INSERT INTO contact (tenant_id, msisdn, first_name, last_name, email, country, attributes, tags)"
    " SELECT $1, '+1' || (2120000000 + n), (ARRAY['Ann', 'Zoë', 'Bo', '=Cy'])[1 + n % 4], 'O''Hara ' || n,"
    "        'p' || n || '@x.example', 'US',"
    "        jsonb_build_object('plan', (ARRAY['pro', 'free'])[1 + n % 2], 'age', (9 + n % 60)::text, "
    "'city', 'Rome'),"
    "        CASE WHEN n % 3 = 0 THEN ARRAY['news', 'vip'] ELSE '{}' END FROM generate_series(1, $2::bigint) "
    "n",
    "INSERT INTO list (tenant_id, slug) SELECT $1, 'spring' WHERE $2 > 0",
    "INSERT INTO list_member (tenant_id, list_id, contact_id) SELECT $1, l.id, c.id FROM list l, contact c"
    "  WHERE c.tenant_id = $1 AND l.tenant_id = $1 AND c.id % 2 = 0 AND $2 > 0",
    "INSERT INTO consent_event (tenant_id, msisdn, action, method, source, occurred_at)"
    " SELECT $1, msisdn, 'opt_in', 'import', 'web form 2026', created_at FROM contact WHERE tenant_id = $1 "
    "AND $2 > 0",
    "INSERT INTO consent (tenant_id, msisdn, state, changed_at)"
    " SELECT $1, msisdn, 'opted_in', created_at FROM contact WHERE tenant_id = $1 AND $2 > 0",
    "INSERT INTO template (tenant_id, slug, body) SELECT $1, 't', 'Hi' WHERE $2 > 0",
    "INSERT INTO campaign (tenant_id, slug, status, template_id, audience, launched_at, first_message, "
    "last_message)"
    " SELECT $1, 'spring', 'running', id, 'all', now(), 1, 2 * $2::bigint FROM template WHERE tenant_id = $1",
    "INSERT INTO message (tenant_id, id, campaign_id, contact_id, claimed_at, status, msisdn, parts, "
    "provider_sid, body)"
    " SELECT $1, row_number() OVER (ORDER BY k, x.id), c.id, x.id, now(), 'delivered', x.msisdn, 1,"
    "        'SM' || md5(x.msisdn), 'Hi ' || x.first_name || ', 20% off today: "
    "https://sms.example/r/Aj7wSvKPMcy'"
    "   FROM campaign c, generate_series(1, 2) k, contact x WHERE c.tenant_id = $1 AND x.tenant_id = $1 AND "
    "$2 > 0"
    "  ORDER BY 2",
};

struct Timing {
  double seconds = 0, cpu_seconds = 0;
  std::int64_t rows = 0;
};

template <class Work>
Timing fastest_of(TestDb& db, Work&& work) {
  Timing best;
  for (int round = 0; round < rounds_of_exports; ++round) {
    const Stretch stretch;
    const auto rows = db.run([&](Tx& tx) { return work(tx); });
    if (round == 0 || stretch.seconds() < best.seconds)
      best = {stretch.seconds(), stretch.cpu_seconds(), rows};
  }
  return best;
}

std::int64_t copy_bare(Tx& tx, const ExportRequest& request) {
  use_one_snapshot(tx);
  const auto table = request.kind == ExportKind::contacts ? table_of_contacts(tx, request, now())
                                                          : table_of_messages(tx, request, now());
  std::string columns;
  for (const auto& column : table.columns)
    if (column.in != ExportColumn::In::json) columns += (columns.empty() ? "" : ", ") + json_value(column);
  if (request.form != ExportForm::csv) columns = "row_to_json(r)";
  std::int64_t rows = 0;
  copy_out(tx, fmt::format("SELECT {} FROM ({} OFFSET 0) r", columns, table.rows), table.params, "FORMAT csv",
           [&](std::string_view) { ++rows; });
  return rows;
}

}  // namespace

void bench_export(const BenchArgs& args) {
  const auto contacts = args.items > 0 ? args.items : default_exported;
  TestDb db;
  const auto tenant = add_test_tenant(db);
  for (const auto* statement : fill_of_exports)
    db.run([&](Tx& tx) { exec(tx, statement, tenant.id, contacts); });
  auto vacuum = pqxx::connection{db.url()};
  pqxx::nontransaction{vacuum}.exec("VACUUM ANALYZE");
  for (const auto kind : {ExportKind::contacts, ExportKind::messages})
    for (const auto form : {ExportForm::csv, ExportForm::ndjson}) {
      ExportRequest request{.kind = kind, .tenant = tenant, .form = form};
      const auto bare = fastest_of(db, [&](Tx& tx) { return copy_bare(tx, request); });
      print_line({.name = fmt::format("bare COPY, {}", form == ExportForm::csv ? "columns" : "JSON"),
                  .items = bare.rows,
                  .seconds = bare.seconds,
                  .cpu_seconds = bare.cpu_seconds,
                  .note = std::string{to_string(kind)}});
      for (const auto compression : {Compression::none, Compression::zstd, Compression::gzip}) {
        std::int64_t bytes = 0;
        const auto timing = fastest_of(db, [&](Tx& tx) {
          bytes = 0;
          Sha256 digest;
          const auto compressor = make_compressor(compression, [&](std::string_view piece) {
            digest.add(piece);
            bytes += static_cast<std::int64_t>(piece.size());
          });
          const auto exported = run_export(
              tx, request, now(), [&](std::string_view piece) { compressor->write(piece); },
              [](std::int64_t) {});
          compressor->finish();
          digest.digest();
          return exported.rows;
        });
        print_line({.name = fmt::format("export {} {} {}", to_string(kind),
                                        form == ExportForm::csv ? "csv" : "ndjson", to_string(compression)),
                    .items = timing.rows,
                    .seconds = timing.seconds,
                    .cpu_seconds = timing.cpu_seconds,
                    .limit_rate = static_cast<double>(bare.rows) / bare.seconds,
                    .note = fmt::format("{} MB", bytes / 1'000'000)});
      }
    }
}

}  // namespace smscrm
