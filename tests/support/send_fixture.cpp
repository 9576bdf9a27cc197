#include "tests/support/send_fixture.hpp"

#include <doctest/doctest.h>

namespace smscrm::test {

SendFixture::SendFixture(double rate) : SendFixture(std::make_unique<TestDb>(), nullptr, "acme", rate) {}

SendFixture::SendFixture(TestDb& shared, const std::string& slug, double rate)
    : SendFixture(nullptr, &shared, slug, rate) {}

SendFixture::SendFixture(std::unique_ptr<TestDb> own, TestDb* shared, const std::string& slug, double rate)
    : own_db(std::move(own)), db(own_db ? *own_db : *shared), tenant(add_test_tenant(db, slug)) {
  db.run([&](Tx& tx) {
    account = exec(tx, "INSERT INTO account (tenant_id, sid, auth_token) VALUES ($1, 'AC1', '') RETURNING id",
                   tenant.id)
                  .front()[0]
                  .as<AccountId>();
    exec(tx, "INSERT INTO lane (tenant_id, account_id) VALUES ($1, $2)", tenant.id, account);
    sender = exec(tx,
                  "INSERT INTO sender (tenant_id, address, kind, rate)"
                  " VALUES ($1, '+15005550006', 'long_code', $2) RETURNING id",
                  tenant.id, rate)
                 .front()[0]
                 .as<SenderId>();
  });
}

Lane SendFixture::lease(const std::string& owner, std::chrono::seconds lease) {
  return db.run([&](Tx& tx) {
    const auto lanes = lease_lanes(tx, owner, lease);
    REQUIRE(lanes.size() == 1);
    return lanes.front();
  });
}

CampaignId SendFixture::launch(int contacts, const LaunchOptions& options) {
  return db.run([&](Tx& tx) {
    const auto text =
        exec(tx, "INSERT INTO template (tenant_id, slug, body) VALUES ($1, $2, $3) RETURNING id", tenant.id,
             options.slug, options.body)
            .front()[0]
            .as<TemplateId>();
    const auto campaign =
        exec(
            tx,
            "INSERT INTO campaign (tenant_id, slug, kind, status, template_id, audience, body, audience_size,"
            " launched_at, expires_at) VALUES ($1, $2, $3, 'running', $4, 'all', $5, $6, now(),"
            " nullif($7, '')::timestamptz) RETURNING id",
            tenant.id, options.slug, options.kind, text, options.body, contacts, options.expires_at)
            .front()[0]
            .as<CampaignId>();
    exec(tx,
         "INSERT INTO contact (tenant_id, msisdn, first_name)"
         " SELECT $1, '+1415' || (5550000 + n), 'Ann' || n FROM generate_series(0, $2::int - 1) AS n"
         " ON CONFLICT DO NOTHING",
         tenant.id, contacts);
    exec(tx,
         "INSERT INTO consent (tenant_id, msisdn, state, changed_at)"
         " SELECT tenant_id, msisdn, 'opted_in', now() FROM contact WHERE tenant_id = $1 ON CONFLICT DO "
         "NOTHING",
         tenant.id);
    const auto first =
        exec(tx,
             "WITH m AS (INSERT INTO message (tenant_id, campaign_id, contact_id, status, msisdn)"
             "  SELECT tenant_id, $2, id, 'waiting', msisdn FROM contact WHERE tenant_id = $1 ORDER BY msisdn"
             "   LIMIT $3 RETURNING id) SELECT min(id) FROM m",
             tenant.id, campaign, contacts)
            .front()[0]
            .as<std::int64_t>();
    exec(tx,
         "INSERT INTO work_chunk (tenant_id, campaign_id, lo, hi, next)"
         " SELECT $1, $2, lo, least(lo + $5::int - 1, $4), lo"
         "   FROM generate_series($3::bigint, $4::bigint, $5::int) AS lo",
         tenant.id, campaign, first, first + contacts - 1, options.chunk);
    CounterChanges counters;
    counters.add_made(campaign, contacts);
    counters.add_status(campaign, MessageStatus::waiting, contacts);
    apply_counters(tx, tenant.id, launch_slot, counters, now());
    for (const char* table : {"message", "contact", "consent"}) exec(tx, std::string{"ANALYZE "} + table);
    return campaign;
  });
}

void SendFixture::sql(const std::string& statement) {
  db.run([&](Tx& tx) { exec(tx, statement, tenant.id); });
}

std::string SendFixture::value(const std::string& query) {
  return db.run([&](Tx& tx) {
    const auto rows = exec(tx, query, tenant.id);
    return rows.empty() || rows.front()[0].is_null() ? std::string{} : rows.front()[0].as<std::string>();
  });
}

void SendFixture::count_again() {
  sql("DELETE FROM rollup WHERE tenant_id = $1");
  sql("INSERT INTO rollup (tenant_id, campaign_id, bucket, counter, subject_id, country, slot, value)"
      " SELECT $1, campaign_id, bucket, counter, subject_id, '', 0, value FROM count_rollup($1)");
  sql("SELECT fill_rollup_days($1)");
}

void SendFixture::check_counters(CampaignId campaign) {
  db.run([&](Tx& tx) {
    auto counters = read_counters(tx, tenant.id, campaign);
    const auto counter = [&](const std::string& name) { return counters.count(name) ? counters[name] : "0"; };
    const auto rows = exec(tx,
                           "SELECT status::text, count(*) AS n, sum(parts) AS parts FROM message"
                           " WHERE tenant_id = $1 AND campaign_id = $2 GROUP BY status",
                           tenant.id, campaign);
    int parts = 0;
    std::map<std::string, int> counted;
    for (const auto& row : rows) {
      counted[row["status"].as<std::string>()] = row["n"].as<int>();
      parts += row["parts"].as<int>();
    }
    for (const auto status : message_statuses) {
      if (status == MessageStatus::skipped) continue;
      CAPTURE(to_string(status));
      CHECK(counter(status_counter(status)) == std::to_string(counted[std::string{to_string(status)}]));
    }
    int skipped = 0;
    for (const auto& [name, amount] : counters)
      if (name.rfind("skipped:", 0) == 0) skipped += std::stoi(amount);
    CHECK(skipped == counted["skipped"]);
    parts += exec(tx,
                  "SELECT coalesce(sum(a.parts), 0) FROM message_attempt a JOIN message m ON m.tenant_id = $1"
                  "    AND m.id = a.message_id WHERE a.tenant_id = $1 AND m.campaign_id = $2",
                  tenant.id, campaign)
                 .front()[0]
                 .as<int>();
    CHECK(counter(parts_counter) == std::to_string(parts));
    for (const auto& row :
         exec(tx,
              "SELECT coalesce(r.counter, c.counter) AS counter, r.value AS rolled_up, c.value"
              "  FROM (SELECT counter, subject_id, sum(value) AS value FROM rollup"
              "         WHERE tenant_id = $1 AND campaign_id = $2 GROUP BY 1, 2) r"
              "  FULL JOIN (SELECT counter, subject_id, sum(value) AS value FROM count_rollup($1)"
              "         WHERE campaign_id = $2 GROUP BY 1, 2) c USING (counter, subject_id)"
              " WHERE coalesce(r.value, 0) <> coalesce(c.value, 0)"
              "   AND counter NOT IN ('replies', 'opt_outs')",
              tenant.id, campaign)) {
      CAPTURE(row["counter"].as<std::string>());
      CHECK(row["rolled_up"].as<std::string>("none") == row["value"].as<std::string>("none"));
    }
  });
}

}  // namespace smscrm::test
