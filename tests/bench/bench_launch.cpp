// Launch against its limit: a bare INSERT … SELECT of as many rows into the same table. Both in turn, three
// times, and into an empty table each time; what is printed are the medians.
#include <algorithm>
#include <functional>

#include "tests/bench/bench.hpp"
#include "tests/support/campaign.hpp"

namespace smscrm {
namespace {

constexpr std::int64_t default_items = 200'000;
constexpr int rounds = 3;

// Contacts of which every tenth has no consent, as a launch must find out.
void fill(TestDb& db, TenantId tenant, std::int64_t contacts) {
  add_test_sender(db, tenant);
  add_test_contacts(db, tenant, static_cast<int>(contacts));
  db.run([&](Tx& tx) { exec(tx, "DELETE FROM consent WHERE tenant_id = $1 AND msisdn LIKE '%7'", tenant); });
  db.run([](Tx& tx) { exec(tx, "ANALYZE contact, consent"); });
}

// Of several times as long as there are rounds.
class Times {
 public:
  void measure(const std::function<void()>& work) {
    const Stretch stretch;
    work();
    seconds_.push_back(stretch.seconds());
    cpu_ += stretch.cpu_seconds();
    std::sort(seconds_.begin(), seconds_.end());
  }
  BenchLine line(const std::string& name, std::int64_t items) const {
    BenchLine line;
    line.name = name;
    line.items = items;
    line.seconds = seconds_[seconds_.size() / 2];
    line.cpu_seconds = cpu_ / static_cast<double>(seconds_.size());
    line.note =
        fmt::format("median of {}, {:.2f} to {:.2f} s", seconds_.size(), seconds_.front(), seconds_.back());
    return line;
  }

 private:
  std::vector<double> seconds_;  // sorted
  double cpu_ = 0;
};

// So that neither finds the other's rows, nor has to write its pages.
void empty_messages(TestDb& db) {
  db.run([](Tx& tx) { exec(tx, "TRUNCATE message, work_chunk"); });
  db.run([](Tx& tx) { exec(tx, "CHECKPOINT"); });
}

}  // namespace

void bench_launch(const BenchArgs& args) {
  const auto items = args.items > 0 ? args.items : default_items;
  TestDb db;
  const auto tenant = add_test_tenant(db).id;
  fill(db, tenant, items);
  Times raw, plan, launch;
  std::int64_t parts = 0;
  for (int round = 0; round < rounds; ++round) {
    empty_messages(db);
    raw.measure([&] {
      db.run([&](Tx& tx) {
        exec(tx,
             "INSERT INTO message (tenant_id, id, campaign_id, contact_id, status, msisdn)"
             " SELECT $1::bigint, row_number() OVER (ORDER BY id), 0, id, 'waiting', msisdn"
             "   FROM contact WHERE tenant_id = $1",
             tenant);
      });
    });
    empty_messages(db);
    const auto campaign =
        add_test_campaign(db, tenant, fmt::format("spring-{}", round),
                          "Hi {{first_name|there}}, STOP to end {{link:https://a.example/}}");
    plan.measure([&] {
      parts = db.run([&](Tx& tx) {
                  return plan_campaign(tx, tenant, campaign, "https://sms.example.com", now());
                }).parts;
    });
    launch.measure([&] { launch_test_campaign(db, tenant, campaign.id); });
  }
  const auto limit = raw.line("launch: INSERT … SELECT", items);
  print_line(limit);
  auto line = plan.line("preflight", items);
  line.limit_rate = static_cast<double>(items) / limit.seconds;
  line.note = fmt::format("{} parts, {}", parts, line.note);
  print_line(line);
  line = launch.line("launch", items);
  line.limit_rate = static_cast<double>(items) / limit.seconds;
  print_line(line);
}

}  // namespace smscrm
