// The first campaign of tenants that the statistics of the database do not know, beside a million contacts of
// others that they know: a second tenant beside one, and a hundredth beside ninety-nine. Their limit is a
// campaign as large of a tenant that is known. Nobody analyzes anything meanwhile: autovacuum comes when it
// likes, a first campaign does not wait.
#include <algorithm>

#include "core/contact/list.hpp"
#include "core/report/report.hpp"
#include "tests/bench/bench.hpp"
#include "tests/support/campaign.hpp"

namespace smscrm {
namespace {

constexpr std::int64_t default_items = 20'000;  // recipients of each campaign
constexpr std::int64_t others = 1'000'000;      // contacts of those that are known

TenantId add_tenant_of(TestDb& db, int number) {
  const auto tenant = add_test_tenant(db, fmt::format("tenant-{}", number)).id;
  db.run([&](Tx& tx) {
    exec(tx, "INSERT INTO account (tenant_id, sid, auth_token) VALUES ($1, $2, '\\x00')", tenant,
         fmt::format("AC{}", number));
    exec(tx,
         "INSERT INTO sender (tenant_id, address, kind, rate) VALUES ($1, '+15005550006', 'long_code', 100)",
         tenant);
  });
  return tenant;
}

// Contacts with consent, the first `listed` of them on list spring and tagged vip; a hundredth may not be
// texted.
void add_people(TestDb& db, TenantId tenant, std::int64_t contacts, std::int64_t listed) {
  db.run([&](Tx& tx) {
    const auto list = add_list(tx, tenant, "spring", "").id;
    exec(tx,
         "INSERT INTO contact (tenant_id, msisdn, first_name, tags)"
         " SELECT $1::bigint, '+1' || (4150000000 + n), 'Ann', CASE WHEN n < $3 THEN '{vip}'::text[] ELSE "
         "'{}' END"
         "   FROM generate_series(0, $2::bigint - 1) n",
         tenant, contacts, listed);
    exec(tx,
         "INSERT INTO consent (tenant_id, msisdn, state, changed_at)"
         " SELECT tenant_id, msisdn, 'opted_in', now() FROM contact WHERE tenant_id = $1",
         tenant);
    exec(tx,
         "INSERT INTO list_member (tenant_id, list_id, contact_id)"
         " SELECT tenant_id, $2::bigint, id FROM contact WHERE tenant_id = $1 AND tags <> '{}'",
         tenant, list);
    exec(tx,
         "INSERT INTO dnc (tenant_id, msisdn)"
         " SELECT tenant_id, msisdn FROM contact WHERE tenant_id = $1 AND id % 100 = 0",
         tenant);
  });
}

struct Times {
  double preflight = 0, launch = 0, verify = 0;
};

// A campaign to the audience; the median of three, launched and forgotten.
Times measure(TestDb& db, TenantId tenant, const std::string& audience, const std::string& slug) {
  std::vector<double> preflights, launches, verifies;
  for (int round = 0; round < 3; ++round) {
    const auto campaign = add_test_campaign(db, tenant, fmt::format("{}-{}", slug, round),
                                            "Hi {{first_name|there}}, STOP to end", audience);
    const auto time = [&](std::vector<double>& into, auto&& work) {
      const Stretch stretch;
      db.run(work);
      into.push_back(stretch.seconds());
      std::sort(into.begin(), into.end());
    };
    time(preflights, [&](Tx& tx) { plan_campaign(tx, tenant, campaign, "https://sms.example.com", now()); });
    time(launches, [&](Tx& tx) { launch_campaign(tx, tenant, campaign.id, {}, now()); });
    time(verifies, [&](Tx& tx) { verify_campaign(tx, tenant, get_campaign(tx, tenant, campaign.slug)); });
  }
  return {preflights[1], launches[1], verifies[1]};
}

void print(const std::string& who, const std::string& audience, std::int64_t items, const Times& times,
           const Times* limit) {
  const auto line = [&](const char* what, double seconds, double of_limit) {
    print_line({fmt::format("{}, {}: {}", who, audience, what), items, seconds, 0,
                limit ? static_cast<double>(items) / of_limit : 0, ""});
  };
  line("preflight", times.preflight, limit ? limit->preflight : 0);
  line("launch", times.launch, limit ? limit->launch : 0);
  line("verify", times.verify, limit ? limit->verify : 0);
}

void disable_autovacuum(TestDb& db) {
  db.run([](Tx& tx) {
    exec(tx,
         "DO $$ DECLARE t regclass; BEGIN"
         " FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
         "LOOP"
         "  EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', t);"
         " END LOOP; END $$");
  });
}

}  // namespace

void bench_new_tenant(const BenchArgs& args) {
  const auto items = args.items > 0 ? args.items : default_items;
  struct Neighbours {
    const char* who;
    int tenants;
  };
  for (const auto& [who, tenants] : {Neighbours{"second", 1}, Neighbours{"hundredth", 99}}) {
    TestDb db;
    disable_autovacuum(db);
    TenantId known;
    for (int i = 1; i <= tenants; ++i) {
      // The one to compare with is as large as the new one; of one alone it is a part.
      const bool is_alone = tenants == 1;
      known = add_tenant_of(db, i);
      const auto people = is_alone ? others : i == tenants ? items : (others - items) / (tenants - 1);
      add_people(db, known, people, items);
    }
    measure(db, known, "list:spring", "before");  // so that the statistics have messages, too
    db.run([](Tx& tx) { exec(tx, "ANALYZE"); });
    const auto fresh = add_tenant_of(db, tenants + 1);
    add_people(db, fresh, items, items);
    for (const char* audience : {"list:spring", "tag:vip"}) {
      const auto slug = std::string{audience}.substr(0, 3);
      const auto limit = measure(db, known, audience, slug);
      print(tenants == 1 ? "first" : "ninety-ninth", audience, items, limit, nullptr);
      print(who, audience, items, measure(db, fresh, audience, slug), &limit);
    }
  }
}

}  // namespace smscrm
