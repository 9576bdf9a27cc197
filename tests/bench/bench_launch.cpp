// Launch against its limit: a bare INSERT … SELECT of as many rows into the same table.
#include "tests/bench/bench.hpp"
#include "tests/support/campaign.hpp"

namespace smscrm {
namespace {

constexpr std::int64_t default_items = 200'000;
constexpr std::int64_t raw_ids = 10'000'000'000;  // out of the way of the launch's

// Contacts of which every tenth has no consent, as a launch must find out.
void fill(TestDb& db, TenantId tenant, std::int64_t contacts) {
  add_test_sender(db, tenant);
  add_test_contacts(db, tenant, static_cast<int>(contacts));
  db.run([&](Tx& tx) { exec(tx, "DELETE FROM consent WHERE tenant_id = $1 AND msisdn LIKE '%7'", tenant); });
  db.run([](Tx& tx) { exec(tx, "ANALYZE contact, consent"); });
}

}  // namespace

void bench_launch(const BenchArgs& args) {
  const auto items = args.items > 0 ? args.items : default_items;
  TestDb db;
  const auto tenant = add_test_tenant(db).id;
  fill(db, tenant, items);
  const auto campaign = add_test_campaign(db, tenant, "spring",
                                          "Hi {{first_name|there}}, STOP to end {{link:https://a.example/}}");

  BenchLine limit;
  limit.name = "launch: INSERT … SELECT";
  limit.items = items;
  {
    const Stretch stretch;
    db.run([&](Tx& tx) {
      exec(tx,
           "INSERT INTO message (tenant_id, id, campaign_id, contact_id, status, msisdn)"
           " SELECT $1::bigint, $2::bigint + row_number() OVER (ORDER BY id), 0, id, 'waiting', msisdn"
           "   FROM contact WHERE tenant_id = $1",
           tenant, raw_ids);
    });
    limit.seconds = stretch.seconds();
  }
  print_line(limit);
  const double limit_rate = static_cast<double>(items) / limit.seconds;

  BenchLine preflight;
  preflight.name = "preflight";
  preflight.items = items;
  preflight.limit_rate = limit_rate;
  {
    const Stretch stretch;
    const auto plan =
        db.run([&](Tx& tx) { return plan_campaign(tx, tenant, campaign, "https://sms.example.com", now()); });
    preflight.seconds = stretch.seconds();
    preflight.cpu_seconds = stretch.cpu_seconds();
    preflight.note = fmt::format("{} parts", plan.parts);
  }
  print_line(preflight);

  BenchLine launch;
  launch.name = "launch";
  launch.items = items;
  launch.limit_rate = limit_rate;
  {
    const Stretch stretch;
    launch_test_campaign(db, tenant, campaign.id);
    launch.seconds = stretch.seconds();
    launch.cpu_seconds = stretch.cpu_seconds();
  }
  print_line(launch);
}

}  // namespace smscrm
