// Reports over a year of campaigns, each a hundred times; what is printed is the 95th percentile beside the
// raw GROUP BY over the messages. --items is the number of messages, in 1,000 campaigns.
#include <algorithm>
#include <functional>

#include "core/ledger/campaign_counter.hpp"
#include "core/report/breakdown.hpp"
#include "core/report/failures.hpp"
#include "core/report/report.hpp"
#include "core/report/verify_rollup.hpp"
#include "tests/bench/bench.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {
namespace {

constexpr std::int64_t default_messages = 1'000'000;
constexpr int rounds = 100;

// $1 is the tenant, $2 the number of messages: 1,000 campaigns over a year, each sent within twenty minutes.
constexpr const char* fill[] = {
    "INSERT INTO template (tenant_id, slug, body) SELECT $1, 't', 'Hi' WHERE $2::bigint > 0",
    "INSERT INTO sender (tenant_id, address, kind, rate) SELECT $1, '+1500555000' || n, 'long_code', 10"
    "  FROM generate_series(1, 3) n WHERE $2::bigint > 0",
    "INSERT INTO campaign (tenant_id, slug, status, template_id, audience, launched_at, finished_at, "
    "audience_size,"
    "                      first_message, last_message)"
    " SELECT $1, 'c' || n, 'finished', t.id, 'all', now() - n * interval '8.7 hours', now() - n * interval "
    "'8.7 hours',"
    "        $2::bigint / 1000, (n - 1) * ($2::bigint / 1000) + 1, n * ($2::bigint / 1000)"
    "   FROM template t, generate_series(1, 1000) n WHERE t.tenant_id = $1",
    "INSERT INTO message (tenant_id, id, campaign_id, sender_id, created_at, status_at, claimed_at, status, "
    "error_code,"
    "                     parts, msisdn, skip_reason, price, currency)"
    " SELECT $1, c.first_message + k, c.id, s.first + k % 3, c.launched_at, c.launched_at + k * interval "
    "'0.12 s',"
    "        c.launched_at + k * interval '0.12 s' - (k % 50) * interval '0.1 s',"
    "        (CASE WHEN k % 20 = 0 THEN 'skipped' WHEN k % 25 = 1 THEN 'undelivered' ELSE 'delivered' END)"
    "          ::message_status, CASE WHEN k % 20 <> 0 AND k % 25 = 1 THEN 30003 + k % 7 END, 1,"
    "        '+1' || (2120000000 + k), CASE WHEN k % 20 = 0 THEN 'no_consent' ELSE '' END, 0.0083, 'USD'"
    "   FROM campaign c CROSS JOIN generate_series(0, $2::bigint / 1000 - 1) k"
    "  CROSS JOIN (SELECT min(id) AS first FROM sender WHERE tenant_id = $1) s WHERE c.tenant_id = $1",
    "INSERT INTO message_event (tenant_id, message_id, provider_sid, status, source, error_code)"
    " SELECT $1, id, 'SM', status, 'receipt', error_code FROM message WHERE tenant_id = $1 AND status = "
    "'undelivered'"
    "    AND $2::bigint > 0",
    "INSERT INTO rollup (tenant_id, campaign_id, bucket, counter, subject_id, country, slot, value)"
    " SELECT $1, campaign_id, bucket, counter, subject_id, CASE WHEN counter ~ '^(parts|cost)' THEN 'US' "
    "ELSE '' END,"
    "        1 + s, value / 2 FROM count_rollup($1), generate_series(0, 1) s WHERE $2::bigint > 0",
    "INSERT INTO campaign_counter (tenant_id, campaign_id, slot, counter, value)"
    " SELECT $1, campaign_id, slot, counter, sum(value) FROM rollup WHERE tenant_id = $1 AND campaign_id <> 0"
    "    AND counter !~ '^(made|error|latency)' AND $2::bigint > 0 GROUP BY 2, 3, 4",
    "INSERT INTO rollup_day (tenant_id, day, counter, subject_id, country, slot, value)"
    " SELECT $1, local_day(bucket, (SELECT timezone FROM tenant WHERE id = $1)), counter, subject_id, "
    "country, slot, sum(value) FROM rollup"
    "  WHERE tenant_id = $1 AND $2::bigint > 0 GROUP BY 2, 3, 4, 5, 6",
};

double percentile_95(const std::function<void()>& work) {
  std::vector<double> seconds;
  for (int round = 0; round < rounds; ++round) {
    const Stretch stretch;
    work();
    seconds.push_back(stretch.seconds());
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[rounds * 95 / 100];
}

}  // namespace

void bench_report(const BenchArgs& args) {
  const auto messages = args.items > 0 ? args.items : default_messages;
  TestDb db;
  const auto tenant = add_test_tenant(db);
  for (const auto* statement : fill) db.run([&](Tx& tx) { exec(tx, statement, tenant.id, messages); });
  db.run([](Tx& tx) { fold_rollup(tx, 10'000'000, now()); });
  auto vacuum = pqxx::connection{db.url()};
  pqxx::nontransaction{vacuum}.exec("VACUUM ANALYZE");

  const Stretch grouping;
  db.run([&](Tx& tx) {
    exec(tx,
         "SELECT campaign_id, sender_id, status, count(*), sum(parts), sum(price) FROM message WHERE "
         "tenant_id = $1"
         " GROUP BY 1, 2, 3",
         tenant.id);
  });
  const auto by_hand = grouping.seconds();
  print_line({"raw GROUP BY", messages, by_hand, 0, 0, "all messages by campaign, sender and status"});

  const Period year{now() - std::chrono::hours{24 * 365}, now(), "UTC"};
  const Period month{now() - std::chrono::hours{24 * 30}, now(), "UTC"};
  const auto campaign = db.run([&](Tx& tx) { return get_campaign(tx, tenant.id, "c500"); });
  const auto ask = [&](const char* name, const std::function<void(Tx&)>& read) {
    const auto p95 = percentile_95([&] { db.run(read); });
    print_line({name, messages, p95, 0, static_cast<double>(messages) / by_hand,
                fmt::format("p95 {:.1f} ms", p95 * 1000)});
  };
  const auto rows = [&](const Period& period, const Grouping& apart, Topic topic) {
    return [&, period, apart, topic](Tx& tx) {
      list_figures(tx, tenant.id, period, std::nullopt, apart, topic);
    };
  };
  ask("campaign", [&](Tx& tx) { read_report(tx, tenant.id, campaign); });
  ask("account, a year", [&](Tx& tx) { read_figures(tx, tenant.id, year, std::nullopt); });
  ask("account, a month", [&](Tx& tx) { read_figures(tx, tenant.id, month, std::nullopt); });
  ask("timeline, a year", rows(year, {"", FiguresBy::time, Step::day}, Topic::sending));
  ask("timeline, hours of a month", rows(month, {"", FiguresBy::time, Step::hour}, Topic::sending));
  ask("senders, a year", rows(year, parse_grouping("sender"), Topic::all));
  ask("cost by country, a year", rows(year, parse_grouping("country"), Topic::cost));
  ask("cost by campaign, a year", rows(year, parse_grouping("campaign"), Topic::cost));
  ask("cost by campaign, a month", rows(month, parse_grouping("campaign"), Topic::cost));
  ask("answers by campaign, a month", rows(month, parse_grouping("campaign"), Topic::answers));
  ask("latency by day, a month", rows(month, parse_grouping("day"), Topic::latency));
  ask("links, a month", [&](Tx& tx) { list_link_figures(tx, tenant.id, month, std::nullopt); });
  ask("failures, all", [&](Tx& tx) { count_failures(tx, tenant.id, {}); });
  ask("failures of a campaign",
      [&](Tx& tx) { count_failures(tx, tenant.id, {.campaign = campaign, .since = {}, .until = {}}); });
  const Stretch proof;
  const auto checks = db.run([&](Tx& tx) { return verify_rollup(tx, tenant.id); });
  print_line({"verify", messages, proof.seconds(), 0, static_cast<double>(messages) / by_hand,
              std::ranges::all_of(checks, &VerifyCheck::holds) ? "holds" : "does not hold"});
}

}  // namespace smscrm
