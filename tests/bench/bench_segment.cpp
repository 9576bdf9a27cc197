// Previews of rules against their limit: the count that somebody who knows the tables would write by hand.
// Both in turn, three times; what is printed is the fastest. --items is the number of contacts, to each of
// which ten messages of two hundred campaigns were written.
#include <algorithm>

#include "core/base/text.hpp"
#include "core/segment/preview.hpp"
#include "tests/bench/bench.hpp"
#include "tests/support/test_db.hpp"

namespace smscrm {
namespace {

constexpr std::int64_t default_contacts = 100'000;
constexpr int messages_a_contact = 10, campaigns = 200, rounds = 3;

// Statements of which $1 is the tenant and $2 the number of contacts.
constexpr const char* fill_of_segments[] = {
    "INSERT INTO contact (tenant_id, msisdn, first_name, country, attributes, tags, created_at)"
    " SELECT $1, '+1' || (2120000000 + n), 'Ann', (ARRAY['US', 'US', 'US', 'CA', 'GB', ''])[1 + n % 6],"
    "        jsonb_build_object('plan', (ARRAY['pro', 'Pro', 'free', 'trial'])[1 + n % 4], 'age', (9 + n % "
    "60)::text),"
    "        CASE WHEN n % 10 = 0 THEN ARRAY['vip'] WHEN n % 3 = 0 THEN ARRAY['news'] ELSE '{}' END,"
    "        now() - n % 700 * interval '1 day' FROM generate_series(1, $2::bigint) n",
    "INSERT INTO list (tenant_id, slug) SELECT $1, slug FROM unnest('{spring,staff}'::text[]) slug WHERE $2 "
    "> 0",
    "INSERT INTO list_member (tenant_id, list_id, contact_id) SELECT $1, l.id, c.id FROM list l, contact c"
    "  WHERE c.tenant_id = $1 AND c.id % (CASE l.slug WHEN 'staff' THEN 1000 ELSE 4 END) = 0 AND $2 > 0",
    "INSERT INTO template (tenant_id, slug, body) SELECT $1, 't', 'Hi' WHERE $2 > 0",
    // One each 3.6 days, the newest with the lowest number.
    "INSERT INTO campaign (tenant_id, slug, status, template_id, audience, launched_at, finished_at, "
    "first_message,"
    "                      last_message)"
    " SELECT $1, CASE n WHEN 2 THEN 'spring' ELSE 'c' || n END, CASE n WHEN 1 THEN 'running' ELSE 'finished' "
    "END, t.id,"
    "        'all', now() - n * interval '3.6 days', now() - n * interval '3.6 days' + interval '1 hour',"
    "        (200 - n) * ($2::bigint / 20) + 1, (201 - n) * ($2::bigint / 20)"
    "   FROM template t, generate_series(1, 200) n WHERE t.tenant_id = $1",
    "INSERT INTO message (tenant_id, id, campaign_id, contact_id, created_at, status_at, claimed_at, status, "
    "msisdn,"
    "                     skip_reason)"
    " SELECT $1, c.first_message + k, c.id, x.id, c.launched_at, c.launched_at + interval '10 min',"
    "        c.launched_at + interval '5 min',"
    "        (CASE WHEN k % 20 = 0 THEN 'skipped' WHEN k % 25 = 1 THEN 'undelivered' ELSE 'delivered' END)"
    "          ::message_status, x.msisdn, CASE WHEN k % 20 = 0 THEN 'no_consent' ELSE '' END"
    "   FROM campaign c CROSS JOIN generate_series(0, $2::bigint / 20 - 1) k"
    "   JOIN (SELECT row_number() OVER (ORDER BY id) - 1 AS n, id, msisdn FROM contact WHERE tenant_id = $1) "
    "x"
    "     ON x.n = (c.first_message + k * 17) % $2::bigint WHERE c.tenant_id = $1",
    "INSERT INTO link (tenant_id, campaign_id, target_url) SELECT $1, id, 'https://acme.example' FROM "
    "campaign"
    "  WHERE tenant_id = $1 AND $2 > 0",
    "INSERT INTO click (tenant_id, link_id, message_id, clicked_at, method, user_agent, class, contact_id)"
    " SELECT $1, l.id, m.id, m.status_at, 'GET', 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)',"
    "        CASE WHEN m.id % 40 = 7 THEN 'bot' ELSE 'person' END, m.contact_id"
    "   FROM message m JOIN link l ON l.tenant_id = $1 AND l.campaign_id = m.campaign_id"
    "  WHERE m.tenant_id = $1 AND m.id % 10 = 7 AND $2 > 0",
    "INSERT INTO inbound (tenant_id, provider_sid, msisdn, address, body, contact_id, campaign_id, "
    "received_at)"
    " SELECT $1, 'SM' || id, msisdn, '+15005550006', 'thanks', contact_id, campaign_id, status_at FROM "
    "message"
    "  WHERE tenant_id = $1 AND id % 50 = 3 AND $2 > 0",
};

struct Question {
  const char* rule;
  const char* by_hand;  // the condition on contact c; $1 is the tenant
};

constexpr const char* clicked_lately =
    "EXISTS (SELECT FROM click k WHERE k.tenant_id = $1 AND k.contact_id = c.id AND k.class = 'person'"
    "           AND k.clicked_at > now() - interval '30 days')";

const Question questions[] = {
    {"attr.plan = 'pro'", "lower(c.attributes ->> 'plan') = 'pro'"},
    {"attr.age >= 18",
     "CASE WHEN c.attributes ->> 'age' ~ '^\\s*-?\\d+(\\.\\d+)?\\s*$' THEN (c.attributes ->> 'age')::numeric "
     "END >= 18"},
    {"tag:vip and not in list:staff",
     "c.tags <> '{}' AND c.tags @> '{vip}' AND NOT EXISTS (SELECT FROM list_member m JOIN list l ON "
     "l.tenant_id = $1"
     "  AND l.id = m.list_id AND l.slug = 'staff' WHERE m.tenant_id = $1 AND m.contact_id = c.id)"},
    {"last_click < 30d", clicked_lately},
    {"last_click is empty or last_click > 30d", nullptr},
    {"received campaign:spring",
     "EXISTS (SELECT FROM message m JOIN campaign p ON p.tenant_id = $1 AND p.slug = 'spring'"
     "   AND m.id BETWEEN p.first_message AND p.last_message WHERE m.tenant_id = $1 AND m.contact_id = c.id"
     "   AND m.status IN ('in_flight', 'unknown', 'queued', 'sending', 'sent', 'delivered'))"},
    {"not received within 30d",
     "NOT EXISTS (SELECT FROM message m JOIN campaign p ON p.tenant_id = $1 AND m.id BETWEEN p.first_message"
     "   AND p.last_message AND coalesce(p.finished_at, now()) >= now() - interval '30 days'"
     "  WHERE m.tenant_id = $1 AND m.contact_id = c.id AND m.claimed_at >= now() - interval '30 days'"
     "   AND m.status IN ('in_flight', 'unknown', 'queued', 'sending', 'sent', 'delivered'))"},
    {"sent_count >= 3",
     "c.id IN (SELECT contact_id FROM message WHERE tenant_id = $1 AND campaign_id IS NOT NULL AND status IN"
     " ('in_flight', 'unknown', 'queued', 'sending', 'sent', 'delivered', 'undelivered')"
     " GROUP BY contact_id HAVING count(*) >= 3)"},
};

template <class Work>
double fastest(Work&& work) {
  double best = 0;
  for (int round = 0; round < rounds; ++round) {
    const Stretch stretch;
    work();
    const auto seconds = stretch.seconds();
    best = round == 0 ? seconds : std::min(best, seconds);
  }
  return best;
}

}  // namespace

void bench_segment(const BenchArgs& args) {
  const auto contacts = args.items > 0 ? args.items : default_contacts;
  TestDb db;
  const auto tenant = add_test_tenant(db);
  for (const auto* statement : fill_of_segments)
    db.run([&](Tx& tx) { exec(tx, statement, tenant.id, contacts); });
  auto vacuum = pqxx::connection{db.url()};
  pqxx::nontransaction{vacuum}.exec("VACUUM ANALYZE");
  fmt::print("{} contacts, {} messages of {} campaigns\n", contacts, contacts * messages_a_contact,
             campaigns);
  for (const auto& question : questions) {
    const std::string by_hand =
        question.by_hand != nullptr ? question.by_hand : fmt::format("NOT {}", clicked_lately);
    std::int64_t count = 0, expected = 0;
    const auto limit = fastest([&] {
      db.run([&](Tx& tx) {
        exec(tx, "SET LOCAL work_mem = '64MB'");
        exec(tx, "SET LOCAL jit = off");
        expected =
            exec(tx, fmt::format("SELECT count(*) FROM contact c WHERE c.tenant_id = $1 AND {}", by_hand),
                 tenant.id)
                .front()[0]
                .as<std::int64_t>();
      });
    });
    const auto seconds = fastest([&] {
      db.run([&](Tx& tx) {
        count = preview_rule(tx, tenant.id, parse_rule(question.rule), {now(), tenant.timezone}).count;
      });
    });
    print_line({.name = "by hand", .items = contacts, .seconds = limit, .note = question.rule});
    print_line({.name = "preview",
                .items = contacts,
                .seconds = seconds,
                .limit_rate = static_cast<double>(contacts) / limit,
                .note = fmt::format("{} match, {} by hand", count, expected)});
  }
}

}  // namespace smscrm
